//! Begins a third of its answers with what is no status line.

use super::*;

pub(super) const ROW: Row = Row::new("status-garbage", "garbage in place of a status line, a third", answer);

fn answer(turn: &Turn<'_>) -> Answer {
    let honest = turn.honest();
    if !turn.is_third() {
        return honest;
    }
    Answer { version: "HTTQ", close: true, ..honest }
}
