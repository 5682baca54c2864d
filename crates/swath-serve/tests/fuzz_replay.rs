//! Replays the fuzzers' corpora, so that what they found once is checked without them.

use std::fs;
use std::path::Path;

#[path = "../../../fuzz/serve_bodies.rs"]
#[allow(unreachable_pub, reason = "the bodies belong to the fuzz targets too")]
mod serve_bodies;

#[path = "../../../fuzz/fast_path_body.rs"]
#[allow(unreachable_pub, reason = "the body belongs to the fuzz target too")]
mod fast_path_body;

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
fn target() {
    replay("target", serve_bodies::target);
}

#[test]
fn accept_encoding() {
    replay("accept_encoding", serve_bodies::accept_encoding);
}

#[test]
fn recording() {
    replay("recording", serve_bodies::recording);
}

#[test]
fn fast_path() {
    replay("fast_path", fast_path_body::fast_path);
}
