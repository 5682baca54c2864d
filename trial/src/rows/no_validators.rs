//! Sends no validator at all.

use super::*;

pub(super) const ROW: Row = Row::new("no-validators", "no validators", answer).over_one();

fn answer(turn: &Turn<'_>) -> Answer {
    turn.about(&content().first.tagged(None).undated())
}
