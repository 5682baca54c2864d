//! Slows each answer down to 100 kB a second after 1 MiB.

use super::*;

pub(super) const ROW: Row = Row::new("throttled", "each answer is throttled after 1 MiB", answer).over_one();

fn answer(turn: &Turn<'_>) -> Answer {
    turn.honest().slowly(1 << 20, 100_000)
}
