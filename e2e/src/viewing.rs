//! One scripted viewing of the large clip: a server, an engine, a person who seeks.
//!
//! In: an engine, a clip, flags of `swath serve`. Out: the exchanges of each part of the viewing, and what the element said.
//!
//! The parts are told apart by the query of the media's URL, which swath ignores and every request of a page repeats;
//! so nothing has to be waited for between them, and a request that ends late still counts where it belongs.

use std::{fs, io::Write, path::Path, time::Duration};

use crate::{
    clip::{self, Index},
    driver::Browser,
    engine::Engine,
    place,
    swath::{Exchange, Swath},
    transcript,
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
    /// The same, drawn by the inspector.
    pub diagram: String,
    /// The exchanges while somebody went to the end, on a page of its own.
    pub ending: Vec<Exchange>,
    /// What the browser complained of in its console.
    pub complaints: Vec<String>,
}

/// Where the inspector keeps the exchanges of a viewing, beneath its logs.
const RECORDING: &str = "recording.jsonl";

/// Starts a server on a folder of clips with `flags`, with a recording.
fn serve(folder: &Path, flags: &[&str], logs: &Path) -> Swath {
    let recording = logs.join(RECORDING);
    // A recording is added to, and an earlier run's is not this one's.
    drop(fs::remove_file(&recording));
    Swath::of(folder).args(flags).arg("--inspect-record").arg(recording).logs(logs).start()
}

/// Opens the page that shows the clip of this name; `part` marks its requests.
async fn open(browser: &Browser, server: &Swath, name: &str, part: &str) {
    browser.goto(&server.url(&format!("/watch.html?{name}%3F{part}"))).await;
}

/// Lets `engine` play the clip, seek to 90 % and back to 10 %, then, on a fresh page, reach the end.
///
/// # Panics
/// When any of it does not come about within [`crate::video::PATIENCE`].
pub async fn seek_and_reach_the_end(engine: Engine, index: Index, flags: &[&str], name: &str) -> Viewing {
    let logs = place::logs(name);
    let server = serve(clip::folder(), flags, &logs);
    let browser = Browser::open(engine, &logs).await;
    open(&browser, &server, index.file_name(), "seeking").await;
    let video = Video::of(&browser);
    let duration = video.play().await.duration.expect("a clip that plays has a length");
    video.seek(duration * 0.9).await;
    video.seek(duration * 0.1).await;
    open(&browser, &server, index.file_name(), "ending").await;
    let video = Video::of(&browser);
    video.play().await;
    video.reach_the_end().await;
    leave(browser, server, index.file_name(), clip::length(index), &logs).await
}

/// Opens the clip in `engine` and lets somebody do `this` with it; gives what that gives, which is what the element says at last.
pub async fn watch(
    engine: Engine,
    index: Index,
    flags: &[&str],
    name: &str,
    this: impl AsyncFnOnce(&Video<'_>) -> State,
) -> (State, Viewing) {
    let logs = place::logs(name);
    let server = serve(clip::folder(), flags, &logs);
    let browser = Browser::open(engine, &logs).await;
    open(&browser, &server, index.file_name(), "seeking").await;
    let state = this(&Video::of(&browser)).await;
    (state, leave(browser, server, index.file_name(), clip::length(index), &logs).await)
}

/// What somebody saw of a film that grew while they watched it.
#[derive(Debug)]
pub struct Grown {
    /// How long the file was when they came, in octets.
    pub at_first: u64,
    /// What the element said when all of the film was there.
    pub complete: State,
    /// What it said after they had tried to go to [`BEYOND`].
    pub sought: State,
    /// The exchanges.
    pub viewing: Viewing,
}

/// A place in the growing film, in seconds, that was not there when somebody came to watch it.
pub const BEYOND: f64 = 36.0;

/// Lets `engine` play a film that is being recorded: half of it is there, and the rest comes while it plays; then lets it
/// try to go to [`BEYOND`].
pub async fn watch_it_grow(engine: Engine, name: &str) -> Grown {
    let logs = place::logs(name);
    let folder = tempfile::tempdir().expect("a folder for the film");
    fs::write(folder.path().join("watch.html"), clip::WATCH).expect("the folder can be written to");
    let film = fs::read(clip::recording()).expect("the film can be read");
    let at_first = film.len() / 2;
    let path = folder.path().join("live.mp4");
    fs::write(&path, &film[..at_first]).expect("the folder can be written to");
    let server = serve(folder.path(), &[], &logs);
    let browser = Browser::open(engine, &logs).await;
    open(&browser, &server, "live.mp4", "seeking").await;
    let video = Video::of(&browser);
    video.start().await;
    let mut file = fs::OpenOptions::new().append(true).open(&path).expect("the film can be added to");
    for more in film[at_first..].chunks(at_first / GROWTHS + 1) {
        file.write_all(more).expect("the film can be added to");
        tokio::time::sleep(GROW_EVERY).await;
    }
    let complete = video.state().await;
    let sought = video.try_to_seek(BEYOND, |state| !state.seeking && state.current_time > BEYOND + 1.0).await;
    let viewing = leave(browser, server, "live.mp4", film.len() as u64, &logs).await;
    Grown { at_first: at_first as u64, complete, sought, viewing }
}

/// In how many pieces the second half of a growing film comes, and how far apart.
const GROWTHS: usize = 30;
const GROW_EVERY: Duration = Duration::from_millis(200);

async fn leave(browser: Browser, server: Swath, name: &str, length: u64, logs: &Path) -> Viewing {
    let version = browser.version();
    let complaints = browser.complaints().await;
    browser.close().await;
    // With the browser gone no exchange is open, so these are all of them.
    let mut exchanges = server.stop();
    exchanges.sort_by_key(|exchange| exchange.time.to_string());
    let path = format!("/{name}");
    let of = |part: &str| {
        let target = format!("{path}?{part}");
        exchanges.iter().filter(|exchange| exchange.target.as_deref() == Some(&target)).cloned().collect()
    };
    let (seeking, ending) = (of("seeking"), of("ending"));
    let diagram = transcript::draw(&logs.join(RECORDING), &format!("{path}?seeking"));
    Viewing { version, length, seeking, diagram, ending, complaints }
}
