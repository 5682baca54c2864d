//! Sends the first half as 206, whatever was asked, even nothing.

use super::*;

pub(super) const ROW: Row = Row::new("partial-unasked", "206 of the first half, whatever was asked", answer)
    .ending(&[Ending::Failed(&[REFUSED, NETWORK])]);

fn answer(turn: &Turn<'_>) -> Answer {
    let _ = turn;
    part(&content().first, 0, LENGTH / 2 - 1)
}
