//! Spoils an octet in a third of its answers, which are short and have a Content-Digest that tells.

use super::*;

pub(super) const ROW: Row =
    Row::new("content-digest", "a wrong octet in a third, with Content-Digest and Repr-Digest", answer)
        .ending(&[Ending::First, Ending::Failed(&[DIGEST])]);

fn answer(turn: &Turn<'_>) -> Answer {
    let answer = short(turn, 1 << 20).with("Repr-Digest", content().first_digest.clone());
    let digest = digest_field(&answer.content);
    let answer = answer.with("Content-Digest", digest);
    if turn.is_third() { answer.turned(5000) } else { answer }
}
