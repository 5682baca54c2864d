//! Spoils one octet of one answer; Repr-Digest is that of the right octets.

use super::*;

pub(super) const ROW: Row = Row::new("repr-digest-tells", "one wrong octet, with Repr-Digest", answer)
    .ending(&[Ending::First, Ending::Failed(&[DIGEST])]);

fn answer(turn: &Turn<'_>) -> Answer {
    let answer = turn.honest().with("Repr-Digest", content().first_digest.clone());
    if turn.number == 2 { answer.turned(5000) } else { answer }
}
