//! Thinks for three seconds about one request.

use super::*;

pub(super) const ROW: Row = Row::new("slow-head", "one head comes after 3 s", answer).briskly();

fn answer(turn: &Turn<'_>) -> Answer {
    if turn.number == 2 {
        Answer { head_after: Duration::from_secs(3), ..turn.honest() }
    } else {
        turn.honest()
    }
}
