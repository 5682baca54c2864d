//! Has a shorter version after three requests.

use super::*;

pub(super) const ROW: Row =
    Row::new("replaced-shorter", "replaced by a shorter one after 3 requests", answer).ending(&[
        Ending::First,
        Ending::Shorter,
        Ending::Failed(&[CHANGED]),
    ]);

fn answer(turn: &Turn<'_>) -> Answer {
    turn.about(if turn.number < 3 { &content().first } else { &content().shorter })
}
