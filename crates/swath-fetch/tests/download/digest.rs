//! Digests: of the whole, from the user or from the server; of single answers, fetched again alone when they do not match.

use std::io::Write;
use std::sync::atomic::{AtomicU32, Ordering};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use byteranges::download::{Assurance, Fault, Lanes};
use swath_fetch::digest::{Algorithm, Hasher};
use swath_fetch::{Digest, Ended, Event, Job};

use crate::origin::{Asked, Origin, content, head};
use crate::sink::{Memory, Seen, fetch};

const LENGTH: usize = 200_000;

fn digest(octets: &[u8]) -> Digest {
    let mut hasher = Hasher::new(Algorithm::Sha256);
    hasher.update(octets);
    hasher.finish()
}

fn field(name: &str, digest: &Digest) -> String {
    format!("\r\n{name}: sha-256=:{}:\r\n\r\n", BASE64_STANDARD.encode(digest.value()))
}

/// Says this digest of the whole, with any content.
fn origin(said: Digest) -> Origin {
    Origin::new(move |asked, stream| {
        assert!(asked.field("want-repr-digest").is_some() && asked.field("want-content-digest").is_some());
        let content = content(LENGTH);
        let (head, octets) = head(asked, &content, "\"v1\"");
        let head = format!("{}{}", head.trim_end(), field("Repr-Digest", &said));
        stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&content[octets])).is_ok()
    })
}

/// Fetches in short segments over so many lanes; what arrives is whole.
fn fetched(origin: &Origin, lanes: usize) -> (Ended, Seen) {
    let mut job = Job::new(origin.url("/f"));
    job.settings.lanes = Lanes::Fixed(lanes);
    job.settings.min_segment = 10_000;
    let memory = Memory::with(Default::default());
    let (ended, seen) = fetch(job, &memory);
    assert_eq!(ended.report.outcome, Ok(Assurance::Pinned), "{ended:?}");
    assert!(memory.kept.lock().unwrap().file == content(LENGTH));
    (ended, seen)
}

#[test]
fn what_the_server_says_of_the_whole_is_verified_unless_the_user_says_something() {
    let (right, wrong) = (digest(&content(LENGTH)), digest(b"something else"));
    for (server, user, expected) in [
        (&right, None, Ok(Assurance::Digest)),
        (&wrong, None, Err(Fault::Digest)),
        (&wrong, Some(&right), Ok(Assurance::Digest)),
        (&right, Some(&wrong), Err(Fault::Digest)),
    ] {
        let mut job = Job::new(origin(server.clone()).url("/f"));
        job.digest = user.cloned();
        let memory = Memory::with(Default::default());
        let (ended, _) = fetch(job, &memory);
        assert_eq!(ended.report.outcome, expected, "{ended:?}");
        assert_eq!(memory.kept.lock().unwrap().finished, expected.is_ok());
    }
}

#[test]
fn a_part_that_does_not_match_its_digest_is_fetched_again_alone() {
    let parts = AtomicU32::new(0);
    let origin = Origin::new(move |asked: &Asked, stream| {
        let content = content(LENGTH);
        // It never gives more than a little at once, as a server may.
        let (first, last) = asked.range(LENGTH).unwrap();
        let mut asked = asked.clone();
        asked.fields.retain(|(name, _)| name != "range");
        asked.fields.push(("range".to_owned(), format!("bytes={first}-{}", last.min(first + 19_999))));
        let (head, octets) = head(&asked, &content, "\"v1\"");
        let mut octets = content[octets].to_vec();
        let head = format!("{}{}", head.trim_end(), field("Content-Digest", &digest(&octets)));
        if parts.fetch_add(1, Ordering::Relaxed) == 2
            && let Some(octet) = octets.get_mut(7)
        {
            *octet ^= 1;
        }
        stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&octets)).is_ok()
    });
    let (ended, seen) = fetched(&origin, 1);
    let found = |matches| {
        seen.events
            .iter()
            .filter(
                |event| matches!(event, Event::Digested { ask: Some(_), matches: own } if *own == matches),
            )
            .count()
    };
    assert_eq!(found(false), 1, "{:?}", seen.events);
    assert!(found(true) >= 6);
    // No more than the bad part came twice.
    assert!(ended.report.counts.received <= (LENGTH + 30_000) as u64, "{:?}", ended.report.counts);
}

#[test]
fn the_end_of_what_a_digest_covers_is_not_waited_for_where_it_comes_slowly() {
    let slow = AtomicU32::new(0);
    let origin = Origin::new(move |asked: &Asked, stream| {
        let content = content(LENGTH);
        let (head, octets) = head(asked, &content, "\"v1\"");
        let octets = &content[octets];
        let head = format!("{}{}", head.trim_end(), field("Content-Digest", &digest(octets)));
        let first = asked.range(LENGTH).is_some_and(|(first, _)| first > 0);
        if !first || slow.fetch_add(1, Ordering::Relaxed) > 0 {
            return stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(octets)).is_ok();
        }
        // Half a minute or more for the first part: others are faster, and take it over.
        let mut all = stream.write_all(head.as_bytes());
        for piece in octets.chunks(500) {
            all = all.and_then(|()| stream.write_all(piece));
            std::thread::sleep(std::time::Duration::from_millis(200));
        }
        all.is_ok()
    });
    let (ended, _) = fetched(&origin, 2);
    assert!(ended.elapsed < std::time::Duration::from_secs(15), "{:?}", ended.elapsed);
}
