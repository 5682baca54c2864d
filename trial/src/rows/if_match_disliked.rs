//! Answers any If-Match with 412, though nothing changed.

use super::*;

pub(super) const ROW: Row = Row::new("if-match-disliked", "412 to every If-Match, though unchanged", answer);

fn answer(turn: &Turn<'_>) -> Answer {
    if turn.request.field("if-match").is_some() {
        Answer::plain("412 Precondition Failed")
    } else {
        turn.honest()
    }
}
