//! A download to standard output, or to a device: in order, within a memory.
//!
//! In: a job, and how much memory it may take. Out: the same job within that, and the pipe that writes.

use std::{
    fs::OpenOptions,
    io::{self, Write},
    num::NonZeroU64,
    path::Path,
};

use byteranges::download::OnChange;
use swath_fetch::{Job, pipe::Pipe};

/// Parts of the memory, in eighths: what waits for its turn, how far lanes may be ahead, what is on its way.
const WAITING: u64 = 6;
const AHEAD: u64 = 5;
const UNDER_WAY: u64 = 2;

/// Opens what is written to: standard output, or a device.
pub(super) fn pipe(to: Option<&Path>, job: &Job, memory: NonZeroU64) -> Result<Pipe, String> {
    let output: Box<dyn Write + Send> = match to {
        None => Box::new(io::stdout()),
        Some(path) => {
            let file = OpenOptions::new().write(true).open(path);
            Box::new(file.map_err(|error| format!("cannot write to {}: {error}", path.display()))?)
        }
    };
    Ok(Pipe::new(output, octets(memory, WAITING), job.digest.clone()))
}

/// Keeps a job within a memory. What was written cannot be taken back, so another version is always an error.
pub(super) fn job(mut job: Job, memory: NonZeroU64) -> Job {
    job.settings.on_change = OnChange::Fail;
    job.settings.window = NonZeroU64::new(memory.get() / 8 * AHEAD);
    job.limits.memory = octets(memory, UNDER_WAY);
    job
}

fn octets(memory: NonZeroU64, eighths: u64) -> usize {
    usize::try_from(memory.get() / 8 * eighths).unwrap_or(usize::MAX)
}
