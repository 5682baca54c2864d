//! Sends the right octets under a Content-Range that names others.

use super::*;

pub(super) const ROW: Row =
    Row::new("position-lies", "206 whose Content-Range wrongly says 0-", answer).over_one();

fn answer(turn: &Turn<'_>) -> Answer {
    let honest = turn.honest();
    if !turn.is_later() {
        return honest;
    }
    honest.replacing("Content-Range", from_zero_says(turn))
}
