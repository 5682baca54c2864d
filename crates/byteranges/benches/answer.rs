//! What one answer costs: `decide` alone, with `compose`, and with each rendering.
//!
//! `cargo bench -p byteranges`; the figures of one machine stand in `docs/benchmarks-micro.md`.

#![allow(clippy::unwrap_used, missing_docs, reason = "a benchmark may panic")]

use std::hint::black_box;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use byteranges::{
    Answer, Asked, AskedMethod, Boundary, EntityTag, HttpDate, Policy, Representation, compose, decide,
};
use http::HeaderValue;

fn main() {
    divan::main();
}

/// The requests measured: a name, and their fields.
const REQUESTS: [&str; 6] = ["no Range", "single", "suffix", "four parts", "If-Range true", "304"];

fn asked(request: &str) -> Asked<'static> {
    let asked = Asked::new(AskedMethod::Get);
    match request {
        "single" => asked.with("Range", "bytes=1000000-1999999"),
        "suffix" => asked.with("Range", "bytes=-500"),
        "four parts" => asked.with("Range", "bytes=0-499,10000-10499,500000-500499,-500"),
        "If-Range true" => {
            asked.with("Range", "bytes=1000000-").with("If-Range", "\"16f2a9c84d03b7e51c0de2f7\"")
        }
        "304" => asked.with("If-None-Match", "\"16f2a9c84d03b7e51c0de2f7\""),
        _ => asked,
    }
}

/// A file as `swath serve` describes it.
fn facts() -> Representation {
    let modified = UNIX_EPOCH.checked_add(Duration::from_secs(1_795_000_000)).unwrap();
    Representation {
        etag: EntityTag::strong(b"16f2a9c84d03b7e51c0de2f7"),
        last_modified: HttpDate::from_system_time(modified),
        changed: Some(modified),
        content_type: Some(HeaderValue::from_static("video/mp4")),
        cache_control: Some(HeaderValue::from_static("no-cache")),
        ..Representation::new(100_000_000)
    }
}

struct Setting {
    facts: Representation,
    policy: Policy,
    now: SystemTime,
}

fn setting() -> Setting {
    let now = UNIX_EPOCH.checked_add(Duration::from_secs(1_795_262_400)).unwrap();
    Setting { facts: facts(), policy: Policy::default(), now }
}

impl Setting {
    fn answer(&self, asked: &Asked<'_>) -> Answer {
        let decision = decide(asked, &self.facts, &self.policy, self.now);
        compose(&decision, asked, &self.facts, &self.policy, self.now, || Boundary::from_random(0x5eed))
    }
}

#[divan::bench(args = REQUESTS)]
fn decide_only(bencher: divan::Bencher<'_, '_>, request: &str) {
    let (setting, asked) = (setting(), asked(request));
    bencher.bench(|| decide(black_box(&asked), &setting.facts, &setting.policy, setting.now));
}

#[divan::bench(args = REQUESTS)]
fn decide_compose(bencher: divan::Bencher<'_, '_>, request: &str) {
    let (setting, asked) = (setting(), asked(request));
    bencher.bench(|| setting.answer(black_box(&asked)));
}

#[divan::bench(args = REQUESTS)]
fn decide_compose_write_head(bencher: divan::Bencher<'_, '_>, request: &str) {
    let (setting, asked) = (setting(), asked(request));
    let mut head = Vec::with_capacity(1024);
    bencher.bench_local(|| {
        head.clear();
        let answer = setting.answer(black_box(&asked));
        answer.write_head(&mut head);
        (answer.content.length(), head.len())
    });
}

#[divan::bench(args = REQUESTS)]
fn decide_compose_into_response(bencher: divan::Bencher<'_, '_>, request: &str) {
    let (setting, asked) = (setting(), asked(request));
    bencher.bench(|| setting.answer(black_box(&asked)).into_response());
}
