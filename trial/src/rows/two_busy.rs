//! Answers connections beyond two with 503, and closes.

use super::*;

pub(super) const ROW: Row = Row::new("two-busy", "connections beyond two get 503", answer);

fn answer(turn: &Turn<'_>) -> Answer {
    if turn.open() > 2 { Answer::plain("503 Service Unavailable").closing() } else { turn.honest() }
}
