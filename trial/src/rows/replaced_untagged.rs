//! Has another version after three requests, with no validator that would tell.

use super::*;

pub(super) const ROW: Row = Row::new("replaced-untagged", "replaced after 3 requests, no validators", answer)
    .over_one()
    .ending(&[Ending::First, Ending::Second, Ending::Failed(&[CHANGED])]);

fn answer(turn: &Turn<'_>) -> Answer {
    let version = if turn.number < 3 { &content().first } else { &content().second };
    turn.about(&version.tagged(None).undated())
}
