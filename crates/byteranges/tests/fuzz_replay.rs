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

#[path = "../../../fuzz/replay.rs"]
mod replay;

use replay::replay;

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
