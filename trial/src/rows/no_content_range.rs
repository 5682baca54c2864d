//! Sends octets from the beginning as 206, and does not say where they belong.

use super::*;

pub(super) const ROW: Row =
    Row::new("no-content-range", "206 without Content-Range, octets from 0", answer).over_one();

fn answer(turn: &Turn<'_>) -> Answer {
    let honest = turn.honest();
    if !turn.is_later() {
        return honest;
    }
    from_zero(turn, false)
}
