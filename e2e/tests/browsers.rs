//! Three engines play and seek a clip of some 200 MB; what they asked of swath is judged by swath's own records.
//!
//! What is seen is kept in docs/browsers.md as transcripts. The facts below are asked of what the engines do now and of
//! that page, so neither can go its own way. `SWATH_WRITE_TRANSCRIPTS=1` writes the page's tables anew.

use swath_e2e::{
    clip::{self, Index},
    engine::Engine,
    transcript::{self, Line},
    turn::take_turn,
    video::Video,
    viewing::{self, Viewing},
};

/// Where those go who jump once: 90 % of the clip, in seconds.
const TARGET: f64 = clip::SECONDS as f64 * 0.9;

/// The cap of the tests with `--max-open-range`, as it is typed and in octets.
const CAP: (&str, u64) = ("4MiB", 4 << 20);

/// How much of the clip an engine may cause to be sent while somebody seeks to 90 % and back to 10 %.
///
/// Octets handed to the kernel, so what lay in socket buffers when the engine hung up counts.
fn most_sent(engine: Engine) -> f64 {
    match engine {
        Engine::Chromium => 0.5,
        Engine::Firefox => 0.75,
        // It reads on through the whole clip whatever is played, and drops what its socket buffers hold each time it pauses.
        Engine::WebKitGtk => 3.0,
    }
}

fn share(lines: &[Line], length: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a share of a clip, compared with two digits")]
    let share = transcript::sent(lines) as f64 / length as f64;
    share
}

/// Asserts that every answer is one that a request asked for, and ended whole or because the engine left.
fn assert_clean(lines: &[Line], length: u64, capped: bool) {
    for line in lines {
        assert!(matches!(line.outcome.as_str(), "finished" | "aborted-by-peer"), "not a clean end: {line:?}");
        let Some((first, last)) = line.asked() else {
            assert_eq!(
                (line.range.as_ref(), line.status),
                (None, 200),
                "a request without Range gets 200: {line:?}"
            );
            continue;
        };
        let mut last_sent = last.unwrap_or(length - 1).min(length - 1);
        if capped && last.is_none() {
            last_sent = last_sent.min(first + CAP.1 - 1);
        }
        let expected = format!("bytes {first}-{last_sent}/{length}");
        assert_eq!((line.status, line.content_range.as_ref()), (206, Some(&expected)), "{line:?}");
        if line.outcome == "finished" {
            assert_eq!(line.sent, last_sent - first + 1, "finished, so all of it was sent: {line:?}");
        }
    }
}

/// Asserts what does not vary from run to run in how an engine seeks in the clip with this index.
fn assert_manner(engine: Engine, index: Index, lines: &[Line], length: u64) {
    let first = lines.first().expect("the engine asked for the clip").range.as_deref();
    let asked: Vec<(u64, Option<u64>)> = lines.iter().filter_map(Line::asked).collect();
    assert!(!asked.is_empty(), "{engine} asks for ranges: {lines:#?}");
    let is_closed = |&&(_, last): &&(u64, Option<u64>)| last.is_some();
    match engine {
        Engine::Chromium => {
            assert_eq!(first, Some("bytes=0-"), "Chromium asks for all of it first");
            assert!(asked.iter().filter(is_closed).count() > 0, "then for closed ranges: {asked:?}");
            assert!(lines.iter().any(|line| line.if_range), "some of them with If-Range: {lines:#?}");
        }
        Engine::Firefox => assert_eq!(first, Some("bytes=0-"), "Firefox asks for all of it first"),
        Engine::WebKitGtk => assert_eq!(first, None, "WebKitGTK begins without Range"),
    }
    if engine != Engine::Chromium {
        assert_eq!(
            asked.iter().filter(is_closed).count(),
            0,
            "{engine} asks for open ranges only: {asked:?}"
        );
        assert!(!lines.iter().any(|line| line.if_range), "{engine} sends no If-Range: {lines:#?}");
    }
    if index == Index::End {
        let tail = length / 1000 * 999;
        assert!(
            asked.iter().any(|(first, _)| *first >= tail),
            "{engine} asks for the index at the end: {asked:?}"
        );
    }
    if engine != Engine::WebKitGtk {
        let around = length / 100 * 85..length / 100 * 91;
        assert!(
            asked.iter().any(|(first, _)| around.contains(first)),
            "{engine} asks around 90 %: {asked:?}"
        );
    }
}

fn lines(viewing: &Viewing) -> Vec<Line> {
    viewing.seeking.iter().map(Line::of).collect()
}

/// Keeps the viewing's transcript, which tells what the log tells.
fn keep(name: &str, viewing: &Viewing, lines: &[Line]) {
    let mut drawn = transcript::read(&viewing.diagram);
    let mut logged = lines.to_vec();
    // Two that began in one millisecond may stand either way round in the log.
    drawn.sort_by_key(|line| format!("{line:?}"));
    logged.sort_by_key(|line| format!("{line:?}"));
    assert_eq!(drawn, logged, "the inspector shows what the log says");
    transcript::keep(name, &transcript::block(&viewing.version, viewing.length, &viewing.diagram));
}

