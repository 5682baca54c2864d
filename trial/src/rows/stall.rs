//! Sends 64 KiB of one answer, then nothing.

use super::*;

pub(super) const ROW: Row = Row::new("stall", "one connection stalls for ever", answer).briskly();

fn answer(turn: &Turn<'_>) -> Answer {
    if turn.number == 2 { turn.honest().breaking(64 << 10, Break::Stall) } else { turn.honest() }
}
