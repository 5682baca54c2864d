//! Sends 1 MiB of the first answer, then nothing.

use super::*;

pub(super) const ROW: Row = Row::new("stall-first", "the first answer stalls after 1 MiB", answer).briskly();

fn answer(turn: &Turn<'_>) -> Answer {
    if turn.number == 0 { turn.honest().breaking(1 << 20, Break::Stall) } else { turn.honest() }
}
