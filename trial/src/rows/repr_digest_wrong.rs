//! Sends right octets under the Repr-Digest of other ones.

use super::*;

pub(super) const ROW: Row = Row::new("repr-digest-wrong", "a Repr-Digest of something else", answer)
    .ending(&[Ending::Failed(&[DIGEST])]);

fn answer(turn: &Turn<'_>) -> Answer {
    turn.honest().with("Repr-Digest", content().second_digest.clone())
}
