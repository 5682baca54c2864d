//! Has the file no more after four requests.

use super::*;

pub(super) const ROW: Row = Row::new("410-midway", "410 from the fifth request on", answer)
    .over_one()
    .ending(&[Ending::First, Ending::Failed(&[REFUSED])]);

fn answer(turn: &Turn<'_>) -> Answer {
    if turn.number >= 4 { Answer::plain("410 Gone") } else { turn.honest() }
}
