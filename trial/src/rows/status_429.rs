//! Finds two requests too many, for a second.

use super::*;

pub(super) const ROW: Row =
    Row::new("429", "429 with Retry-After: 1, two requests", answer).delayed(Duration::from_secs(1));

fn answer(turn: &Turn<'_>) -> Answer {
    if turn.is_one_of_two() { busy("429 Too Many Requests", "1") } else { turn.honest() }
}
