//! Leaves the validators out of a third of its 206.

use super::*;

pub(super) const ROW: Row = Row::new("tag-missing", "206 without validators, a third", answer);

fn answer(turn: &Turn<'_>) -> Answer {
    let honest = turn.honest();
    if !turn.is_third() {
        return honest;
    }
    honest.without("ETag").without("Last-Modified")
}
