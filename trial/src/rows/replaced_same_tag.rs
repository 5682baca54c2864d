//! Has a shorter version after three requests, and forgets to change the tag.

use super::*;

pub(super) const ROW: Row = Row::new("replaced-same-tag", "the same, under the same ETag", answer).ending(&[
    Ending::First,
    Ending::Shorter,
    Ending::Failed(&[CHANGED]),
]);

fn answer(turn: &Turn<'_>) -> Answer {
    let shorter = content().shorter.tagged(Some("\"one\""));
    if turn.number < 3 { turn.honest() } else { turn.about(&shorter) }
}
