//! Where the octets of an answer's ranges come from, and which way they go: copied, or sent by the kernel out of the file.
//!
//! In: a source. Out: octets at hand, or a pipe that holds them for the kernel to send; and looks at the file, as [`crate::watch`] asks.

use std::ops::Range;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use byteranges::{Content, Piece};
use bytes::Bytes;
use rustix::io::Errno;

use super::pipe::Pipe;
use crate::buffers::{Buffers, TURN};
use crate::exchange::Outcome;
use crate::source::{Chunk, Now, Source, Turns};
use crate::watch::Broken;

/// The shortest range that the kernel sends: below, copying costs less (docs/fast-path.md has the figures).
const KERNEL_MIN: u64 = 12 << 10;

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

    /// Says whether the kernel sends the octets of a range of so many.
    pub(super) fn is_kernels(&self, length: u64) -> bool {
        length >= KERNEL_MIN && matches!(self, Self::File(_, Kernel::Sends))
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

    /// Has a pipe hold the first octets of a range that the kernel sends, as many as make a turn; `None` where they are not at hand. A
    /// look has to follow before any of them is sent.
    pub(super) fn lift(&mut self, range: &Range<u64>, most: usize) -> Result<Option<Pipe>, Broken> {
        let Self::File(turns, kernel) = self else { return Err(Broken::Truncated) };
        let left = range.end.saturating_sub(range.start);
        let count = usize::try_from(left).unwrap_or(usize::MAX).min(most).min(TURN);
        // The last page and the first: what lies between was mostly read together with them. A few pages mostly were with the last alone.
        let last = range.start + (count as u64).saturating_sub(1);
        for offset in [last, range.start].into_iter().take(if count > FEW_PAGES { 2 } else { 1 }) {
            if let Now::NotAtHand = turns.now(offset, &mut [0])? {
                return Ok(None);
            }
        }
        let Ok(mut pipe) = Pipe::take() else {
            // There are too many descriptors, or pipes.
            *kernel = Kernel::Cannot;
            return Ok(None);
        };
        let begun = Instant::now();
        match pipe.fill(turns.open().file(), range.start, count) {
            // Nothing where octets were promised, whatever the facts say.
            Ok(0) => Err(Broken::Truncated),
            Ok(_) => {
                if begun.elapsed() > TURN_TIME {
                    *kernel = Kernel::WouldWait;
                }
                Ok(Some(pipe))
            }
            Err(Errno::IO) => Err(Broken::Unreadable(Errno::IO.into())),
            // Not from such a file.
            Err(_) => {
                *kernel = Kernel::Cannot;
                Ok(None)
            }
        }
    }
}
