//! Has another version after three requests, and ignores If-Range and If-Match.

use super::*;

pub(super) const ROW: Row =
    Row::new("replaced-carelessly", "the same, and ignores If-Range and If-Match", answer).ending(&[
        Ending::First,
        Ending::Second,
        Ending::Failed(&[CHANGED]),
    ]);

fn answer(turn: &Turn<'_>) -> Answer {
    careless(turn, if turn.number < 3 { &content().first } else { &content().second })
}
