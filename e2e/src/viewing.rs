//! One scripted viewing of the large clip: a server, an engine, a person who seeks.
//!
//! In: an engine, a clip, flags of `swath serve`. Out: the exchanges of each part of the viewing, and what the element said.
//!
//! The parts are told apart by the query of the media's URL, which swath ignores and every request of a page repeats;
//! so nothing has to be waited for between them, and a request that ends late still counts where it belongs.

use std::path::Path;

use crate::{
    clip::{self, Index},
    driver::Browser,
    engine::Engine,
    place,
    swath::{Exchange, Swath},
    video::{State, Video},
};

/// What happened.
#[derive(Debug)]
pub struct Viewing {
    /// The engine's own name and version, as it gives them.
    pub version: String,
    /// The clip's complete length in octets.
    pub length: u64,
    /// The exchanges while somebody played, went to 90 % and back to 10 %, a second each.
    pub seeking: Vec<Exchange>,
    /// The exchanges while somebody went to the end, on a page of its own.
    pub ending: Vec<Exchange>,
    /// What the browser complained of in its console.
    pub complaints: Vec<String>,
}

/// Starts a server on the folder of clips with `flags`.
fn serve(flags: &[&str], logs: &Path) -> Swath {
    Swath::of(clip::folder()).args(flags).logs(logs).start()
}

/// Opens the page that shows the clip with this index; `part` marks its requests.
async fn open(browser: &Browser, server: &Swath, index: Index, part: &str) {
    browser.goto(&server.url(&format!("/watch.html?{}%3F{part}", index.file_name()))).await;
}

/// Lets `engine` play the clip, seek to 90 % and back to 10 %, then, on a fresh page, reach the end.
///
/// # Panics
/// When any of it does not come about within [`crate::video::PATIENCE`].
pub async fn seek_and_reach_the_end(engine: Engine, index: Index, flags: &[&str], name: &str) -> Viewing {
    let logs = place::logs(name);
    let server = serve(flags, &logs);
    let browser = Browser::open(engine, &logs).await;
    open(&browser, &server, index, "seeking").await;
    let video = Video::of(&browser);
    let duration = video.play().await.duration.expect("a clip that plays has a length");
    video.seek(duration * 0.9).await;
    video.seek(duration * 0.1).await;
    open(&browser, &server, index, "ending").await;
    let video = Video::of(&browser);
    video.play().await;
    video.reach_the_end().await;
    leave(browser, server, index).await
}

/// Lets `engine` play the clip and try to go to 90 %; gives what the element says once `settled`, or after
/// [`crate::video::TRIAL`] of trying. What becomes of the seek is what is observed.
pub async fn try_to_seek(
    engine: Engine,
    index: Index,
    flags: &[&str],
    name: &str,
    settled: impl Fn(&State) -> bool,
) -> (State, Viewing) {
    let logs = place::logs(name);
    let server = serve(flags, &logs);
    let browser = Browser::open(engine, &logs).await;
    open(&browser, &server, index, "seeking").await;
    let video = Video::of(&browser);
    let duration = video.play().await.duration.expect("a clip that plays has a length");
    let state = video.try_to_seek(duration * 0.9, settled).await;
    (state, leave(browser, server, index).await)
}

/// Lets `engine` try to play the clip for [`crate::video::TRIAL`]; gives what the element says then.
pub async fn try_to_play(engine: Engine, index: Index, flags: &[&str], name: &str) -> (State, Viewing) {
    let logs = place::logs(name);
    let server = serve(flags, &logs);
    let browser = Browser::open(engine, &logs).await;
    open(&browser, &server, index, "seeking").await;
    let state = Video::of(&browser).try_to_play().await;
    (state, leave(browser, server, index).await)
}

async fn leave(browser: Browser, server: Swath, index: Index) -> Viewing {
    let version = browser.version();
    let complaints = browser.complaints().await;
    browser.close().await;
    // With the browser gone no exchange is open, so these are all of them.
    let mut exchanges = server.stop();
    exchanges.sort_by_key(|exchange| exchange.time.to_string());
    let path = format!("/{}", index.file_name());
    let of = |part: &str| {
        let target = format!("{path}?{part}");
        exchanges.iter().filter(|exchange| exchange.target.as_deref() == Some(&target)).cloned().collect()
    };
    let (seeking, ending) = (of("seeking"), of("ending"));
    Viewing { version, length: clip::length(index), seeking, ending, complaints }
}
