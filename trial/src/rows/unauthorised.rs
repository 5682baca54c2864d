//! Wants to know who asks.

use super::*;

pub(super) const ROW: Row =
    Row::new("unauthorised", "401, always", answer).ending(&[Ending::Failed(&[REFUSED])]);

fn answer(turn: &Turn<'_>) -> Answer {
    let _ = turn;
    Answer::plain("401 Unauthorized").with("WWW-Authenticate", "Basic realm=\"files\"")
}
