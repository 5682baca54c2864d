//! Sends two Content-Range lines that contradict each other, a third of the time.

use super::*;

pub(super) const ROW: Row = Row::new("twice", "two Content-Range lines, a third", answer);

fn answer(turn: &Turn<'_>) -> Answer {
    let honest = turn.honest();
    if !turn.is_third() {
        return honest;
    }
    let other = from_zero_says(turn);
    honest.with("Content-Range", other)
}
