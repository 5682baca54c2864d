//! Closes in the middle of a third of its answers.

use super::*;

pub(super) const ROW: Row = Row::new("truncated", "a third of the bodies truncated", answer);

fn answer(turn: &Turn<'_>) -> Answer {
    let honest = turn.honest();
    if !turn.is_third() {
        return honest;
    }
    let half = honest.content.len() / 2;
    honest.breaking(half, Break::Close)
}
