//! Sends a third of its 206 without Content-Length, closing in the middle: only Content-Range tells.

use super::*;

pub(super) const ROW: Row =
    Row::new("until-close", "206 that ends with the connection, half way, a third", answer);

fn answer(turn: &Turn<'_>) -> Answer {
    let honest = turn.honest();
    if !turn.is_third() {
        return honest;
    }
    let half = honest.content.len() / 2;
    honest.framed(Framing::Close).breaking(half, Break::Close)
}
