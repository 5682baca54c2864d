//! Writes the last position before the first, a third of the time.

use super::*;

pub(super) const ROW: Row = Row::new("reversed", "Content-Range with last before first, a third", answer);

fn answer(turn: &Turn<'_>) -> Answer {
    let honest = turn.honest();
    if !turn.is_third() {
        return honest;
    }
    let (first, last) = turn.span();
    honest.replacing("Content-Range", format!("bytes {last}-{first}/{LENGTH}"))
}
