//! Never answers one request.

use super::*;

pub(super) const ROW: Row = Row::new("silent", "one request is never answered", answer).briskly();

fn answer(turn: &Turn<'_>) -> Answer {
    if turn.number == 2 { Answer::none(Break::Stall) } else { turn.honest() }
}
