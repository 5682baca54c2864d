//! Sends a part under the status 200, with the Content-Range of a 206, a third of the time.

use super::*;

pub(super) const ROW: Row =
    Row::new("whole-with-range", "200 with a part and its Content-Range, a third", answer);

fn answer(turn: &Turn<'_>) -> Answer {
    let honest = turn.honest();
    if !turn.is_third() {
        return honest;
    }
    Answer { status: "200 OK".into(), ..honest }
}
