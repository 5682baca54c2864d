//! Sends a field of 1 MiB, once.

use super::*;

pub(super) const ROW: Row = Row::new("field-huge", "a field of 1 MiB, once", answer);

fn answer(turn: &Turn<'_>) -> Answer {
    let honest = turn.honest();
    if turn.number == 2 { honest.with("X-Huge", "x".repeat(1 << 20)) } else { honest }
}
