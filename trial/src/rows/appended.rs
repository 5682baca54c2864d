//! Has grown by 1 MiB after three requests.

use super::*;

pub(super) const ROW: Row = Row::new("appended", "grown after 3 requests", answer).ending(&[
    Ending::First,
    Ending::Grown,
    Ending::Failed(&[CHANGED]),
]);

fn answer(turn: &Turn<'_>) -> Answer {
    turn.about(if turn.number < 3 { &content().first } else { &content().grown })
}
