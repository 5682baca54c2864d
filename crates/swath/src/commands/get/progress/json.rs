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
        let whole = progress.complete_length == Some(progress.held.octets());
        if !whole && told.get(&file).is_some_and(|last| now.duration_since(*last) < INTERVAL) {
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use byteranges::{
        ByteSet,
        download::{Assurance, Counts},
    };
    use serde_json::Value;

    use super::*;

    /// One event of each kind. The match makes a new kind fail to compile here until it is in the list, and in the docs.
    fn events() -> Vec<Event> {
        let known = |event: &Event| match event {
            Event::Asked { .. }
            | Event::Connected { .. }
            | Event::Redirected { .. }
            | Event::Head { .. }
            | Event::Ended { .. }
            | Event::Stopped { .. }
            | Event::Failed { .. }
            | Event::Began { .. }
            | Event::Synced { .. }
            | Event::Digested { .. }
            | Event::Link { .. } => {}
        };
        let (ask, status, received) = (1, 206, 7);
        let text = || "text".to_owned();
        let events = vec![
            Event::Asked { ask, path: 0, url: text(), interface: Some(text()), range: None },
            Event::Connected { ask, address: Some(([127, 0, 0, 1], 80).into()), version: "HTTP/1.1" },
            Event::Redirected { ask, status, url: text() },
            Event::Head { ask, status, content_range: None, etag: Some(text()) },
            Event::Ended { ask, received },
            Event::Stopped { ask, received },
            Event::Failed { ask, received, why: text() },
            Event::Began { generation: 1, complete_length: Some(7), etag: None },
            Event::Synced { generation: 1 },
            Event::Digested { ask: None, matches: true },
            Event::Link { interface: text(), up: true },
        ];
        events.iter().for_each(known);
        events
    }

    fn told() -> Vec<String> {
        let progress = Progress {
            elapsed: Duration::from_secs(1),
            complete_length: Some(7),
            held: ByteSet::new(),
            in_flight: Vec::new(),
            received: 0,
            wasted: 0,
            rate: 0,
        };
        let ended = Ended {
            name: "a".to_owned(),
            outcome: Outcome::Done { assurance: Assurance::Pinned, octets: 7, path: None },
            elapsed: Duration::from_secs(1),
            connections: 1,
            before: 0,
            counts: Counts::default(),
        };
        let at = Duration::from_millis(5);
        let mut lines: Vec<String> = events().iter().map(|event| line(3, at, event)).collect();
        lines.push(line(3, at, &Told::Begin { name: "a", url: "b" }));
        lines.push(line(3, at, &Told::progress(&progress)));
        lines.push(line(3, at, &Told::done(&ended)));
        lines.push(serde_json::to_string(&Told::Note { message: "a" }).expect("a line"));
        lines
    }

    #[test]
    fn the_page_lists_every_event_and_its_fields() {
        let page = include_str!("../../../../../../docs/get.md");
        let mut documented = BTreeSet::new();
        for row in page.lines().filter_map(|line| line.strip_prefix("| `")) {
            let Some((event, rest)) = row.split_once("` | ") else { continue };
            if rest.starts_with('`') && rest.ends_with("` |") {
                let fields: BTreeSet<&str> =
                    rest.trim_end_matches(" |").split(", ").map(|name| name.trim_matches('`')).collect();
                documented.insert((
                    event.to_owned(),
                    fields.into_iter().map(str::to_owned).collect::<BTreeSet<_>>(),
                ));
            }
        }
        let written: BTreeSet<_> = told()
            .iter()
            .map(|line| {
                let value: Value = serde_json::from_str(line).expect("JSON");
                let object = value.as_object().expect("an object");
                let event = object["event"].as_str().expect("a name").to_owned();
                let own = |name: &String| !matches!(name.as_str(), "event" | "file" | "at");
                (event, object.keys().filter(|name| own(name)).cloned().collect::<BTreeSet<_>>())
            })
            .collect();
        assert_eq!(written, documented);
    }
}
