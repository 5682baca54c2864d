//! Replays the fuzzers' corpora, so that what they found once is checked without them.

#[path = "../../../fuzz/serve_bodies.rs"]
#[allow(unreachable_pub, reason = "the bodies belong to the fuzz targets too")]
mod serve_bodies;

#[path = "../../../fuzz/fast_path_body.rs"]
#[allow(unreachable_pub, reason = "the body belongs to the fuzz target too")]
mod fast_path_body;

#[path = "../../../fuzz/replay.rs"]
mod replay;

use replay::replay;

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
