//! Has a weak tag only.

use super::*;

pub(super) const ROW: Row = Row::new("weak-tag", "a weak ETag", answer).over_one();

fn answer(turn: &Turn<'_>) -> Answer {
    turn.about(&content().first.tagged(Some("W/\"one\"")))
}
