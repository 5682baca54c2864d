//! Is unavailable twice, for a day.

use super::*;

pub(super) const ROW: Row = Row::new("503-day", "503 with Retry-After: 86400, two requests", answer)
    .over_one()
    .ending(&[Ending::First, Ending::Failed(&[REFUSED])]);

fn answer(turn: &Turn<'_>) -> Answer {
    if turn.is_one_of_two() { busy("503 Service Unavailable", "86400") } else { turn.honest() }
}
