//! Closes after each answer.

use super::*;

pub(super) const ROW: Row = Row::new("closes", "closes after each answer", answer);

fn answer(turn: &Turn<'_>) -> Answer {
    turn.honest().closing()
}
