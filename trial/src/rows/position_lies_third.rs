//! Sends the right octets under a Content-Range that names others, a third of the time.

use super::*;

pub(super) const ROW: Row = Row::new("position-lies-third", "the same, a third of the answers", answer);

fn answer(turn: &Turn<'_>) -> Answer {
    let honest = turn.honest();
    if !turn.is_third() {
        return honest;
    }
    honest.replacing("Content-Range", from_zero_says(turn))
}
