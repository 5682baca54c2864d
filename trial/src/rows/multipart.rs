//! Wraps a single range in multipart/byteranges, which it must not (§15.3.7.2).

use super::*;

pub(super) const ROW: Row = Row::new("multipart", "multipart answer to a single range", answer).over_one();

fn answer(turn: &Turn<'_>) -> Answer {
    let honest = turn.honest();
    if !turn.is_later() {
        return honest;
    }
    let (first, last) = turn.span();
    multipart(&honest, first, last)
}
