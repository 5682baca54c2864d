//! What a row of the table is.

use std::time::Duration;

use crate::{answer::Answer, turn::Turn};

/// How long beyond its script a row may take.
const BEYOND: Duration = Duration::from_secs(2);

/// One way in which an origin behaves.
#[derive(Clone, Copy)]
pub struct Row {
    /// Its name on the command line.
    pub key: &'static str,
    /// What the origin does, in the words of the table.
    pub says: &'static str,
    /// Answers one request.
    pub answer: fn(&Turn<'_>) -> Answer,
    /// The endings that are right.
    pub right: &'static [Ending],
    /// How long the script keeps the best of clients, beyond what the octets need over eight connections.
    pub delay: Duration,
    /// What becomes of parallel fetching.
    pub lanes: Lanes,
}

/// One way in which a download may rightly end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Success, and the file is the first version.
    First,
    /// Success, and the file is the second version.
    Second,
    /// Success, and the file is the short version.
    Shorter,
    /// Success, and the file is the grown version.
    Grown,
    /// Success, and the file is what gzip made of the first version, octet by octet as it was sent.
    Coded,
    /// Failure with one of swath's exit codes; other programs may use any code.
    Failed(&'static [i32]),
}

/// What a row leaves of parallel fetching.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lanes {
    /// The script allows for one stream, so the whole time of one is in the delay.
    One,
    /// There are enough good answers for several connections: falling back to one costs the row its time.
    Many,
    /// As `Many`, and what the script does to single connections may cost one second at most.
    Brisk,
}

/// The file's time over one connection: 16 MiB at 8 MiB a second.
const ONE_STREAM: Duration = Duration::from_secs(2);

impl Row {
    /// A row that ends with the first version over several connections, and delays nobody.
    pub(crate) const fn new(key: &'static str, says: &'static str, answer: fn(&Turn<'_>) -> Answer) -> Self {
        Self { key, says, answer, right: &[Ending::First], delay: Duration::ZERO, lanes: Lanes::Many }
    }

    pub(crate) const fn ending(self, right: &'static [Ending]) -> Self {
        Self { right, ..self }
    }

    pub(crate) const fn delayed(self, delay: Duration) -> Self {
        Self { delay, ..self }
    }

    pub(crate) const fn over_one(self) -> Self {
        Self { lanes: Lanes::One, ..self }
    }

    pub(crate) const fn briskly(self) -> Self {
        Self { lanes: Lanes::Brisk, ..self }
    }

    /// The longest time that is right.
    #[must_use]
    pub fn limit(&self) -> Duration {
        match self.lanes {
            Lanes::One => ONE_STREAM + self.delay + BEYOND,
            Lanes::Many => self.delay + BEYOND,
            // What eight connections need, with as much again for a machine that does other things.
            Lanes::Brisk => Duration::from_millis(1500),
        }
    }
}
