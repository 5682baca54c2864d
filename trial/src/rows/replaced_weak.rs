//! Has another version after three requests, both under weak tags.

use super::*;

pub(super) const ROW: Row = Row::new("replaced-weak", "replaced after 3 requests, weak tags", answer)
    .over_one()
    .ending(&[Ending::First, Ending::Second, Ending::Failed(&[CHANGED])]);

fn answer(turn: &Turn<'_>) -> Answer {
    if turn.number < 3 {
        return turn.about(&content().first.tagged(Some("W/\"one\"")));
    }
    turn.about(&content().second.tagged(Some("W/\"two\"")))
}
