//! Refuses the first `bytes=0-` with 416, as for an empty file, and is right from then on.

use super::*;

pub(super) const ROW: Row =
    Row::new("unsatisfiable-first", "416 `*/0` to the first bytes=0-", answer).over_one();

fn answer(turn: &Turn<'_>) -> Answer {
    if turn.request.wanted().is_some() && turn.tally("ranges") == 0 {
        return unsatisfiable(0);
    }
    turn.honest()
}
