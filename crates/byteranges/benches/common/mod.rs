//! What is measured: requests for a file as `swath serve` describes it.

#![allow(clippy::unwrap_used, missing_docs, unreachable_pub, dead_code, reason = "shared by benchmarks")]

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use byteranges::{
    Answer, Asked, AskedMethod, Boundary, EntityTag, HttpDate, Policy, Representation, compose, decide,
};
use http::HeaderValue;

/// The requests measured: a name, and their fields.
pub const REQUESTS: [&str; 6] = ["no Range", "single", "suffix", "four parts", "If-Range true", "304"];

pub fn asked(request: &str) -> Asked<'static> {
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

pub struct Setting {
    pub facts: Representation,
    pub policy: Policy,
    pub now: SystemTime,
}

impl Setting {
    pub fn new() -> Self {
        let now = UNIX_EPOCH.checked_add(Duration::from_secs(1_795_262_400)).unwrap();
        Self { facts: facts(), policy: Policy::default(), now }
    }

    pub fn answer(&self, asked: &Asked<'_>) -> Answer {
        let decision = decide(asked, &self.facts, &self.policy, self.now);
        compose(&decision, asked, &self.facts, &self.policy, self.now, || Boundary::from_random(0x5eed))
    }
}
