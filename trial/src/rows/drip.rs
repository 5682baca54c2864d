//! Lets the end of one answer drip, ten octets a second.

use super::*;

pub(super) const ROW: Row = Row::new("drip", "one answer drips after 64 KiB", answer).briskly();

fn answer(turn: &Turn<'_>) -> Answer {
    if turn.number == 2 { turn.honest().slowly(64 << 10, 10) } else { turn.honest() }
}
