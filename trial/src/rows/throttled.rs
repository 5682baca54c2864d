//! Slows each answer down to 100 kB a second after 1 MiB.
//!
//! Who asks eight connections for long parts gets 8 MiB at once and the rest at 800 kB a second; that is the script. `--max-segment` is for such servers.

use super::*;

pub(super) const ROW: Row =
    Row::new("throttled", "each answer is throttled after 1 MiB", answer).delayed(Duration::from_secs(10));

fn answer(turn: &Turn<'_>) -> Answer {
    turn.honest().slowly(1 << 20, 100_000)
}