/// Gives the complete length that the transcript's answers name.
fn length_of(lines: &[Line]) -> u64 {
    let complete =
        lines.iter().find_map(|line| line.content_range.as_ref()?.rsplit_once('/')?.1.parse().ok());
    complete.expect("an answer names the complete length")
}

/// How many viewings may be had before an engine is held to its bound.
///
/// An engine whose machine is busy drains its sockets late, and what piles up there is sent for nothing when it hangs up. That noise only adds,
/// so the least of a few viewings is the figure that says something of the engine and of swath.
const VIEWINGS: usize = 3;

/// Views the clip until what was sent is within the engine's bound, at most [`VIEWINGS`] times.
async fn view(engine: Engine, index: Index, name: &str) -> Viewing {
    for _ in 1..VIEWINGS {
        let viewing = viewing::seek_and_reach_the_end(engine, index, &[], name).await;
        if share(&lines(&viewing), viewing.length) <= most_sent(engine) {
            return viewing;
        }
    }
    viewing::seek_and_reach_the_end(engine, index, &[], name).await
}

/// Plays, seeks to 90 %, back to 10 %, and to the end.
async fn seeks(engine: Engine, index: Index) {
    let place = if index == Index::Front { "front" } else { "end" };
    let name = format!("{}-{place}", engine.key());
    let viewing = view(engine, index, &name).await;
    assert!(viewing.length >= clip::LEAST_BYTES);
    assert_eq!(viewing.complaints, [""; 0], "the console stays empty");
    let lines = lines(&viewing);
    keep(&name, &viewing, &lines);
    assert_clean(&lines, viewing.length, false);
    assert_manner(engine, index, &lines, viewing.length);
    let sent = share(&lines, viewing.length);
    assert!(sent <= most_sent(engine), "{engine} was sent {sent:.2} of the clip: {lines:#?}");
    let ending: Vec<Line> = viewing.ending.iter().map(Line::of).collect();
    assert_clean(&ending, viewing.length, false);

    let kept = transcript::kept(&name);
    assert_clean(&kept, length_of(&kept), false);
    assert_manner(engine, index, &kept, length_of(&kept));
    assert!(
        share(&kept, length_of(&kept)) <= most_sent(engine),
        "docs/browsers.md shows more than may be sent"
    );
}

/// Plays and seeks while open ranges are answered with at most four MiB.
async fn seeks_under_a_cap(engine: Engine) {
    let name = format!("{}-capped", engine.key());
    let flags = ["--max-open-range", CAP.0];
    let viewing = match engine {
        Engine::Chromium | Engine::Firefox => {
            viewing::seek_and_reach_the_end(engine, Index::End, &flags, &name).await
        }
        Engine::WebKitGtk => {
            // It takes the end of a short answer for the end of the file: the seek runs into "ended", see docs/browsers.md.
            let seek = async |video: &Video<'_>| {
                video.play().await;
                video.seek_until(TARGET, |state| state.ended).await
            };
            viewing::watch(engine, Index::End, &flags, &name, seek).await.1
        }
    };
    let lines = lines(&viewing);
    keep(&name, &viewing, &lines);
    assert_clean(&lines, viewing.length, true);
    assert_ranges_within_one_clip(engine, &lines, viewing.length);
    let is_cut = |line: &Line| matches!(line.asked(), Some((first, None)) if first + CAP.1 < viewing.length);
    assert!(lines.iter().any(is_cut), "{engine} met the cap: {lines:#?}");

    let kept = transcript::kept(&name);
    assert_clean(&kept, length_of(&kept), true);
    assert_ranges_within_one_clip(engine, &kept, length_of(&kept));
}

/// Asserts that what was asked for by ranges was sent for less than once in all: the rest, WebKitGTK's first request, has no cap, and may be sent
/// whole before a busy machine comes to break it off.
fn assert_ranges_within_one_clip(engine: Engine, lines: &[Line], length: u64) {
    let ranges: Vec<Line> = lines.iter().filter(|line| line.range.is_some()).cloned().collect();
    let sent = share(&ranges, length);
    assert!(sent <= 1.0, "{engine} was sent {sent:.2} of the clip: {lines:#?}");
}

/// Plays while ranges are off; what becomes of a seek is each engine's own affair.
async fn plays_without_ranges(engine: Engine) {
    let name = format!("{}-without-ranges", engine.key());
    let jump = async |video: &Video<'_>| {
        video.play().await;
        match engine {
            Engine::Chromium | Engine::Firefox => {
                video.try_to_seek(TARGET, |state| state.current_time > TARGET + 1.0).await
            }
            // It fetches everything as fast as it can, so it soon holds the place.
            Engine::WebKitGtk => video.seek(TARGET).await,
        }
    };
    let (state, viewing) = viewing::watch(engine, Index::Front, &["--no-ranges"], &name, jump).await;
    let lines = lines(&viewing);
    keep(&name, &viewing, &lines);
    assert!(state.error.is_none(), "the film goes on in some way: {state:?}");
    for line in &lines {
        assert_eq!((line.status, line.content_range.as_ref()), (200, None), "Range is ignored: {line:?}");
        assert!(matches!(line.outcome.as_str(), "finished" | "aborted-by-peer"), "not a clean end: {line:?}");
    }
    if engine != Engine::WebKitGtk {
        assert!(state.current_time < TARGET, "{engine} cannot jump ahead of what it holds: {state:?}");
    }
}

