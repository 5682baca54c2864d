//! Fails at a third of the requests.

use super::*;

pub(super) const ROW: Row = Row::new("500-third", "500, a third", answer);

fn answer(turn: &Turn<'_>) -> Answer {
    if turn.is_third() { Answer::plain("500 Internal Server Error") } else { turn.honest() }
}
