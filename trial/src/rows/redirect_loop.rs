//! Sends the client round and round.

use super::*;

pub(super) const ROW: Row =
    Row::new("redirect-loop", "a redirect to itself", answer).ending(&[Ending::Failed(&[REFUSED, NETWORK])]);

fn answer(turn: &Turn<'_>) -> Answer {
    Answer::redirect(&turn.request.target)
}
