//! Answers in a unit that nobody asked for, a third of the time.

use super::*;

pub(super) const ROW: Row = Row::new("other-unit", "Content-Range in another unit, a third", answer);

fn answer(turn: &Turn<'_>) -> Answer {
    let honest = turn.honest();
    if !turn.is_third() {
        return honest;
    }
    let (first, last) = turn.span();
    honest.replacing("Content-Range", format!("items {first}-{last}/{LENGTH}"))
}
