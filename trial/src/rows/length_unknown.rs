//! Knows no length and no ranges: content until the connection closes.

use super::*;

pub(super) const ROW: Row =
    Row::new("length-unknown", "200 until the connection closes, no length", answer).over_one();

fn answer(turn: &Turn<'_>) -> Answer {
    Answer { status: "200 OK".into(), ..turn.whole() }.without("Accept-Ranges").framed(Framing::Close)
}
