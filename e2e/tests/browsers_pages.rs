//! Three engines open swath's pages as people do: click, type, follow links; nothing may land in the console.

use std::{
    ffi::OsStr,
    fs,
    os::unix::ffi::OsStrExt,
    path::Path,
    time::{Duration, Instant},
};

use fantoccini::{Locator, key::Key};
use serde_json::Value;
use swath_e2e::{
    clients::program,
    driver::Browser,
    engine::Engine,
    place,
    swath::{Exchange, Swath},
    turn::take_turn,
    video::{PATIENCE, Video},
};

/// How long a page may take to do what needs no film.
const SOON: Duration = Duration::from_secs(40);

/// Eight times the demo's own pace, for tests that are not about waiting.
const BRISK: [&str; 2] = ["--limit-rate", "240KiB"];

/// Starts the demo at its own pace, and for WebKitGTK briskly.
///
/// That engine shows nothing before it holds 8 MiB or the whole film, which at the demo's own pace takes 45 s.
fn demo(engine: Engine, logs: &Path) -> Swath {
    let pace: &[&str] = if engine == Engine::WebKitGtk { &BRISK } else { &[] };
    Swath::of("").arg("--demo").args(pace).logs(logs).start()
}

/// Opens the demo's listing and clicks on `clip`.
async fn open_from_the_listing(browser: &Browser, server: &Swath, clip: &str) {
    browser.goto(&server.url("/")).await;
    browser.click(&format!("a.open[href^='{clip}']")).await;
    let arrived = format!("return location.pathname === '/{clip}' && document.readyState === 'complete';");
    browser.run_until("the player page", SOON, &arrived).await;
}

/// Gives how many bytes the page says that were sent for it.
async fn shown_cost(browser: &Browser) -> u64 {
    let title = browser.run("return document.getElementById('bytes').title;", Vec::new()).await;
    let title = title.as_str().unwrap_or_default().replace(',', "");
    title.split(' ').next().and_then(|bytes| bytes.parse().ok()).unwrap_or_default()
}

