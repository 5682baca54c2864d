//! What one arrival costs the download machine: `handle` and `poll` for octets that came, and for the write of them.
//!
//! `cargo bench -p byteranges --bench download`; at 2.5 GB/s in pieces of 64 KiB there are some 40,000 arrivals a second.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    missing_docs,
    reason = "a benchmark may panic"
)]

use std::time::Duration;

use byteranges::download::{Action, AskId, Asked, Download, Event, Head, Lanes, Settings};
use byteranges::{ByteRange, HttpDate};
use divan::Bencher;

fn main() {
    divan::main();
}

/// Long enough that no lane comes to its end while it is measured.
const LENGTH: u64 = 1 << 40;
const PIECE: u64 = 64 * 1024;

struct Running {
    download: Download,
    asks: Vec<AskId>,
    next: usize,
    now: Duration,
}

/// A download with that many lanes, all of which have been answered, and that many octets written in scattered places.
fn running(lanes: usize, scattered: u64, window: bool) -> Running {
    let settings = Settings {
        lanes: Lanes::Fixed(lanes),
        window: window.then(|| std::num::NonZeroU64::new(LENGTH / 2).unwrap()),
        ..Settings::default()
    };
    let mut running =
        Running { download: Download::new(settings, None), asks: Vec::new(), next: 0, now: Duration::ZERO };
    running.settle();
    assert_eq!(running.asks.len(), lanes, "not all lanes are under way");
    for number in 0..scattered {
        let ask = *running.asks.get(usize::try_from(number).unwrap() % running.asks.len()).unwrap();
        running.download.handle(Event::Bytes { ask, count: PIECE }, running.now);
        running.settle();
    }
    running
}

impl Running {
    /// Does what the machine says, as a driver would whose disk and server cost no time.
    fn settle(&mut self) {
        loop {
            match self.download.poll(self.now) {
                Action::Fetch(fetch) => {
                    let (ask, range) = (fetch.ask, fetch.range);
                    let head = Box::new(head(range));
                    self.download.handle(Event::Head { ask, head }, self.now);
                    self.asks.push(ask);
                }
                Action::StartFile { generation, .. } => {
                    self.download.handle(Event::FileReady { generation }, self.now);
                }
                Action::Write { generation, ask, range } => {
                    self.download.handle(Event::Written { generation, ask, range }, self.now);
                }
                Action::Sync { generation } => self.download.handle(Event::Synced { generation }, self.now),
                Action::Record { .. } => {}
                Action::Wait { .. } => return,
                other => panic!("{other:?}"),
            }
        }
    }

    /// One piece comes on the next lane, and is written.
    fn arrive(&mut self) {
        let ask = *self.asks.get(self.next).unwrap();
        self.next = (self.next + 1) % self.asks.len();
        self.now += Duration::from_micros(25);
        self.download.handle(Event::Bytes { ask, count: PIECE }, self.now);
        self.settle();
    }
}

fn head(range: Asked) -> Head {
    let range = match range {
        Asked::Range(range) => range,
        _ => ByteRange::whole(LENGTH).unwrap(),
    };
    let mut fields = http::HeaderMap::new();
    fields.insert("etag", "\"v1\"".parse().unwrap());
    fields.insert("content-range", format!("bytes {range}/{LENGTH}").parse().unwrap());
    let now = HttpDate::from_seconds(1_800_000_000).unwrap();
    Head::read(http::StatusCode::PARTIAL_CONTENT, &fields, now)
}

#[divan::bench(args = [1, 8, 64])]
fn arrival(bencher: Bencher<'_, '_>, lanes: usize) {
    let mut running = running(lanes, 0, false);
    bencher.bench_local(|| running.arrive());
}

#[divan::bench(args = [8, 64])]
fn arrival_in_order(bencher: Bencher<'_, '_>, lanes: usize) {
    let mut running = running(lanes, 0, true);
    bencher.bench_local(|| running.arrive());
}
