//! Says to a third of the requests that nothing changed, which nobody asked.

use super::*;

pub(super) const ROW: Row = Row::new("304-third", "304 to no condition, a third", answer);

fn answer(turn: &Turn<'_>) -> Answer {
    if turn.is_third() {
        Answer { framing: Framing::Close, ..Answer::new("304 Not Modified", "") }
    } else {
        turn.honest()
    }
}
