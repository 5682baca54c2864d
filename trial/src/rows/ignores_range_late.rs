//! Honours Range four times, then no more: several machines behind one name.

use super::*;

pub(super) const ROW: Row =
    Row::new("ignores-range-late", "ignores Range after the fourth request", answer).over_one();

fn answer(turn: &Turn<'_>) -> Answer {
    if turn.number >= 4 { turn.whole() } else { turn.honest() }
}
