//! Sends fields without end, once.

use super::*;

pub(super) const ROW: Row = Row::new("fields-endless", "fields without end, once", answer);

fn answer(turn: &Turn<'_>) -> Answer {
    Answer { endless: turn.number == 2, ..turn.honest() }
}
