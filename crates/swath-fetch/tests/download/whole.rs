//! What an honest server gives arrives, over one lane and over many.

use byteranges::download::{Assurance, Lanes};
use swath_fetch::{Event, Job};

use crate::origin::{Origin, content};
use crate::sink::{Memory, fetch};

#[test]
fn one_lane_asks_once() {
    let origin = Origin::honest(content(300_000));
    let memory = Memory::with(Default::default());
    let mut job = Job::new(origin.url("/f"));
    job.settings.lanes = Lanes::Fixed(1);
    let (ended, seen) = fetch(job, &memory);
    assert_eq!(ended.report.outcome, Ok(Assurance::Single), "{ended:?}");
    let kept = memory.kept.lock().unwrap();
    assert!(kept.file == content(300_000) && kept.finished);
    assert_eq!((origin.asked().len(), ended.connections), (1, 1));
    assert!(seen.shown > 0);
    assert!(
        seen.events.iter().any(|event| matches!(event, Event::Ended { received: 300_000, .. })),
        "{:?}",
        seen.events
    );
}

#[test]
fn several_lanes_put_a_whole_together() {
    let length = 12 << 20;
    let origin = Origin::honest(content(length));
    let memory = Memory::with(Default::default());
    let mut job = Job::new(origin.url("/f"));
    job.settings.lanes = Lanes::Fixed(6);
    let (ended, _) = fetch(job, &memory);
    assert_eq!(ended.report.outcome, Ok(Assurance::Pinned), "{ended:?}");
    assert!(memory.kept.lock().unwrap().file == content(length));
    assert!(origin.asked().len() > 1);
}
