//! Codes everything with gzip, whatever the client accepts.

use super::*;

pub(super) const ROW: Row = Row::new("coded", "gzip, though not accepted", answer).over_one().ending(&[
    Ending::Coded,
    Ending::First,
    Ending::Failed(&[REFUSED]),
]);

fn answer(turn: &Turn<'_>) -> Answer {
    turn.about(&content().coded).with("Content-Encoding", "gzip")
}
