//! Thinks for half a second about each request.

use super::*;

pub(super) const ROW: Row =
    Row::new("slow-heads", "each head comes after 0.5 s", answer).delayed(Duration::from_secs(1));

fn answer(turn: &Turn<'_>) -> Answer {
    Answer { head_after: Duration::from_millis(500), ..turn.honest() }
}
