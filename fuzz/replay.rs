//! Replays the fuzzers' corpora, so that what they found once is checked without them. Each crate's `fuzz_replay.rs` has it.

use std::fs;
use std::path::Path;

/// Runs a body on every file of its corpus.
pub(crate) fn replay(target: &str, body: fn(&[u8])) {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(target);
    let mut count = 0_usize;
    for entry in fs::read_dir(&corpus).unwrap() {
        let path = entry.unwrap().path();
        let octets = fs::read(&path).unwrap();
        let outcome = std::panic::catch_unwind(|| body(&octets));
        assert!(outcome.is_ok(), "{}: `{}`", path.display(), octets.escape_ascii());
        count = count.saturating_add(1);
    }
    assert!(count >= 20, "only {count} files in {}", corpus.display());
}