/// What the tests with `--partial-first` answer to a request without Range, as it is typed and in octets.
const FIRST: (&str, u64) = ("1MiB", 1 << 20);

/// Plays and seeks while requests without Range get a part.
async fn plays_with_a_part_first(engine: Engine) {
    let name = format!("{}-partial-first", engine.key());
    let flags = ["--partial-first", FIRST.0];
    let jump = async |video: &Video<'_>| match engine {
        Engine::Chromium | Engine::Firefox => {
            video.play().await;
            video.seek(TARGET).await
        }
        Engine::WebKitGtk => video.try_to_play().await,
    };
    let (state, viewing) = viewing::watch(engine, Index::Front, &flags, &name, jump).await;
    let lines = lines(&viewing);
    keep(&name, &viewing, &lines);
    if engine == Engine::WebKitGtk {
        // It takes the part for the whole film, of which it then lacks nearly everything: it stands still, or has ended.
        assert!(state.current_time < 5.0 || state.ended, "{engine} does not get far: {state:?}");
    }
    let kept = transcript::kept(&name);
    for (lines, length) in [(&lines, viewing.length), (&kept, length_of(&kept))] {
        // A part for who asked for the whole: only where there was no Range.
        let part = format!("bytes 0-{}/{length}", FIRST.1 - 1);
        let without: Vec<_> = lines.iter().filter(|line| line.range.is_none()).collect();
        for line in &without {
            assert_eq!((line.status, line.content_range.as_ref()), (206, Some(&part)), "{line:?}");
        }
        match engine {
            Engine::Chromium | Engine::Firefox => {
                assert!(without.is_empty(), "{engine} always has Range: {lines:#?}");
            }
            Engine::WebKitGtk => assert!(lines[0].range.is_none(), "it begins without: {lines:#?}"),
        }
    }
}

/// Plays a film that is being recorded.
async fn watches_a_film_grow(engine: Engine) {
    let name = format!("{}-growing", engine.key());
    let grown = viewing::watch_it_grow(engine, &name).await;
    let lines = lines(&grown.viewing);
    keep(&name, &grown.viewing, &lines);
    let (complete, sought) = (&grown.complete, &grown.sought);
    assert!(
        complete.error.is_none() && complete.current_time > 0.0,
        "{engine} plays meanwhile: {complete:?}"
    );
    assert!(sought.current_time < viewing::BEYOND, "{engine} never learns what came later: {sought:?}");
    for lines in [lines, transcript::kept(&name)] {
        let first = lines.first().expect("the engine asked for the film");
        match engine {
            Engine::Chromium | Engine::Firefox => {
                let all = format!("bytes 0-{}/{}", grown.at_first - 1, grown.at_first);
                assert_eq!((first.status, first.content_range.as_ref()), (206, Some(&all)), "what there was");
            }
            Engine::WebKitGtk => assert_eq!((first.status, first.content_range.as_ref()), (200, None)),
        }
        for line in &lines {
            assert!(matches!(line.status, 200 | 206 | 304 | 416), "{engine} is answered: {line:?}");
            let is_known = matches!(line.outcome.as_str(), "finished" | "aborted-by-peer" | "changed");
            assert!(is_known, "not a clean end: {line:?}");
        }
    }
}

/// Names the tests of one engine.
macro_rules! engine {
    ($module:ident, $engine:ident) => {
        mod $module {
            use super::*;

            #[tokio::test]
            async fn seeks_with_the_index_in_front() {
                take_turn(async || seeks(Engine::$engine, Index::Front).await).await;
            }

            #[tokio::test]
            async fn seeks_with_the_index_at_the_end() {
                take_turn(async || seeks(Engine::$engine, Index::End).await).await;
            }

            #[tokio::test]
            async fn seeks_under_a_cap() {
                take_turn(async || super::seeks_under_a_cap(Engine::$engine).await).await;
            }

            #[tokio::test]
            async fn plays_with_a_part_first() {
                take_turn(async || super::plays_with_a_part_first(Engine::$engine).await).await;
            }

            #[tokio::test]
            async fn watches_a_film_grow() {
                take_turn(async || super::watches_a_film_grow(Engine::$engine).await).await;
            }

            #[tokio::test]
            async fn plays_without_ranges() {
                take_turn(async || super::plays_without_ranges(Engine::$engine).await).await;
            }
        }
    };
}

engine!(chromium, Chromium);
engine!(firefox, Firefox);
engine!(webkitgtk, WebKitGtk);
