//! Resets the connection in the middle of a third of its answers.

use super::*;

pub(super) const ROW: Row = Row::new("reset", "a third of the bodies end in a reset", answer);

fn answer(turn: &Turn<'_>) -> Answer {
    let honest = turn.honest();
    if !turn.is_third() {
        return honest;
    }
    let half = honest.content.len() / 2;
    honest.breaking(half, Break::Reset)
}
