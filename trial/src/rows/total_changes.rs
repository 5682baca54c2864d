//! Counts one octet more in the complete length, a third of the time, under the same tag.

use super::*;

pub(super) const ROW: Row =
    Row::new("total-changes", "complete length one too high, a third, same tag", answer)
        .ending(&[Ending::First, Ending::Failed(&[CHANGED])]);

fn answer(turn: &Turn<'_>) -> Answer {
    let honest = turn.honest();
    if !turn.is_third() {
        return honest;
    }
    honest.replacing("Content-Range", says(turn, LENGTH + 1))
}
