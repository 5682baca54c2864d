//! Aligns a third of the ranges to its cache's blocks, and says so.

use super::*;

pub(super) const ROW: Row = Row::new("starts-earlier-third", "the same, a third of the answers", answer);

fn answer(turn: &Turn<'_>) -> Answer {
    earlier(turn, turn.is_third())
}
