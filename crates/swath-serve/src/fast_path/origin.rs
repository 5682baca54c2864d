//! Where the octets of an answer's ranges come from, and which way they go: copied, or sent by the kernel out of the file.
//!
//! In: a source. Out: octets at hand, or octets that the kernel sent; each looked at as [`crate::watch`] asks.

use std::io;
use std::ops::Range;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use byteranges::{Content, Piece};
use bytes::Bytes;

use crate::buffers::{Buffers, TURN};
use crate::connection::Stream;
use crate::exchange::Outcome;
use crate::source::{Chunk, Now, Source, Turns};
use crate::watch::Broken;

/// The shortest range that the kernel sends: below, copying costs less (docs/fast-path.md has the figures).
const KERNEL_MIN: u64 = 12 << 10;

/// The end of a range that is copied nevertheless, so that the last look comes before the last octets: an answer cannot be
/// complete while its file is known to have changed.
const TAIL: u64 = 512;

/// The end of a range of [`LONG_MIN`] octets and more: there a short last segment costs more than copying a longer one does.
const LONG_TAIL: u64 = 8 << 10;

/// The shortest range with a longer end (docs/fast-path.md has the figures).
const LONG_MIN: u64 = 192 << 10;

/// Octets that disks are asked for at once by whoever reads a file from its beginning.
const FEW_PAGES: usize = 64 << 10;

/// The longest a turn of the kernel's may take. A longer one had to wait for a disk: what follows is copied, which never
/// waits, until a whole turn of it is in memory.
const TURN_TIME: Duration = Duration::from_millis(2);

/// Where the octets of ranges come from.
pub(super) enum Origin {
    Nowhere,
    Memory(Source),
    File(Box<Turns>, Kernel),
}

/// Whether the kernel is to send a file's octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kernel {
    Sends,
    /// Not until a whole turn is found in memory.
    WouldWait,
    /// Not this file.
    Cannot,
}

/// What came of having the kernel send.
pub(super) enum Turn {
    Took(usize),
    /// The octets are not in memory.
    NotAtHand,
    /// The socket is full.
    Blocked,
    /// The peer is gone.
    Gone,
}

impl Origin {
    pub(super) fn new(source: Option<Source>, content: &Content, buffers: &Arc<Buffers>) -> Self {
        match source {
            Some(Source::File(open)) if content.pieces().any(|piece| matches!(piece, Piece::Range(_))) => {
                // Of a file without a strong validator the octets themselves are watched, so they have to pass here.
                let kernel = if cfg!(target_os = "linux") && open.is_strong() {
                    Kernel::Sends
                } else {
                    Kernel::Cannot
                };
                Self::File(Box::new(Turns::begin(open, content.length(), Arc::clone(buffers))), kernel)
            }
            Some(source @ Source::Memory(_)) => Self::Memory(source),
            Some(Source::File(_)) | None => Self::Nowhere,
        }
    }

    /// Gives the outcome of an answer that was sent to its end.
    pub(super) fn complete(&self) -> Outcome {
        match self {
            Self::File(turns, _) => turns.complete(),
            Self::Memory(_) | Self::Nowhere => Outcome::Finished,
        }
    }

    /// Says how many octets the kernel sends next in a range of so many, of which so many are left.
    pub(super) fn kernels_part(&self, length: u64, left: u64) -> u64 {
        if matches!(self, Self::File(_, Kernel::Sends)) { all_but_the_end(length, left) } else { 0 }
    }

    /// Reads the first octets of a range, as many as are at hand.
    pub(super) fn read(&mut self, range: &Range<u64>, into: &mut [u8]) -> Result<usize, Broken> {
        match self {
            Self::File(turns, kernel) => {
                let count = match turns.now(range.start, into)? {
                    Now::Read(count) => count,
                    Now::NotAtHand => 0,
                };
                if *kernel == Kernel::WouldWait && count == into.len() {
                    *kernel = Kernel::Sends;
                }
                Ok(count)
            }
            Self::Memory(source) => match source.chunk(range.clone()) {
                Chunk::Memory(octets) if !octets.is_empty() => {
                    let count = octets.len().min(into.len());
                    into[..count].copy_from_slice(&octets[..count]);
                    Ok(count)
                }
                Chunk::Memory(_) | Chunk::File { .. } => Err(Broken::Truncated),
            },
            Self::Nowhere => Err(Broken::Truncated),
        }
    }

