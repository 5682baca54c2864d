//! Is unavailable for the first request, for a second.

use super::*;

pub(super) const ROW: Row = Row::new("503-first", "503 with Retry-After: 1, the first request", answer)
    .delayed(Duration::from_secs(1));

fn answer(turn: &Turn<'_>) -> Answer {
    if turn.number == 0 { busy("503 Service Unavailable", "1") } else { turn.honest() }
}
