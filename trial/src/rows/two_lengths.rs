//! Sends two different Content-Length lines, a third of the time.

use super::*;

pub(super) const ROW: Row = Row::new("two-lengths", "two different Content-Length, a third", answer);

fn answer(turn: &Turn<'_>) -> Answer {
    let honest = turn.honest();
    if !turn.is_third() {
        return honest;
    }
    let length = honest.content.len();
    honest.with("Content-Length", length.to_string()).with("Content-Length", (length / 2).to_string())
}
