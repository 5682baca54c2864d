//! Replays the fuzzers' corpora, so that what they found once is checked without them.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test may panic")]

#[path = "../../../fuzz/bodies.rs"]
#[allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    unreachable_pub,
    reason = "the bodies are tests, and belong to the fuzz targets too"
)]
mod bodies;

use std::fs;
use std::path::Path;

/// Runs a body on every file of its corpus.
fn replay(target: &str, body: fn(&[u8])) {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(target);
    let mut count = 0_usize;
    for entry in fs::read_dir(&corpus).unwrap() {
        let path = entry.unwrap().path();
        let octets = fs::read(&path).unwrap();
        if std::panic::catch_unwind(|| body(&octets)).is_err() {
            panic!("{}: `{}`", path.display(), octets.escape_ascii());
        }
        count = count.saturating_add(1);
    }
    assert!(count >= 20, "only {count} files in {}", corpus.display());
}

#[test]
fn specifier() {
    replay("specifier", bodies::specifier);
}

#[test]
fn preconditions_decide() {
    replay("preconditions_decide", bodies::preconditions_decide);
}

#[test]
fn entity_tag_list() {
    replay("entity_tag_list", bodies::entity_tag_list);
}

#[test]
fn http_date() {
    replay("http_date", bodies::http_date);
}

#[test]
fn multipart() {
    replay("multipart", bodies::multipart);
}

#[test]
fn content_range() {
    replay("content_range", bodies::content_range);
}

#[test]
fn journal() {
    replay("journal", bodies::journal);
}
