//! Lines for programs: in, events and states of downloads; out, one JSON object a line. docs/get.md lists them.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use byteranges::ByteRange;
use serde::Serialize;
use swath_fetch::{Event, InFlight, Progress};

use super::Screen;
use crate::{
    commands::get::ended::{Ended, Outcome},
    report,
};

/// How often a file's progress is told.
const INTERVAL: Duration = Duration::from_millis(500);
/// Runs of held octets told in one line: a file in more pieces than that is drawn, not read.
const RUNS_MOST: usize = 256;

/// Tells everything, an object a line.
#[derive(Debug, Default)]
pub(super) struct Json {
    told: Mutex<BTreeMap<usize, Instant>>,
}

/// What stands in every line.
#[derive(Serialize)]
struct Line<'a, T: Serialize> {
    /// Which file, counted from 0.
    file: usize,
    /// Milliseconds since the file was begun.
    at: u128,
    #[serde(flatten)]
    what: &'a T,
}

/// What swath tells beside what `swath-fetch` does.
#[derive(Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub(super) enum Told<'a> {
    /// A file begins.
    Begin { name: &'a str, url: &'a str },
    /// So far it is.
    Progress {
        complete_length: Option<u64>,
        held: u64,
        held_ranges: Vec<(u64, u64)>,
        in_flight: &'a [InFlight],
        received: u64,
        wasted: u64,
        rate: u64,
    },
    /// It has ended.
    Done {
        outcome: &'static str,
        exit: u8,
        message: String,
        path: Option<String>,
        octets: Option<u64>,
        assurance: Option<&'static str>,
        before: u64,
        connections: usize,
        requests: u64,
        failures: u64,
        received: u64,
        wasted: u64,
        hedged: u64,
        stolen: u64,
        restarts: u32,
    },
    /// Something is said beside that.
    Note { message: &'a str },
}

fn line<T: Serialize>(file: usize, at: Duration, what: &T) -> String {
    // Numbers and strings cannot fail.
    let mut text = serde_json::to_string(&Line { file, at: at.as_millis(), what }).unwrap_or_default();
    text.push('\n');
    text
}

impl<'a> Told<'a> {
    fn progress(progress: &'a Progress) -> Self {
        let runs = progress.held.runs().take(RUNS_MOST);
        Self::Progress {
            complete_length: progress.complete_length,
            held: progress.held.octets(),
            held_ranges: runs.map(|run: ByteRange| (run.first(), run.last())).collect(),
            in_flight: &progress.in_flight,
            received: progress.received,
            wasted: progress.wasted,
            rate: progress.rate,
        }
    }

    fn done(ended: &Ended) -> Self {
        let (outcome, path, octets, assurance) = match &ended.outcome {
            Outcome::Done { assurance, octets, path } => {
                ("done", path.as_ref(), Some(*octets), Some(assurance.key()))
            }
            Outcome::Complete { path, .. } => ("already-complete", Some(path), None, None),
            Outcome::Failed { .. } => ("failed", None, None, None),
        };
        Self::Done {
            outcome,
            exit: ended.exit(),
            message: ended.sentence(),
            path: path.map(|path| path.display().to_string()),
            octets,
            assurance,
            before: ended.before,
            connections: ended.connections,
            requests: ended.counts.requests,
            failures: ended.counts.failures,
            received: ended.counts.received,
            wasted: ended.counts.wasted,
            hedged: ended.counts.hedged,
            stolen: ended.counts.stolen,
            restarts: ended.counts.restarts,
        }
    }
}

impl Screen for Json {
    fn begin(&self, file: usize, name: &str, url: &str) {
        report::tell(&line(file, Duration::ZERO, &Told::Begin { name, url }));
    }

    fn event(&self, file: usize, at: Duration, event: &Event) {
        report::tell(&line(file, at, event));
    }

    fn progress(&self, file: usize, progress: &Progress) {
        let now = Instant::now();
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.get(&file).is_some_and(|last| now.duration_since(*last) < INTERVAL) {
            return;
        }
        told.insert(file, now);
        report::tell(&line(file, progress.elapsed, &Told::progress(progress)));
    }

    fn end(&self, file: usize, ended: &Ended) {
        report::tell(&line(file, ended.elapsed, &Told::done(ended)));
    }

    fn say(&self, sentence: &str) {
        let mut text = serde_json::to_string(&Told::Note { message: sentence }).unwrap_or_default();
        text.push('\n');
        report::tell(&text);
    }
}
