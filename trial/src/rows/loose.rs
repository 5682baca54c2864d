//! Writes Content-Range with a unit in capitals and spaces where none belong.

use super::*;

pub(super) const ROW: Row = Row::new("loose", "Content-Range `BYTES 0 - 9 / 99`", answer).over_one();

fn answer(turn: &Turn<'_>) -> Answer {
    let answer = turn.honest();
    let (first, last) = turn.span();
    if answer.status.starts_with("206") {
        return answer.replacing("Content-Range", format!("BYTES {first} - {last} / {LENGTH}"));
    }
    answer
}
