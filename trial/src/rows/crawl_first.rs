//! Sends the first answer at 30 kB a second after 1 MiB.

use super::*;

pub(super) const ROW: Row = Row::new("crawl-first", "the first answer crawls after 1 MiB", answer).briskly();

fn answer(turn: &Turn<'_>) -> Answer {
    if turn.number == 0 { turn.honest().slowly(1 << 20, 30_000) } else { turn.honest() }
}