/// Waits until the page shows a cost above `floor`, and gives it.
async fn cost_above(browser: &Browser, floor: u64) -> u64 {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let cost = shown_cost(browser).await;
        if cost > floor {
            return cost;
        }
        assert!(Instant::now() < deadline, "{}: the cost stays at {cost}", browser.engine);
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// Asks the server what the page with `token` has cost: bytes and requests.
fn counted(server: &Swath, token: &str) -> (u64, u64) {
    let url = server.url(&format!("/.swath/cost?view={token}"));
    let answer = program::run("curl", ["-q", "-sS", "--fail", &url]).text();
    let cost: Value = serde_json::from_str(&answer).unwrap_or_else(|why| panic!("{answer}: {why}"));
    (
        cost["bytes"].as_u64().expect("bytes is a number"),
        cost["requests"].as_u64().expect("requests is a number"),
    )
}

/// Asserts that what the server counted for `token` is what its records add up to.
fn assert_counted(server: &Swath, clip: &str, token: &str, shown: u64) {
    let target = format!("/{clip}?view={token}");
    let of_page = |records: &[Exchange]| -> (u64, u64) {
        let of_page: Vec<_> =
            records.iter().filter(|record| record.target.as_deref() == Some(&target)).collect();
        (of_page.iter().map(|record| record.bytes_sent).sum(), of_page.len() as u64)
    };
    // The browser has gone; the last exchanges are recorded once the server has seen that.
    let records = server
        .wait_for("records that equal the count", SOON, |records| of_page(records) == counted(server, token));
    assert!(
        of_page(&records).0 >= shown,
        "the page showed {shown}, more than was sent: {:?}",
        of_page(&records)
    );
}

/// Plays the demo's clip from the listing to its end, with two seeks, and looks at all that the page shows.
async fn plays_the_demo(engine: Engine, clip: &str) {
    let logs = place::logs(&format!("{}-{clip}", engine.key()));
    let server = demo(engine, &logs);
    let browser = Browser::open(engine, &logs).await;
    open_from_the_listing(&browser, &server, clip).await;
    let source = browser.run("return document.querySelector('video').src;", Vec::new()).await;
    let token = source.as_str().and_then(|source| source.split("view=").nth(1)).expect("a token").to_owned();
    let video = Video::of(&browser);
    let duration = video.play().await.duration.expect("a clip that plays has a length");
    let early = cost_above(&browser, 0).await;
    video.seek(duration * 0.9).await;
    video.seek(duration * 0.1).await;
    let held = "return document.querySelectorAll('#spans rect').length && document.getElementById('held-text').textContent;";
    let held = browser.run_until("the bar of held times", SOON, held).await;
    assert!(held.as_str().is_some_and(|text| text.starts_with("Held: ")), "{held}");
    let later = cost_above(&browser, early).await;
    let requests =
        browser.run("return Number(document.getElementById('requests').textContent);", Vec::new()).await;
    assert!(requests.as_u64() > Some(0), "{requests}");
    browser.keep_screenshot(&format!("player-{clip}")).await;
    video.reach_the_end().await;
    assert_eq!(browser.complaints().await, [""; 0], "{engine} complains");
    browser.close().await;
    assert_counted(&server, clip, &token, later);
    for record in server.stop() {
        assert!(
            matches!(record.outcome.as_str(), "finished" | "aborted-by-peer"),
            "not a clean end: {record:?}"
        );
        assert!(
            record.status.is_some_and(|status| status < 400 || record.is_for("/favicon.ico")),
            "{record:?}"
        );
    }
}

/// Follows a link into the film, then plays it with keys alone, coming from the listing by the Tab key.
async fn obeys_links_and_keys(engine: Engine) {
    let logs = place::logs(&format!("{}-keys", engine.key()));
    let server = Swath::of("").arg("--demo").args(BRISK).logs(&logs).start();
    let browser = Browser::open(engine, &logs).await;
    browser.goto(&server.url("/clip-front.mp4?play#t=40")).await;
    let video = Video::of(&browser);
    let state = video.wait("the place in the link", PATIENCE, |state| state.current_time >= 40.0).await;
    assert!(state.current_time < 42.0, "{engine} starts elsewhere: {state:?}");
    let captions = "const tracks = document.querySelector('video').textTracks;
        if (tracks.length !== 1) return false;
        tracks[0].mode = 'showing';
        return tracks[0].cues && tracks[0].cues.length;";
    browser.run_until("the captions beside the clip", SOON, captions).await;
    assert_eq!(browser.complaints().await, [""; 0], "{engine} complains");
    video.let_go().await;

    browser.goto(&server.url("/")).await;
    browser.tab_to("a.open[href^='clip-front.mp4']").await;
    browser.press(&Key::Enter.to_string()).await;
    let arrived = "return location.search === '?play' && document.readyState === 'complete';";
    browser.run_until("the player page", SOON, arrived).await;
    browser.tab_to("video").await;
    browser.tab_to("a[href='clip-front.mp4']").await;
    browser.press("m").await;
    browser.press("k").await;
    let video = Video::of(&browser);
    video.wait("K to play it", PATIENCE, |state| !state.paused && state.current_time > 0.5).await;
    browser.press("5").await;
    let middle = video.state().await.duration.expect("a clip that plays has a length") / 2.0;
    video
        .wait("5 to go to the middle", PATIENCE, |state| !state.seeking && state.current_time >= middle)
        .await;
    assert_eq!(browser.complaints().await, [""; 0], "{engine} complains");
    browser.close().await;
    let _ = server.stop();
}

/// Names that have broken listings before; every one is a text file.
const HOSTILE: [&[u8]; 13] = [
    b"quotes'\"&amp;.txt",
    b"<img src=x onerror=alert(1)>.txt",
    b"--><script>alert(2)<!--.txt",
    b"new\nline.txt",
    b"invalid-\xff\xfe-utf8.txt",
    b"percent%2e%2e%00%.txt",
    b"question?mark#hash.txt",
    b" spaces at both ends .txt",
    b"javascript:alert(3).txt",
    b"right-to-\xe2\x80\xaeleft.txt",
    b"back\\slash.txt",
    b"-rf --.txt",
    "grüße 漢字 🎞.txt".as_bytes(),
];

fn write_hostile(folder: &Path) {
    for (number, name) in HOSTILE.iter().enumerate() {
        // Each is a byte longer than the one before, so that sorting by size has one answer.
        let content = format!("content {number} {}", "x".repeat(number));
        fs::write(folder.join(OsStr::from_bytes(name)), content).expect("the folder takes any name");
    }
}

/// Sorts a listing of hostile names, opens every one of them, in light and dark.
async fn lists_any_name(engine: Engine) {
    let logs = place::logs(&format!("{}-listing", engine.key()));
    let folder = tempfile::tempdir().expect("the temporary folder can be written to");
    write_hostile(folder.path());
    let server = Swath::of(folder.path()).logs(&logs).start();
    let browser = Browser::open(engine, &logs).await;
    browser.goto(&server.url("/")).await;
    sorts_by_size(&browser).await;
    if engine != Engine::WebKitGtk {
        assert_ne!(
            background(&browser, "dark").await,
            background(&browser, "light").await,
            "{engine}: one colour"
        );
    }
    browser.keep_screenshot("listing").await;
    assert_eq!(browser.complaints().await, [""; 0], "{engine} complains");
    for number in 0..HOSTILE.len() {
        browser.goto(&server.url("/?sort=size&order=asc")).await;
        let links = browser.client.find_all(Locator::Css("tbody a.open"));
        let links = browser.within("looking for links", links).await;
        assert_eq!(links.len(), HOSTILE.len(), "{engine}: every file has its link");
        browser.within(&format!("clicking on link {number}"), links[number].click()).await;
        let opened =
            format!("return document.body && document.body.innerText.startsWith('content {number} ');");
        browser.run_until(&format!("file {number}"), SOON, &opened).await;
    }
    // A text file names no icon, so Chromium looks for the site's; the listings name theirs.
    let complaints = browser.complaints().await;
    let complaints: Vec<_> =
        complaints.iter().filter(|complaint| !complaint.contains("/favicon.ico ")).collect();
    assert!(complaints.is_empty(), "{engine} complains: {complaints:?}");
    browser.close().await;
    let _ = server.stop();
}

/// Clicks on the head of the sizes' column, twice.
async fn sorts_by_size(browser: &Browser) {
    for (order, first) in [("descending", HOSTILE.len() - 1), ("ascending", 0)] {
        browser.click("th.size a").await;
        let length = format!("content {first} ").len() + first;
        let sorted = format!(
            "const head = document.querySelector('th.size');
             return document.readyState === 'complete' && head && head.getAttribute('aria-sort') === '{order}'
                 && document.querySelector('tbody td.size').title.startsWith('{length} ');"
        );
        browser.run_until(&format!("sizes {order}"), SOON, &sorted).await;
    }
}

/// Gives the page's background while its reader prefers `scheme`, and keeps a picture of it.
async fn background(browser: &Browser, scheme: &str) -> Value {
    browser.prefer(scheme).await;
    let matches = format!("return matchMedia('(prefers-color-scheme: {scheme})').matches;");
    browser.run_until(scheme, SOON, &matches).await;
    browser.keep_screenshot(&format!("listing-{scheme}")).await;
    browser.run("return getComputedStyle(document.documentElement).backgroundColor + getComputedStyle(document.body).backgroundColor;", Vec::new()).await
}

/// Names the tests of one engine.
macro_rules! engine {
    ($module:ident, $engine:ident) => {
        mod $module {
            use super::*;

            #[tokio::test]
            async fn plays_the_demo_with_the_index_in_front() {
                take_turn(async || plays_the_demo(Engine::$engine, "clip-front.mp4").await).await;
            }

            #[tokio::test]
            async fn plays_the_demo_with_the_index_at_the_end() {
                take_turn(async || plays_the_demo(Engine::$engine, "clip-end.mp4").await).await;
            }

            #[tokio::test]
            async fn obeys_links_and_keys() {
                take_turn(async || super::obeys_links_and_keys(Engine::$engine).await).await;
            }

            #[tokio::test]
            async fn lists_any_name() {
                take_turn(async || super::lists_any_name(Engine::$engine).await).await;
            }
        }
    };
}

engine!(chromium, Chromium);
engine!(firefox, Firefox);
engine!(webkitgtk, WebKitGtk);
