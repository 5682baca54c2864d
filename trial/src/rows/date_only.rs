//! Has a date and no tag.

use super::*;

pub(super) const ROW: Row = Row::new("date-only", "Last-Modified, no ETag", answer).over_one();

fn answer(turn: &Turn<'_>) -> Answer {
    turn.about(&content().first.tagged(None))
}
