//! Makes a new tag for each answer.

use super::*;

pub(super) const ROW: Row =
    Row::new("tag-per-answer", "a new strong ETag for each answer, same octets", answer)
        .over_one()
        .ending(&[Ending::First, Ending::Failed(&[CHANGED])]);

fn answer(turn: &Turn<'_>) -> Answer {
    turn.about(&content().first.tagged(Some(&format!("\"{}\"", turn.number))))
}
