//! Sends octets from the beginning as 206 without Content-Range, a third of the time.

use super::*;

pub(super) const ROW: Row = Row::new("no-content-range-third", "the same, a third of the answers", answer);

fn answer(turn: &Turn<'_>) -> Answer {
    let honest = turn.honest();
    if !turn.is_third() {
        return honest;
    }
    from_zero(turn, false)
}
