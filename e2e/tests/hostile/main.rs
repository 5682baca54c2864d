//! Bad input, bad peers and shortage against a real `swath serve`.
//!
//! After whatever is done to it the server goes on, and its records say what happened.

mod changes;
mod crowd;
mod framing;
mod heads;
mod readers;
mod shortage;
mod targets;

use std::time::Duration;

use swath_e2e::clients::raw::Raw;
use swath_e2e::swath::{Exchange, Swath};

/// How long a record may take to appear.
pub(crate) const PATIENCE: Duration = Duration::from_secs(15);

/// How long one more answer may take beside a crowd: no crowd may keep it, and a machine of two cores may have to do something else.
pub(crate) const PROMPT: Duration = Duration::from_secs(6);

/// The octets of the file that every site here has, to see that the server goes on.
pub(crate) const WELL: &[u8] = b"all is well\n";

/// Asserts that the server answers a good request on a fresh connection.
#[track_caller]
pub(crate) fn assert_well(server: &Swath) {
    let mut raw = Raw::connect(server.address());
    raw.get("/well.txt", "Connection: close\r\n");
    let answer = raw.answer().unwrap_or_else(|why| panic!("{why}; stderr: {}", server.notes()));
    assert_eq!((answer.status, answer.content.as_slice()), (200, WELL));
}

/// Stops the server and gives the records of everything but [`assert_well`].
#[must_use]
pub(crate) fn stop(server: Swath) -> Vec<Exchange> {
    let records = server.stop();
    records.into_iter().filter(|record| !record.is_for("/well.txt")).collect()
}
