//! Promises half as much in Content-Length as in Content-Range, and sends all of it.

use super::*;

pub(super) const ROW: Row =
    Row::new("length-too-short", "Content-Length half of Content-Range, a third", answer);

fn answer(turn: &Turn<'_>) -> Answer {
    let honest = turn.honest();
    if !turn.is_third() {
        return honest;
    }
    let half = honest.content.len() / 2;
    honest.with("Content-Length", half.to_string())
}
