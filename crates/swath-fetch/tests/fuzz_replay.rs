//! Replays the fuzzers' corpora, so that what they found once is checked without them.

#[path = "../../../fuzz/fetch_bodies.rs"]
#[allow(unreachable_pub, reason = "the bodies belong to the fuzz targets too")]
mod fetch_bodies;

#[path = "../../../fuzz/replay.rs"]
mod replay;

use replay::replay;

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
