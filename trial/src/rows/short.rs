//! Sends at most 1 MiB of what was asked for, which it may (R-14.2-12).

use super::*;

pub(super) const ROW: Row = Row::new("short", "206 shorter than asked (legal)", answer);

fn answer(turn: &Turn<'_>) -> Answer {
    short(turn, 1 << 20)
}
