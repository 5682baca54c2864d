//! Writes positions that no machine word holds, a third of the time.

use super::*;

pub(super) const ROW: Row = Row::new("overflow", "Content-Range with 23 digits, a third", answer);

fn answer(turn: &Turn<'_>) -> Answer {
    let honest = turn.honest();
    if !turn.is_third() {
        return honest;
    }
    honest.replacing("Content-Range", "bytes 0-99999999999999999999999/99999999999999999999999")
}
