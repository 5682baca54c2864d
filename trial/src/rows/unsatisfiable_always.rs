//! Refuses every range with 416, and sends the whole without one.

use super::*;

pub(super) const ROW: Row =
    Row::new("unsatisfiable-always", "416 to every range, 200 without", answer).over_one();

fn answer(turn: &Turn<'_>) -> Answer {
    if turn.request.wanted().is_some() { unsatisfiable(LENGTH) } else { turn.honest() }
}
