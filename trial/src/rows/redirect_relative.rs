//! Keeps the file elsewhere, and says so with a relative reference.

use super::*;

pub(super) const ROW: Row = Row::new("redirect-relative", "a relative redirect", answer);

fn answer(turn: &Turn<'_>) -> Answer {
    if turn.request.path() == "/file.bin" {
        Answer::redirect("elsewhere/it.bin?v=1#x")
    } else {
        turn.honest()
    }
}
