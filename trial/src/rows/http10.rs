//! Speaks HTTP/1.0.

use super::*;

pub(super) const ROW: Row = Row::new("http10", "HTTP/1.0, closes after each answer", answer);

fn answer(turn: &Turn<'_>) -> Answer {
    Answer { version: "HTTP/1.0", ..turn.honest() }
}
