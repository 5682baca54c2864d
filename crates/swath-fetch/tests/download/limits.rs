//! Limits of the transport: rate, heads, links.

use std::io::{self, Write};
use std::num::NonZeroU64;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use byteranges::download::{Fault, Identity, Lanes};
use bytes::Bytes;
use swath_fetch::{About, Digest, Error, Event, Finished, Interface, Job, Sink, Stop, download};

use crate::origin::{Origin, content, honest};
use crate::sink::{Memory, fetch};

#[test]
fn a_rate_limit_holds_for_all_lanes_together() {
    let length = 600_000;
    let origin = Origin::honest(content(length));
    let memory = Memory::with(Default::default());
    let mut job = Job::new(origin.url("/f"));
    job.settings.lanes = Lanes::Fixed(3);
    job.settings.min_segment = 50_000;
    job.limits.rate = NonZeroU64::new(1_000_000);
    let (ended, _) = fetch(job, &memory);
    assert!(ended.report.outcome.is_ok(), "{ended:?}");
    assert!(memory.kept.lock().unwrap().file == content(length));
    // The bucket holds a twentieth of a second in advance, twice that at most.
    assert!(ended.elapsed >= Duration::from_millis(500), "{:?}", ended.elapsed);
    // A lane that waits for the bucket is not slow: nobody takes its work away again and again.
    assert!(ended.report.counts.requests <= 12, "{:?}", ended.report.counts);
}

#[test]
fn a_head_without_end_is_not_read_to_its_end() {
    let origin = Origin::new(|_, stream| {
        let line = format!("X-More: {}\r\n", "x".repeat(1000));
        let _ = stream.write_all(b"HTTP/1.1 206 Partial Content\r\n");
        (0..100_000).all(|_| stream.write_all(line.as_bytes()).is_ok())
    });
    let mut job = Job::new(origin.url("/f"));
    job.settings.retries = 0;
    let (ended, _) = fetch(job, &Memory::with(Default::default()));
    assert_eq!(ended.report.outcome, Err(Fault::Unreachable), "{ended:?}");
    assert!(ended.trouble.is_some());
}

#[test]
fn a_named_link_is_used_and_one_that_is_missing_is_a_mistake() {
    let origin = Origin::new(|asked, stream| honest(asked, stream, &content(1000), "\"v1\""));
    let mut job = Job::new(origin.url("/f"));
    job.interfaces.push(Interface { name: "lo".to_owned(), budget: None });
    let (ended, seen) = fetch(job.clone(), &Memory::with(Default::default()));
    assert!(ended.report.outcome.is_ok(), "{ended:?}");
    assert!(
        seen.events
            .iter()
            .any(|event| matches!(event, Event::Asked { interface: Some(name), .. } if name == "lo"))
    );

    job.interfaces[0].name = "no-such-link".to_owned();
    let error = download(job, Memory::with(Default::default()), &mut (), &Stop::new()).unwrap_err();
    assert!(matches!(&error, Error::Misuse(why) if why.contains("no-such-link")), "{error}");
}

/// Panics when it is first written to.
struct Fragile(Arc<Memory>, AtomicBool);

impl Sink for Fragile {
    fn start(
        &self,
        generation: u32,
        journal: &[u8],
        length: Option<u64>,
        keep: bool,
        about: &About,
    ) -> io::Result<()> {
        self.0.start(generation, journal, length, keep, about)
    }
    fn write(&self, generation: u32, first: u64, octets: &[Bytes]) -> io::Result<()> {
        assert!(self.1.swap(true, Ordering::Relaxed), "it breaks once, as this test wants");
        self.0.write(generation, first, octets)
    }
    fn equals(&self, generation: u32, first: u64, octets: &[Bytes]) -> io::Result<bool> {
        self.0.equals(generation, first, octets)
    }
    fn sync(&self, generation: u32) -> io::Result<()> {
        self.0.sync(generation)
    }
    fn record(&self, generation: u32, octets: &[u8]) -> io::Result<()> {
        self.0.record(generation, octets)
    }
    fn digest(&self, generation: u32, wanted: &Digest) -> io::Result<bool> {
        self.0.digest(generation, wanted)
    }
    fn finish(&self, generation: u32, identity: &Identity, about: &About) -> io::Result<Finished> {
        self.0.finish(generation, identity, about)
    }
}

#[test]
fn a_lane_that_breaks_down_does_not_hold_the_download_up() {
    let origin = Origin::honest(content(100_000));
    let sink = Arc::new(Fragile(Memory::with(Default::default()), Default::default()));
    let mut job = Job::new(origin.url("/f"));
    job.settings.lanes = Lanes::Fixed(1);
    let ended = download(job, sink, &mut (), &Stop::new()).unwrap();
    assert_eq!(ended.report.outcome, Err(Fault::Disk));
    assert!(ended.disk.unwrap().to_string().contains("report it"));
}

#[test]
fn a_budget_ends_a_link() {
    let origin = Origin::honest(content(2 << 20));
    let mut job = Job::new(origin.url("/f"));
    job.interfaces.push(Interface { name: "lo".to_owned(), budget: Some(300_000) });
    let (ended, _) = fetch(job, &Memory::with(Default::default()));
    assert_eq!(ended.report.outcome, Err(Fault::BudgetSpent), "{ended:?}");
}
