//! Answers each link once.

use super::*;

pub(super) const ROW: Row = Row::new("one-time", "a link that works once", answer).over_one();

fn answer(turn: &Turn<'_>) -> Answer {
    if turn.number == 0 { turn.honest() } else { Answer::plain("410 Gone") }
}
