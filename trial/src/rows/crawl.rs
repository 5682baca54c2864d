//! Sends one answer at 30 kB a second.

use super::*;

pub(super) const ROW: Row = Row::new("crawl", "one connection crawls at 30 kB/s", answer).briskly();

fn answer(turn: &Turn<'_>) -> Answer {
    if turn.number == 2 { turn.honest().slowly(0, 30_000) } else { turn.honest() }
}
