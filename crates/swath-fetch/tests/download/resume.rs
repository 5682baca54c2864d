//! A download that is stopped, or whose server goes away, goes on where it was.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use byteranges::download::{Assurance, Fault, Lanes};
use swath_fetch::{Job, Sink, Stop, download};

use crate::origin::{Origin, content, head, honest};
use crate::sink::{Memory, fetch, journal};

const LENGTH: usize = 3 << 20;

#[test]
fn what_was_written_before_an_interrupt_is_recorded_and_not_fetched_again() {
    let slow = Arc::new(AtomicBool::new(true));
    let first = Arc::clone(&slow);
    let origin = Origin::new(move |asked, stream| {
        let content = content(LENGTH);
        let (head, octets) = head(asked, &content, "\"v1\"");
        let _ = stream.write_all(head.as_bytes());
        for piece in content[octets].chunks(64 << 10) {
            if stream.write_all(piece).is_err() {
                return false;
            }
            if first.load(Ordering::Relaxed) {
                thread::sleep(Duration::from_millis(20));
            }
        }
        true
    });
    let memory = Memory::with(Default::default());
    let stop = Stop::new();
    let (stopper, watched) = (stop.clone(), Arc::clone(&memory));
    thread::spawn(move || {
        while watched.kept.lock().unwrap().file.len() < 256 << 10 {
            thread::sleep(Duration::from_millis(5));
        }
        stopper.stop();
    });
    let job = Job::new(origin.url("/f"));
    let ended = download(job, Arc::clone(&memory) as Arc<dyn Sink>, &mut (), &stop).unwrap();
    assert_eq!(ended.report.outcome, Err(Fault::Interrupted));
    assert!(!memory.kept.lock().unwrap().finished);
    let held: u64 = journal(&memory).unwrap().held.iter().map(|held| held.range.length()).sum();
    assert!((64 << 10..LENGTH as u64).contains(&held), "{held}");

    slow.store(false, Ordering::Relaxed);
    let mut job = Job::new(origin.url("/f"));
    job.journal = journal(&memory);
    let (ended, _) = fetch(job, &memory);
    assert_eq!(ended.report.outcome, Ok(Assurance::Pinned), "{ended:?}");
    assert!(memory.kept.lock().unwrap().file == content(LENGTH));
    assert_eq!(ended.report.counts.received, LENGTH as u64 - held);
    assert!(ended.about.is_some_and(|about| about.fields["etag"] == "\"v1\""));
}

#[test]
fn another_version_is_begun_anew_and_never_mixed() {
    let old = content(LENGTH);
    let memory = Memory::with(Default::default());
    let origin = Origin::new(move |asked, stream| {
        let (head, octets) = head(asked, &old, "\"v1\"");
        let half = octets.start + octets.len() / 2;
        let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&old[octets.start..half]));
        false
    });
    let mut job = Job::new(origin.url("/f"));
    job.settings.retries = 1;
    job.settings.backoff = Duration::from_millis(1);
    let (ended, _) = fetch(job, &memory);
    assert_eq!(ended.report.outcome, Err(Fault::Unreachable), "{ended:?}");
    assert!(ended.trouble.is_some());

    let new: Vec<u8> = content(LENGTH).into_iter().rev().collect();
    let served = new.clone();
    let origin = Origin::new(move |asked, stream| honest(asked, stream, &served, "\"v2\""));
    let mut job = Job::new(origin.url("/f"));
    job.journal = journal(&memory);
    assert!(!job.journal.as_ref().unwrap().held.is_empty());
    job.settings.lanes = Lanes::Fixed(3);
    let (ended, _) = fetch(job, &memory);
    assert!(ended.report.outcome.is_ok(), "{ended:?}");
    assert!(memory.kept.lock().unwrap().file == new);
}
