//! Resets connections beyond two.

use super::*;

pub(super) const ROW: Row = Row::new("two-connections", "connections beyond two are reset", answer);

fn answer(turn: &Turn<'_>) -> Answer {
    if turn.open() > 2 { Answer::none(Break::Reset) } else { turn.honest() }
}
