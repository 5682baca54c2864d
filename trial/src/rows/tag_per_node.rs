//! Has two nodes whose tags for the same octets differ.

use super::*;

pub(super) const ROW: Row = Row::new("tag-per-node", "a strong ETag per node, same octets", answer)
    .over_one()
    .ending(&[Ending::First, Ending::Failed(&[CHANGED])]);

fn answer(turn: &Turn<'_>) -> Answer {
    turn.about(&content().first.tagged(Some(["\"north\"", "\"south\""][turn.connection % 2])))
}
