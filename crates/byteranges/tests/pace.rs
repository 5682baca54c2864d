//! How long downloads take in virtual time, with the default limits: lanes that crawl or fall silent must cost little.
//!
//! The bench: 16 MiB, each connection paced at 8 MiB/s, so one stream takes 2 s and eight take a quarter of one.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test of small numbers, which may panic"
)]

use std::collections::BTreeMap;
use std::time::Duration;

use byteranges::download::{
    Action, AskId, Asked, Assurance, Counts, Download, Event, Head, Lanes, PathSettings, Settings,
};
use byteranges::{ByteRange, ContentRange, HttpDate};
use http::{HeaderMap, StatusCode};

const LENGTH: u64 = 16 << 20;
const PACE: u64 = 8 << 20;
const TICK: Duration = Duration::from_millis(5);

/// One connection: octets that come each second, until `stops` have come.
struct Connection {
    left: u64,
    rate: u64,
    stops: u64,
    owed: u64,
}

/// Runs a download against a server whose n-th request goes at `pace(n, path)`; returns its time and what it took.
fn run(settings: Settings, pace: impl Fn(u64, usize) -> (u64, u64)) -> (Duration, Counts) {
    let mut download = Download::new(settings, None);
    let mut connections: BTreeMap<AskId, Connection> = BTreeMap::new();
    let mut heads = Vec::new();
    let mut now = Duration::ZERO;
    while now < Duration::from_secs(120) {
        loop {
            match download.poll(now) {
                Action::Fetch(fetch) => {
                    let first = fetch.range.first();
                    let last = match fetch.range {
                        Asked::Range(range) => range.last(),
                        _ => LENGTH - 1,
                    };
                    let (rate, stops) = pace(fetch.ask.0, fetch.path);
                    let left = last - first + 1;
                    connections.insert(fetch.ask, Connection { left, rate, stops, owed: 0 });
                    // An answer takes a round trip of 20 ms.
                    heads.push((
                        now + Duration::from_millis(20),
                        fetch.ask,
                        ByteRange::new(first, last).unwrap(),
                    ));
                }
                Action::Stop { ask } => drop(connections.remove(&ask)),
                Action::Write { generation, ask, range } => {
                    download.handle(Event::Written { generation, ask, range }, now);
                }
                Action::StartFile { generation, .. } => download.handle(Event::FileReady { generation }, now),
                Action::Sync { generation } => download.handle(Event::Synced { generation }, now),
                Action::Done(report) => {
                    assert!(report.outcome.unwrap() >= Assurance::Pinned);
                    return (now, report.counts);
                }
                Action::Wait { .. } => break,
                _ => {}
            }
        }
        now += TICK;
        heads.retain(|(when, ask, range)| {
            if *when <= now {
                download.handle(Event::Head { ask: *ask, head: Box::new(head(*range)) }, now);
            }
            *when > now
        });
        for (ask, connection) in &mut connections {
            if heads.iter().any(|(_, waiting, _)| waiting == ask) {
                continue;
            }
            connection.owed += connection.rate * TICK.as_millis() as u64;
            let count = (connection.owed / 1000).min(connection.left).min(connection.stops);
            connection.owed -= count * 1000;
            connection.left -= count;
            connection.stops -= count;
            if count > 0 {
                download.handle(Event::Bytes { ask: *ask, count }, now);
            }
            if connection.left == 0 && count > 0 {
                download.handle(Event::End { ask: *ask }, now);
            }
        }
        connections.retain(|_, connection| connection.left > 0);
    }
    panic!("not done after two minutes: {:?}", download.counts());
}

fn head(range: ByteRange) -> Head {
    let mut fields = HeaderMap::new();
    let content_range = ContentRange::Range { range, complete_length: Some(LENGTH) };
    fields.insert("content-range", content_range.to_string().parse().unwrap());
    fields.insert("etag", "\"v1\"".parse().unwrap());
    Head::read(StatusCode::PARTIAL_CONTENT, &fields, HttpDate::from_seconds(1_800_000_000).unwrap())
}

fn eight() -> Settings {
    Settings { lanes: Lanes::Fixed(8), ..Settings::default() }
}

fn seconds(time: Duration) -> f64 {
    time.as_secs_f64()
}

#[test]
fn eight_lanes_are_nearly_eight_times_as_fast() {
    let (one, _) = run(Settings { lanes: Lanes::Fixed(1), ..Settings::default() }, |_, _| (PACE, u64::MAX));
    let (eight, counts) = run(eight(), |_, _| (PACE, u64::MAX));
    assert!(seconds(one) < 2.1, "{one:?}");
    assert!(seconds(eight) < 0.36, "{eight:?} {counts:?}");
    assert!(counts.wasted + counts.hedged < LENGTH / 20, "{counts:?}");
}

#[test]
fn a_lane_that_crawls_costs_less_than_a_second() {
    for crawling in 0..8 {
        let (time, counts) =
            run(eight(), |ask, _| if ask == crawling { (30_000, u64::MAX) } else { (PACE, u64::MAX) });
        assert!(seconds(time) < 1.25, "lane {crawling}: {time:?} {counts:?}");
    }
}

#[test]
fn a_lane_that_falls_silent_costs_less_than_a_second() {
    for silent in 0..8 {
        for after in [1, 100_000] {
            let (time, counts) = run(eight(), |ask, _| (PACE, if ask == silent { after } else { u64::MAX }));
            assert!(seconds(time) < 1.25, "lane {silent} after {after}: {time:?} {counts:?}");
        }
    }
}

#[test]
fn two_links_add_up() {
    let paths = vec![PathSettings::default(); 2];
    let settings = Settings { paths, lanes: Lanes::Fixed(1), ..Settings::default() };
    // Ten to one: 16 MiB in 2.2 s of 1.1 × 8 MiB/s would be the sum of both; the start and the end cost a little.
    let (time, counts) = run(settings, |_, path| (if path == 0 { PACE } else { PACE / 10 }, u64::MAX));
    assert!(seconds(time) < 2.0 / 1.1 * 1.1, "{time:?} {counts:?}");
}

#[test]
fn lanes_are_added_while_that_helps() {
    // Each connection is capped far below the link, so each lane adds its whole pace.
    let (time, counts) = run(Settings::default(), |_, _| (PACE / 20, u64::MAX));
    assert!(seconds(time) < 15.0, "{time:?} {counts:?}");
    assert!(counts.requests >= 6, "{counts:?}");
}
