//! Replays the fuzzers' corpora, so that what they found once is checked without them.

use std::fs;
use std::path::Path;

#[path = "../../../fuzz/fetch_bodies.rs"]
#[allow(unreachable_pub, reason = "the bodies belong to the fuzz targets too")]
mod fetch_bodies;

/// Runs a body on every file of its corpus.
fn replay(target: &str, body: fn(&[u8])) {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(target);
    let mut count = 0;
    for entry in fs::read_dir(&corpus).unwrap() {
        let path = entry.unwrap().path();
        let octets = fs::read(&path).unwrap();
        let outcome = std::panic::catch_unwind(|| body(&octets));
        assert!(outcome.is_ok(), "{}: `{}`", path.display(), octets.escape_ascii());
        count += 1;
    }
    assert!(count >= 20, "only {count} files in {}", corpus.display());
}

#[test]
fn file_name() {
    replay("file_name", fetch_bodies::file_name);
}

#[test]
fn digest_list() {
    replay("digest_list", fetch_bodies::digest_list);
}

#[test]
fn digest_field() {
    replay("digest_field", fetch_bodies::digest_field);
}

#[test]
fn link() {
    replay("link", fetch_bodies::link);
}

#[test]
fn metalink() {
    replay("metalink", fetch_bodies::metalink);
}

#[test]
fn netrc() {
    replay("netrc", fetch_bodies::netrc);
}

#[test]
fn cookies() {
    replay("cookies", fetch_bodies::cookies);
}
