//! Folds the line of Content-Range, which is obsolete, a third of the time.

use super::*;

pub(super) const ROW: Row = Row::new("folded", "Content-Range on a folded line, a third", answer);

fn answer(turn: &Turn<'_>) -> Answer {
    let honest = turn.honest();
    if !turn.is_third() {
        return honest;
    }
    let folded = says(turn, LENGTH).replace(' ', "\r\n ");
    honest.replacing("Content-Range", folded)
}
