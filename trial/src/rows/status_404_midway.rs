//! Does not find the file for two requests.

use super::*;

pub(super) const ROW: Row = Row::new("404-midway", "404 for the fifth and sixth request", answer)
    .ending(&[Ending::First, Ending::Failed(&[REFUSED])]);

fn answer(turn: &Turn<'_>) -> Answer {
    if matches!(turn.number, 4 | 5) { Answer::plain("404 Not Found") } else { turn.honest() }
}
