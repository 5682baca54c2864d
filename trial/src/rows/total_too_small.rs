//! Names a complete length below the positions of the same field, a third of the time.

use super::*;

pub(super) const ROW: Row =
    Row::new("total-too-small", "Content-Range beyond its own complete length, a third", answer);

fn answer(turn: &Turn<'_>) -> Answer {
    let honest = turn.honest();
    if !turn.is_third() {
        return honest;
    }
    honest.replacing("Content-Range", says(turn, 100))
}
