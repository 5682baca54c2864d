//! The inspector's page in browsers: a film is played and sought in, and the page shows it without being asked again.
//!
//! With `SWATH_WRITE_SCREENSHOTS=1` Chromium's pictures of it go to docs/images.

use std::{process::Command, time::Duration};

use fantoccini::key::Key;
use serde_json::Value;
use swath_e2e::{
    driver::Browser,
    engine::Engine,
    place,
    process::Started,
    swath::{Swath, binary},
    turn::take_turn,
    video::Video,
};

use crate::{SOON, inspected, place_of_inspector};

/// Waits until the page shows what it should; `script` returns that. An element counts by being there: the page may draw it anew before
/// the driver has named it.
pub(crate) async fn shows(browser: &Browser, what: &str, script: &str) -> Value {
    let script =
        format!("const shown = (() => {{ {script} }})(); return shown instanceof Element ? true : shown;");
    browser.run_until(what, SOON, &script).await
}

/// Whether the page says that there is nothing yet.
pub(crate) const NOTHING_YET: &str =
    "return document.getElementById('lack').textContent.startsWith('Nothing yet');";

/// What anybody who cannot see or point needs of the page; gives what is missing.
pub(crate) const MISSING: &str = "
    const said = (element) => (element.getAttribute('aria-label') || element.labels?.[0]?.textContent || element.textContent || element.value || '').trim();
    const wrong = [];
    const shown = (element) => element.getClientRects().length > 0;
    for (const element of document.querySelectorAll('a, button, input, select, summary')) {
      if (shown(element) && !said(element)) wrong.push('nameless: ' + element.outerHTML.slice(0, 120));
      if (element.closest('[aria-hidden=true]')) wrong.push('hidden, yet in the tab order: ' + element.outerHTML.slice(0, 120));
    }
    for (const drawing of document.querySelectorAll('svg')) {
      if (!drawing.closest('[aria-hidden=true]') && !drawing.getAttribute('aria-label')) wrong.push('a drawing without words: ' + drawing.outerHTML.slice(0, 120));
    }
    const ids = [...document.querySelectorAll('[id]')].map((element) => element.id);
    for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) wrong.push('two of id ' + id);
    for (const element of document.querySelectorAll('[aria-labelledby]')) {
      if (!document.getElementById(element.getAttribute('aria-labelledby'))) wrong.push('labelled by nothing');
    }
    let level = 0;
    for (const heading of document.querySelectorAll('h1, h2, h3')) {
      const now = Number(heading.tagName[1]);
      if (now > level + 1) wrong.push('a heading skips a level: ' + heading.textContent);
      level = now;
    }
    const light = (colour) => {
      const parts = colour.match(/[\\d.]+/g).map(Number).slice(0, 3).map((part) => part / 255).map((part) => (part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
      return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
    };
    const ground = (element) => {
      for (let at = element; at; at = at.parentElement) {
        const colour = getComputedStyle(at).backgroundColor;
        if (!/rgba\\(0, 0, 0, 0\\)|transparent/.test(colour)) return colour;
      }
      return 'rgb(255, 255, 255)';
    };
    for (const element of document.querySelectorAll('body *')) {
      const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
      if (!own || !shown(element) || element.closest('svg, option, .unseen')) continue;
      const [a, b] = [light(getComputedStyle(element).color), light(ground(element))];
      const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
      if (contrast < 4.5) wrong.push(`contrast ${contrast.toFixed(2)}: ` + element.outerHTML.slice(0, 120));
    }
    return wrong;";

/// Plays and seeks in one window while the inspector's page is open in another.
async fn shows_a_film_live(engine: Engine) {
    let logs = place::logs(&format!("{}-inspect", engine.key()));
    let (server, inspector) = inspected(Swath::of("").arg("--demo").logs(&logs));
    let browser = Browser::open(engine, &logs).await;
    browser.goto(&format!("{inspector}/")).await;
    shows(&browser, "that there is nothing yet", NOTHING_YET).await;
    play_elsewhere(&browser, &server).await;
    let film = "return [...document.querySelectorAll('#files button')].find((one) => one.querySelector('.path').textContent === '/clip-end.mp4');";
    shows(&browser, "the film", film).await;
    browser
        .run(&format!("({}).click();", film.replace("return ", "").trim_end_matches(';')), Vec::new())
        .await;
    looks_right(&browser, engine).await;
    walks_by_keys(&browser).await;
    keep_pictures(&browser, engine).await;
    assert_eq!(browser.complaints().await, [""; 0], "{engine} complains");
    let choose = "const clients = document.getElementById('by-client'); clients.selectedIndex = 1;
        clients.dispatchEvent(new Event('input', { bubbles: true }));";
    browser.run(choose, Vec::new()).await;
    browser.click("#clear").await;
    shows(&browser, "nothing of what has ended", "return !document.querySelector('.step.done, .step.cut');")
        .await;
    let filter = "return document.getElementById('by-client').value !== '' || document.querySelector('#exports a').href;";
    assert_eq!(browser.run(filter, Vec::new()).await, true, "{engine}: what is filtered by is to be seen");
    browser.close().await;
    let _ = server.stop();
}

async fn play_elsewhere(browser: &Browser, server: &Swath) {
    let client = &browser.client;
    let page = browser.within("asking for the window", client.window()).await;
    let other = browser.within("opening another tab", client.new_window(true)).await;
    browser.within("going to it", client.switch_to_window(other.handle)).await;
    browser.goto(&server.url("/clip-end.mp4?play")).await;
    let video = Video::of(browser);
    let duration = video.play().await.duration.expect("a clip that plays has a length");
    video.seek(duration * 0.8).await;
    video.seek(duration * 0.3).await;
    video.pause().await;
    let map = "const text = document.getElementById('map-bytes').textContent;
        return document.querySelector('#map-played .span') && document.querySelectorAll('#map-fetched .span').length >= 2 && text;";
    let told = shows(browser, "the player's own map", map).await;
    assert!(
        told.as_str().is_some_and(|told| told.starts_with("Fetched ") && told.contains("; wasted ")),
        "{told}"
    );
    browser.keep_screenshot("inspect-player").await;
    video.let_go().await;
    assert_eq!(browser.complaints().await, [""; 0], "the player complains");
    browser.within("closing the tab", client.close_window()).await;
    browser.within("going back", client.switch_to_window(page)).await;
}

async fn looks_right(browser: &Browser, engine: Engine) {
    let steps = "const steps = [...document.querySelectorAll('.step')].map((step) => step.innerText);
        return steps.length >= 3 && steps.every((step) => !step.includes('under way')) && steps;";
    let steps = shows(browser, "three exchanges", steps).await;
    let steps: Vec<&str> = steps.as_array().expect("a list").iter().filter_map(Value::as_str).collect();
    let first = steps.last().expect("the oldest comes last");
    for part in ["GET bytes=0-", "206 bytes 0-", "of 1.3 MiB", "§14.2"] {
        assert!(first.contains(part), "{engine}: {part} in {first}");
    }
    assert!(steps.iter().any(|step| step.contains("closed by the client after ")), "{engine}: {steps:#?}");
    let map = "const of = (css) => document.querySelectorAll(`#map ${css}`).length;
        return of('.whole .once') && of('.rows g') >= 3 && of('.jump') && document.querySelector('#map .told').textContent;";
    let told = shows(browser, "the map", map).await;
    assert!(told.as_str().is_some_and(|told| told.contains(" of 1.3 MiB were sent at least once")), "{told}");
    shows(browser, "why", "return document.querySelector('#why .finding, #why .reasons');").await;
    let missing = browser.run(MISSING, Vec::new()).await;
    assert_eq!(missing, Value::Array(Vec::new()), "{engine}");
    let spans = "return import('/words.js').then(({ span }) => [0.04, 9.96, 999.6, 1005, 9996, 59_960, 119_600].map(span).join(', '));";
    assert_eq!(
        browser.run(spans, Vec::new()).await,
        "0.0 ms, 10 ms, 1.00 s, 1.00 s, 10.0 s, 1 min 0 s, 2 min 0 s",
        "{engine}"
    );
}

/// The whole page without a mouse.
async fn walks_by_keys(browser: &Browser) {
    browser.tab_to("#pause").await;
    browser.press(&Key::Enter.to_string()).await;
    shows(
        browser,
        "that it is paused",
        "return document.getElementById('pause').getAttribute('aria-pressed') === 'true';",
    )
    .await;
    browser.press("p").await;
    shows(
        browser,
        "that it goes on",
        "return document.getElementById('pause').getAttribute('aria-pressed') === 'false';",
    )
    .await;
    browser.press("/").await;
    browser.press("no such file").await;
    shows(browser, "nothing", "return !document.querySelector('#files button');").await;
    let links = "return document.querySelector('#exports a').href.endsWith('?path=no+such+file');";
    shows(browser, "the filter in the exports", links).await;
    let hidden = "return /^The filters hide \\d+ exchanges?\\. Show all$/.test(document.getElementById('lack').textContent)
        && !/Nothing (yet|to complain)/.test(document.querySelector('main').textContent);";
    shows(browser, "that the filters hide them", hidden).await;
    browser.tab_to("[type=reset]").await;
    browser.press(&Key::Enter.to_string()).await;
    let again = "return document.activeElement.matches('#files button') && !document.getElementById('lack').textContent
        && document.querySelector('#exports a').href.endsWith('.json');";
    shows(browser, "the files again, and the first has the focus", again).await;
    browser.press(&Key::Enter.to_string()).await;
    shows(
        browser,
        "that it is chosen",
        "return document.activeElement.getAttribute('aria-pressed') === 'true';",
    )
    .await;
    browser.tab_to(".fields summary").await;
    browser.press(&Key::Enter.to_string()).await;
    shows(browser, "the fields", "return document.activeElement.parentElement.open && document.querySelector('.fields[open] dd').innerText;").await;
    browser.press(&Key::Enter.to_string()).await;
}

/// A recording without anything in it, whose page has no server to pause.
async fn shows_that_nothing_was_recorded(engine: Engine) {
    let logs = place::logs(&format!("{}-inspect-recording", engine.key()));
    let recording = logs.join("nothing.jsonl");
    std::fs::write(&recording, "{\"recording\":\"swath exchanges\",\"version\":1}\n").expect("a recording");
    let mut command = Command::new(binary());
    command.arg("inspect").arg(&recording).args(["--listen", "127.0.0.1:0"]);
    let mut inspector = Started::spawn(&mut command, "inspector", &logs);
    let base = place_of_inspector(|| inspector.describe());
    let browser = Browser::open(engine, &logs).await;
    browser.goto(&format!("{base}/")).await;
    let nothing = "return document.getElementById('lack').textContent === 'Nothing was recorded.' && document.querySelector('footer').innerText;";
    let keys = shows(&browser, "that nothing was recorded", nothing).await;
    assert!(keys.as_str().is_some_and(|keys| keys.ends_with("Keys: / filters.")), "{keys}");
    assert_eq!(browser.complaints().await, [""; 0], "{engine} complains");
    browser.close().await;
    let _ = inspector.terminate(SOON);
}

async fn keep_pictures(browser: &Browser, engine: Engine) {
    let choose = "[...document.querySelectorAll('#files button')].find((one) => one.querySelector('.path').textContent === '/clip-end.mp4').click(); scrollTo(0, 0);";
    browser.run(choose, Vec::new()).await;
    browser.run("document.activeElement.blur();", Vec::new()).await;
    for scheme in ["dark", "light"] {
        browser.prefer(scheme).await;
        let matches = format!("return matchMedia('(prefers-color-scheme: {scheme})').matches;");
        shows(browser, scheme, &matches).await;
        let missing = browser.run(MISSING, Vec::new()).await;
        assert_eq!(missing, Value::Array(Vec::new()), "{engine} in {scheme}");
        for (name, width, height) in [("wide", 1280, 1500), ("narrow", 390, 1900)] {
            // Headless Firefox draws no narrower than 450 pixels.
            browser.within("sizing the window", browser.client.set_window_size(width.max(500), height)).await;
            browser.narrow_to(width, height).await;
            tokio::time::sleep(Duration::from_millis(300)).await;
            let wider =
                browser.run("return document.documentElement.scrollWidth - innerWidth;", Vec::new()).await;
            assert!(wider.as_i64().is_some_and(|by| by <= 0), "{engine}: {name} scrolls sideways by {wider}");
            browser.keep_screenshot(&format!("inspect-{scheme}-{name}")).await;
            if [("light", "wide"), ("dark", "narrow")].contains(&(scheme, name)) {
                keep_for_docs(browser, &format!("inspect-{scheme}-{name}")).await;
            }
        }
    }
}

/// Puts Chromium's picture of the page into docs/images, when that was asked for.
pub(crate) async fn keep_for_docs(browser: &Browser, name: &str) {
    if browser.engine != Engine::Chromium || std::env::var_os("SWATH_WRITE_SCREENSHOTS").is_none() {
        return;
    }
    let picture = browser.within("a picture", browser.client.screenshot()).await;
    let path = place::workspace().join(format!("docs/images/{name}.png"));
    std::fs::write(&path, picture).unwrap_or_else(|why| panic!("{}: {why}", path.display()));
}

#[tokio::test]
async fn chromium_shows_a_film_live() {
    take_turn(async || shows_a_film_live(Engine::Chromium).await).await;
}

#[tokio::test]
async fn firefox_shows_a_film_live() {
    take_turn(async || shows_a_film_live(Engine::Firefox).await).await;
}

#[tokio::test]
async fn chromium_shows_that_nothing_was_recorded() {
    take_turn(async || shows_that_nothing_was_recorded(Engine::Chromium).await).await;
}
