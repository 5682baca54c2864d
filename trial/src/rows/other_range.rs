//! Sends as much as was asked for, but from the beginning, and says so.

use super::*;

pub(super) const ROW: Row = Row::new("other-range", "206 of another range, told honestly", answer).over_one();

fn answer(turn: &Turn<'_>) -> Answer {
    let honest = turn.honest();
    if !turn.is_later() {
        return honest;
    }
    from_zero(turn, true)
}
