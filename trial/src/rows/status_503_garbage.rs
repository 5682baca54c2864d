//! Is unavailable twice, and does not say sensibly for how long.

use super::*;

pub(super) const ROW: Row = Row::new("503-garbage", "503 with garbage in Retry-After, two requests", answer)
    .delayed(Duration::from_secs(1));

fn answer(turn: &Turn<'_>) -> Answer {
    if turn.is_one_of_two() { busy("503 Service Unavailable", "-1e9 soon") } else { turn.honest() }
}
