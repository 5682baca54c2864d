//! Positional reads: at once if the octets are in memory, else where waiting hurts nobody.
//!
//! In: an open file, an offset, a buffer. Out: octets, or that they are not at hand.

use std::fs::File;
use std::io;

use rustix::fs::Advice;
use rustix::io::Errno;

use super::devices::{self, Way};

/// How far ahead of a read that waited the kernel is asked to read on: what the next turns take from memory.
const READ_AHEAD: u64 = 1 << 20;

/// Says what a read on the serving thread gave.
#[derive(Debug)]
pub(crate) enum Now {
    /// This many octets, at least one.
    Read(usize),
    /// The octets are not in memory, or nobody can say without waiting; or the file ends here.
    NotAtHand,
}

/// Reads what is in memory, and never waits for a disk.
pub(crate) fn now(file: &File, dev: u64, offset: u64, buffer: &mut [u8]) -> io::Result<Now> {
    let mut way = devices::way(dev);
    if way == Way::WithoutWaiting {
        match without_waiting(file, offset, buffer) {
            // Linux 5.9 and 5.10 answer 0 before the end of a file; a read that may wait tells.
            Ok(0) | Err(Errno::AGAIN) => return Ok(Now::NotAtHand),
            Ok(count) => return Ok(Now::Read(count)),
            Err(Errno::OPNOTSUPP | Errno::NOSYS | Errno::INVAL) => way = devices::refused(dev, file),
            Err(error) => return Err(error.into()),
        }
    }
    match way {
        Way::WithoutWaiting | Way::Pool => Ok(Now::NotAtHand),
        Way::Inline => match waiting(file, offset, buffer)? {
            0 => Ok(Now::NotAtHand),
            count => Ok(Now::Read(count)),
        },
    }
}

/// Says what a read in the blocking pool gave.
#[derive(Debug)]
pub(crate) struct Cold {
    /// How many octets; fewer than there was room for where the file ends.
    pub(crate) count: usize,
    /// Whether something of it was not in memory.
    pub(crate) has_waited: bool,
}

/// Reads until the buffer is full or the file ends, and has the kernel read on; for the blocking pool.
///
/// `ahead` says how many octets the response needs beyond the buffer.
pub(crate) fn cold(file: &File, dev: u64, offset: u64, buffer: &mut [u8], ahead: u64) -> io::Result<Cold> {
    let end = offset.saturating_add(buffer.len() as u64);
    if let Some(ahead) = std::num::NonZeroU64::new(ahead.min(READ_AHEAD)) {
        // Advice only: a file system that has no use for it loses nothing.
        let _ = rustix::fs::fadvise(file, end, Some(ahead), Advice::WillNeed);
    }
    let mut filled = match now(file, dev, offset, buffer)? {
        Now::Read(count) => count,
        Now::NotAtHand => 0,
    };
    let has_waited = filled < buffer.len();
    while filled < buffer.len() {
        match waiting(file, offset.saturating_add(filled as u64), &mut buffer[filled..])? {
            0 => break,
            count => filled += count,
        }
    }
    Ok(Cold { count: filled, has_waited })
}

fn waiting(file: &File, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        match rustix::io::pread(file, &mut *buffer, offset) {
            Err(Errno::INTR) => {}
            answer => return Ok(answer?),
        }
    }
}

#[cfg(target_os = "linux")]
fn without_waiting(file: &File, offset: u64, buffer: &mut [u8]) -> Result<usize, Errno> {
    loop {
        let mut slices = [io::IoSliceMut::new(buffer)];
        match rustix::io::preadv2(file, &mut slices, offset, rustix::io::ReadWriteFlags::NOWAIT) {
            Err(Errno::INTR) => {}
            answer => return answer,
        }
    }
}

#[cfg(not(target_os = "linux"))]
fn without_waiting(_: &File, _: u64, _: &mut [u8]) -> Result<usize, Errno> {
    Err(Errno::OPNOTSUPP)
}
