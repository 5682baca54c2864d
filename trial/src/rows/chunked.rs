//! Sends 206 in chunks, without Content-Length.

use super::*;

pub(super) const ROW: Row = Row::new("chunked", "206 in chunks, without Content-Length", answer);

fn answer(turn: &Turn<'_>) -> Answer {
    turn.honest().framed(Framing::Chunked)
}
