//! Ends the lines of its heads with LF alone.

use super::*;

pub(super) const ROW: Row = Row::new("bare-lf", "lines end with LF alone", answer);

fn answer(turn: &Turn<'_>) -> Answer {
    Answer { line_end: "\n", ..turn.honest() }
}
