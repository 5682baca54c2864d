//! Sends the whole to any If-Range, though nothing changed.

use super::*;

pub(super) const ROW: Row = Row::new("if-range-disliked", "200 to every If-Range, though unchanged", answer);

fn answer(turn: &Turn<'_>) -> Answer {
    if turn.request.field("if-range").is_some() { turn.whole() } else { turn.honest() }
}
