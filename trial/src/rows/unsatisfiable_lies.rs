//! Refuses a third of the ranges with 416 and another length, though they can be had.

use super::*;

pub(super) const ROW: Row = Row::new("unsatisfiable-lies", "416 with a lying length, a third", answer)
    .ending(&[Ending::First, Ending::Failed(&[CHANGED, REFUSED])]);

fn answer(turn: &Turn<'_>) -> Answer {
    if turn.is_third() && turn.is_later() { unsatisfiable(1 << 20) } else { turn.honest() }
}