    /// Waits for the first octets of a range.
    pub(super) fn poll_chunk(
        &mut self,
        cx: &mut Context<'_>,
        range: &Range<u64>,
    ) -> Poll<Result<Bytes, Broken>> {
        match self {
            Self::File(turns, _) => turns.poll(cx, range),
            Self::Memory(_) | Self::Nowhere => Poll::Ready(Err(Broken::Truncated)),
        }
    }

    /// Looks at the file if its octets were promised and nobody looked for this request yet.
    pub(super) fn prove(&mut self) -> Result<(), Broken> {
        match self {
            Self::File(turns, _) => turns.prove(),
            Self::Memory(_) | Self::Nowhere => Ok(()),
        }
    }

    /// Looks at the file after its octets were read.
    pub(super) fn look(&mut self, offset: u64, octets: &[u8]) -> Result<(), Broken> {
        match self {
            Self::File(turns, _) => turns.look(offset, octets),
            Self::Memory(_) | Self::Nowhere => Ok(()),
        }
    }

    /// Says whether each piece has to be looked at by itself: where a look compares octets, not times alone.
    pub(super) fn looks_at_octets(&self) -> bool {
        matches!(self, Self::File(turns, _) if !turns.open().is_strong())
    }

    /// Has the kernel send octets of the part that is its own.
    #[cfg(target_os = "linux")]
    pub(super) fn send(&mut self, stream: &Stream, range: &Range<u64>, most: usize) -> Result<Turn, Broken> {
        let Self::File(turns, kernel) = self else { return Err(Broken::Truncated) };
        let left = range.end.saturating_sub(range.start);
        let count = usize::try_from(left).unwrap_or(usize::MAX).min(most).min(TURN);
        // The last page and the first: what lies between was mostly read together with them. A few pages mostly were with the last alone.
        let last = range.start + (count as u64).saturating_sub(1);
        for offset in [last, range.start].into_iter().take(if count > FEW_PAGES { 2 } else { 1 }) {
            if let Now::NotAtHand = turns.now(offset, &mut [0])? {
                return Ok(Turn::NotAtHand);
            }
        }
        let begun = Instant::now();
        match stream.try_sendfile(turns.open().file(), range.start, count) {
            Ok(taken) => {
                if begun.elapsed() > TURN_TIME {
                    *kernel = Kernel::WouldWait;
                }
                // Before the end of the range there is one more look, which is as good where all else has gone.
                if taken as u64 != left {
                    turns.look(range.start, &[])?;
                }
                // Nothing where octets were promised, whatever the facts say.
                if taken == 0 { Err(Broken::Truncated) } else { Ok(Turn::Took(taken)) }
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(Turn::Blocked),
            Err(error) => match rustix::io::Errno::from_io_error(&error) {
                Some(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS | rustix::io::Errno::OPNOTSUPP) => {
                    *kernel = Kernel::Cannot;
                    Ok(Turn::Took(0))
                }
                Some(rustix::io::Errno::IO) => Err(Broken::Unreadable(error)),
                _ => Ok(Turn::Gone),
            },
        }
    }

    #[cfg(not(target_os = "linux"))]
    pub(super) fn send(&mut self, _: &Stream, _: &Range<u64>, _: usize) -> Result<Turn, Broken> {
        Err(Broken::Truncated)
    }
}

/// Gives the octets of a range of so many, of which so many are left, that need not be copied.
fn all_but_the_end(length: u64, left: u64) -> u64 {
    if length < KERNEL_MIN {
        return 0;
    }
    left.saturating_sub(if length < LONG_MIN { TAIL } else { LONG_TAIL })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_range_is_never_the_kernels() {
        for length in [1, KERNEL_MIN - 1, KERNEL_MIN, LONG_MIN - 1, LONG_MIN, 100 << 20, u64::MAX] {
            let mut left = length;
            // However little the kernel takes each time, the same end is left to be copied behind the last look.
            for taken in [0, 1, 4096, u64::MAX] {
                left -= all_but_the_end(length, left).min(taken);
            }
            assert!(left >= TAIL.min(length), "{length}: {left}");
            assert!(length < LONG_MIN || left >= LONG_TAIL, "{length}: {left}");
        }
    }
}
