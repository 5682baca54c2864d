//! Has another version, of the same length, after three requests.

use super::*;

pub(super) const ROW: Row = Row::new("replaced", "replaced after 3 requests, same length", answer).ending(&[
    Ending::First,
    Ending::Second,
    Ending::Failed(&[CHANGED]),
]);

fn answer(turn: &Turn<'_>) -> Answer {
    turn.about(if turn.number < 3 { &content().first } else { &content().second })
}
