//! Mirrors: those that the user names and those that the server names carry their share, if they have the same.

use std::io::Write;
use std::thread;
use std::time::Duration;

use byteranges::download::{Assurance, Lanes};
use swath_fetch::Job;

use crate::origin::{Asked, Origin, content, head, honest};
use crate::sink::{Memory, fetch};

const LENGTH: usize = 4 << 20;

/// Gives a quarter of a mebibyte every 50 ms, and says these lines beside.
fn slow(lines: String) -> Origin {
    Origin::new(move |asked: &Asked, stream| {
        let content = content(LENGTH);
        let (head, octets) = head(asked, &content, "\"v1\"");
        let head = format!("{}\r\n{lines}\r\n", head.trim_end());
        if stream.write_all(head.as_bytes()).is_err() {
            return false;
        }
        content[octets].chunks(256 << 10).all(|piece| {
            thread::sleep(Duration::from_millis(50));
            stream.write_all(piece).is_ok()
        })
    })
}

fn job(origin: &Origin) -> Job {
    let mut job = Job::new(origin.url("/f"));
    job.settings.lanes = Lanes::Fixed(1);
    job.settings.setup = Duration::from_millis(5);
    job.settings.min_segment = 64 << 10;
    job
}

#[test]
fn a_mirror_that_the_server_names_helps_when_it_has_the_same() {
    let mirror = Origin::honest(content(LENGTH));
    let origin = slow(format!("Link: <{}>; rel=duplicate; pref\r\n", mirror.url("/copy")));
    let memory = Memory::with(Default::default());
    let (ended, _) = fetch(job(&origin), &memory);
    assert!(matches!(ended.report.outcome, Ok(Assurance::Pinned | Assurance::Compared)), "{ended:?}");
    assert!(memory.kept.lock().unwrap().file == content(LENGTH));
    assert_eq!(mirror.asked()[0].path, "/copy");

    let before = mirror.asked().len();
    let mut alone = job(&origin);
    alone.follow_mirrors = false;
    assert!(fetch(alone, &Memory::with(Default::default())).0.report.outcome.is_ok());
    assert_eq!(mirror.asked().len(), before);
}

#[test]
fn a_mirror_that_has_something_else_gives_nothing() {
    let other: Vec<u8> = content(LENGTH).into_iter().rev().collect();
    let mirror = Origin::new(move |asked, stream| honest(asked, stream, &other, "\"other\""));
    let origin = slow(String::new());
    let mut job = job(&origin);
    job.mirrors.push(mirror.url("/f"));
    job.credentials =
        Some(swath_fetch::Credentials { user: "ann".to_owned(), password: "secret".to_owned() });
    let memory = Memory::with(Default::default());
    let (ended, _) = fetch(job, &memory);
    assert!(ended.report.outcome.is_ok(), "{ended:?}");
    assert!(memory.kept.lock().unwrap().file == content(LENGTH));
    assert!(!mirror.asked().is_empty());
    assert!(mirror.asked().iter().all(|asked| asked.field("authorization").is_none()));
}
