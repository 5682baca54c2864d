//! Promises 1,000 octets more in Content-Length than in Content-Range, and closes.

use super::*;

pub(super) const ROW: Row =
    Row::new("length-too-long", "Content-Length above Content-Range, then close, a third", answer);

fn answer(turn: &Turn<'_>) -> Answer {
    let honest = turn.honest();
    if !turn.is_third() {
        return honest;
    }
    let long = honest.content.len() + 1000;
    honest.with("Content-Length", long.to_string()).closing()
}
