//! Sends 1,000 octets behind the end of a third of its answers.

use super::*;

pub(super) const ROW: Row = Row::new("trailing", "octets behind the end of the content, a third", answer);

fn answer(turn: &Turn<'_>) -> Answer {
    let honest = turn.honest();
    if !turn.is_third() {
        return honest;
    }
    Answer { after: Bytes::from(vec![b'!'; 1000]), ..honest }
}
