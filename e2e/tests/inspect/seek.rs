//! A film that does not seek: nginx compresses it and gives no ranges, a browser opens it through the lens, and the inspector's page
//! says why.
//!
//! With `SWATH_WRITE_SCREENSHOTS=1` Chromium's picture of it goes to docs/images.

use serde_json::Value;
use swath_e2e::clip::{self, Index};
use swath_e2e::driver::Browser;
use swath_e2e::engine::Engine;
use swath_e2e::nginx;
use swath_e2e::place;
use swath_e2e::swath::Swath;
use swath_e2e::turn::take_turn;
use swath_e2e::video::Video;

use crate::page::{MISSING, NOTHING_YET, keep_for_docs, shows};
use crate::{SOON, ask_json, inspected};

/// What breaks seeking, as people have it in their configuration.
const BROKEN: &str = "gzip on; gzip_types video/mp4; gzip_proxied any; max_ranges 0;";

/// What the page has to name: the rule, what was seen, and nginx's own cure.
const NAMED: [(&str, &str, &str); 5] = [
    ("range-ignored", "Range: bytes=0- was answered by 200", "nginx: take `max_ranges 0;` away"),
    ("coded-media", "Content-Encoding: gzip", "nginx: `gzip off;`"),
    ("accept-ranges-none", "there is no Accept-Ranges", "nginx: "),
    ("no-length", "there is no Content-Length", "send Content-Length"),
    ("weak-tag", "ETag: W/", "nginx: `gzip off;`"),
];

/// Opens the film in a tab of its own, jumps ahead, where nothing ever arrives, and closes the tab.
async fn seeks_in_vain(browser: &Browser, film: &str) {
    let client = &browser.client;
    let page = browser.within("asking for the window", client.window()).await;
    let other = browser.within("opening another tab", client.new_window(true)).await;
    browser.within("going to it", client.switch_to_window(other.handle)).await;
    browser.goto(film).await;
    let video = Video::of(browser);
    let _ = video.play().await;
    let target = f64::from(clip::SECONDS) * 0.9;
    let state = video.try_to_seek(target, |state| state.current_time > target + 1.0).await;
    assert!(state.current_time < target + 1.0, "it seeks after all: {state:?}");
    video.let_go().await;
    browser.within("closing the tab", client.close_window()).await;
    browser.within("going back", client.switch_to_window(page)).await;
}

/// Compares what the inspector has found with what there is to find.
fn names_the_trouble(findings: &Value) {
    let found = findings.as_array().expect("a list");
    for (rule, said, cure) in NAMED {
        let finding =
            found.iter().find(|one| one["rule"] == rule).unwrap_or_else(|| panic!("{rule}: {findings:#}"));
        for (key, part) in [("said", said), ("cure", cure)] {
            assert!(finding[key].as_str().is_some_and(|text| text.contains(part)), "{part} in {finding:#}");
        }
        assert_eq!(finding["side"], "server", "{finding:#}");
    }
}

async fn says_why_a_film_does_not_seek(engine: Engine) {
    let film = clip::folder().join(Index::Front.file_name());
    let settings = format!("{BROKEN}\nlocation = /film.mp4 {{ alias {}; }}\n", film.display());
    let (mut nginx, port) = nginx::start("inspect-seek", &settings);
    let logs = place::logs(&format!("{}-inspect-seek", engine.key()));
    let (server, inspector) = inspected(Swath::of(format!("http://127.0.0.1:{port}/")).logs(&logs));
    let browser = Browser::open(engine, &logs).await;
    browser.goto(&format!("{inspector}/")).await;
    shows(&browser, "that there is nothing yet", NOTHING_YET).await;
    seeks_in_vain(&browser, &server.url("/film.mp4")).await;
    let at_rest = "const steps = [...document.querySelectorAll('.step')].map((step) => step.innerText);
        return steps.length >= 2 && steps.every((step) => !step.includes('under way'));";
    shows(&browser, "that all has ended", at_rest).await;
    let all = format!(
        "const told = [...document.querySelectorAll('#why .finding')].map((one) => one.innerText);
        return told.filter((one) => one.includes('Cure: ')).length >= {} && told.join('\\n');",
        NAMED.len()
    );
    let told = shows(&browser, "what is wrong", &all).await;
    for (rule, said, cure) in NAMED {
        for part in [said, &cure.replace('`', "")] {
            assert!(
                told.as_str().is_some_and(|told| told.replace('`', "").contains(part)),
                "{rule}: {part} in {told}"
            );
        }
    }
    names_the_trouble(&ask_json(&inspector, "/api/findings"));
    browser.within("sizing the window", browser.client.set_window_size(1280, 1084)).await;
    browser.prefer("light").await;
    browser.narrow_to(1280, 1084).await;
    shows(&browser, "its size", "return innerWidth === 1280 && innerHeight === 1084;").await;
    // The picture is of what was found: from the sums on, below the title and the filters.
    browser.run("scrollTo(0, 152);", Vec::new()).await;
    assert_eq!(browser.run(MISSING, Vec::new()).await, Value::Array(Vec::new()), "{engine}");
    keep_for_docs(&browser, "inspect-nginx").await;
    browser.keep_screenshot("inspect-nginx").await;
    browser.close().await;
    let _ = server.stop();
    let _ = nginx.terminate(SOON);
}

#[tokio::test]
async fn chromium_shows_why_a_film_does_not_seek() {
    take_turn(async || says_why_a_film_does_not_seek(Engine::Chromium).await).await;
}
