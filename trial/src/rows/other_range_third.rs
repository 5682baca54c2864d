//! Sends another range, told honestly, a third of the time.

use super::*;

pub(super) const ROW: Row = Row::new("other-range-third", "the same, a third of the answers", answer);

fn answer(turn: &Turn<'_>) -> Answer {
    let honest = turn.honest();
    if !turn.is_third() {
        return honest;
    }
    from_zero(turn, true)
}
