//! Sends ranges of the coded form, a third of the time, under the same tag.

use super::*;

pub(super) const ROW: Row = Row::new("coded-third", "ranges of the gzip form, a third, same tag", answer);

fn answer(turn: &Turn<'_>) -> Answer {
    let coded = content().coded.tagged(Some("\"one\""));
    if turn.is_third() { turn.about(&coded).with("Content-Encoding", "gzip") } else { turn.honest() }
}
