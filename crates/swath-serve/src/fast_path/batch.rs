//! What leaves in one write: the head, literals and small ranges, put together in memory that is not kept.
//!
//! In: where an answer's sending has come to. Out: its next octets, as far as they are at hand, looked at after they were read.

use std::ops::Range;
use std::sync::Arc;

use byteranges::{Content, Piece};

use super::memory::BATCH_MAX;
use crate::buffers::Buffers;
use crate::exchange::Outcome;
use crate::source::{Chunk, Now, Source, Turns};
use crate::watch::Broken;

/// Which octet of the content is next.
#[derive(Clone, Copy, Default)]
pub(super) struct Place {
    piece: usize,
    /// Within the piece.
    offset: u64,
}

impl Place {
    fn piece<'a>(&self, content: &'a Content) -> Option<&'a Piece> {
        content.pieces().nth(self.piece)
    }

    /// Gives what is left of the range that is next, as offsets into the representation; `None` at a literal.
    pub(super) fn range(&self, content: &Content) -> Option<Range<u64>> {
        match self.piece(content)? {
            Piece::Literal(_) => None,
            Piece::Range(range) => {
                let range = range.half_open();
                Some(range.start.saturating_add(self.offset)..range.end)
            }
        }
    }

    /// Goes on by so many octets.
    pub(super) fn advance(&mut self, content: &Content, mut octets: u64) {
        while let Some(piece) = self.piece(content) {
            let left = piece.length().saturating_sub(self.offset);
            if octets < left {
                self.offset += octets;
                return;
            }
            octets -= left;
            *self = Place { piece: self.piece + 1, offset: 0 };
        }
    }
}

/// Where the octets of ranges come from.
pub(super) enum From {
    Nowhere,
    Memory(Source),
    File(Box<Turns>),
}

impl From {
    pub(super) fn new(source: Option<Source>, content: &Content, buffers: &Arc<Buffers>) -> Self {
        match source {
            Some(Source::File(open)) if content.pieces().any(|piece| matches!(piece, Piece::Range(_))) => {
                Self::File(Box::new(Turns::begin(open, content.length(), Arc::clone(buffers))))
            }
            Some(source @ Source::Memory(_)) => Self::Memory(source),
            Some(Source::File(_)) | None => Self::Nowhere,
        }
    }

    /// Gives the outcome of an answer that was sent to its end.
    pub(super) fn complete(&self) -> Outcome {
        match self {
            Self::File(turns) => turns.complete(),
            Self::Memory(_) | Self::Nowhere => Outcome::Finished,
        }
    }

    /// Reads the first octets of a range, as many as are at hand.
    fn read(&self, range: &Range<u64>, into: &mut [u8]) -> Result<usize, Broken> {
        match self {
            Self::File(turns) => Ok(match turns.now(range.start, into)? {
                Now::Read(count) => count,
                Now::NotAtHand => 0,
            }),
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

    /// Looks at the file after its octets were read.
    fn look(&mut self, offset: u64, octets: &[u8]) -> Result<(), Broken> {
        match self {
            Self::File(turns) => turns.look(offset, octets),
            Self::Memory(_) | Self::Nowhere => Ok(()),
        }
    }

    /// Says whether each piece has to be looked at by itself: where a look compares octets, not times alone.
    fn looks_at_octets(&self) -> bool {
        matches!(self, Self::File(turns) if !turns.open().is_strong())
    }
}

/// Puts what leaves next together, and says how much it is: nothing when a range is next that is not at hand.
pub(super) fn gather(
    batch: &mut [u8],
    head: &[u8],
    content: &Content,
    mut place: Place,
    from: &mut From,
) -> Result<usize, Broken> {
    let room = batch.len().saturating_sub(BATCH_MAX);
    let mut used = head.len().min(room);
    batch[..used].copy_from_slice(&head[..used]);
    if used < head.len() {
        return Ok(used);
    }
    let end = used.saturating_add(BATCH_MAX).min(batch.len());
    let mut unseen = None;
    while used < end {
        let (taken, wanted) = match place.piece(content) {
            None => break,
            Some(Piece::Literal(octets)) => {
                let octets = usize::try_from(place.offset).ok().and_then(|offset| octets.get(offset..));
                let octets = octets.unwrap_or_default();
                let count = octets.len().min(end - used);
                batch[used..used + count].copy_from_slice(&octets[..count]);
                (count, octets.len())
            }
            Some(Piece::Range(_)) => {
                let Some(range) = place.range(content) else { break };
                let wanted = usize::try_from(range.end - range.start).unwrap_or(usize::MAX);
                let count = wanted.min(end - used);
                let count = from.read(&range, &mut batch[used..used + count])?;
                if count > 0 {
                    unseen = Some((range.start, used..used + count));
                }
                (count, wanted)
            }
        };
        place.advance(content, taken as u64);
        used += taken;
        if from.looks_at_octets()
            && let Some((offset, octets)) = unseen.take()
        {
            from.look(offset, &batch[octets])?;
        }
        if taken < wanted {
            break;
        }
    }
    // One look after the last read stands for all of them: a move since the first shows at it.
    if let Some((offset, octets)) = unseen {
        from.look(offset, &batch[octets])?;
    }
    Ok(used)
}
