//! Ignores Range, which it may (R-14.2-2).

use super::*;

pub(super) const ROW: Row = Row::new("ignores-range", "ignores Range, always", answer).over_one();

fn answer(turn: &Turn<'_>) -> Answer {
    turn.whole()
}
