//! Closes after 1 MiB of any answer.

use super::*;

pub(super) const ROW: Row = Row::new("truncated-always", "every body truncated after 1 MiB", answer);

fn answer(turn: &Turn<'_>) -> Answer {
    turn.honest().breaking(1 << 20, Break::Close)
}
