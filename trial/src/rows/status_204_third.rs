//! Sends nothing, successfully, in a third of its answers.

use super::*;

pub(super) const ROW: Row = Row::new("204-third", "204, a third", answer);

fn answer(turn: &Turn<'_>) -> Answer {
    if turn.is_third() {
        Answer { framing: Framing::Close, ..Answer::new("204 No Content", "") }
    } else {
        turn.honest()
    }
}
