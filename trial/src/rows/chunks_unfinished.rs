//! Closes a third of its chunked answers before the last chunk.

use super::*;

pub(super) const ROW: Row = Row::new("chunks-unfinished", "chunked, closed half way, a third", answer);

fn answer(turn: &Turn<'_>) -> Answer {
    let honest = turn.honest();
    if !turn.is_third() {
        return honest;
    }
    let half = honest.content.len() / 2;
    honest.framed(Framing::Chunked).breaking(half, Break::Close)
}
