//! What leaves in one write: the head, literals and small ranges, put together in memory that is not kept.
//!
//! In: where an answer's sending has come to. Out: its next octets, as far as they are at hand.

use std::ops::Range;

use byteranges::{Content, Piece};

use super::memory::BATCH_MAX;
use super::origin::Origin;
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

    /// Gives what the kernel sends next, as offsets into the representation; `None` where it does not.
    pub(super) fn kernels_range(&self, content: &Content, origin: &Origin) -> Option<Range<u64>> {
        let range = self.range(content)?;
        origin.is_kernels(self.piece(content)?.length()).then_some(range)
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

/// What was put together.
pub(super) struct Gathered {
    /// How many octets it is: none when a range is next that is not at hand, or that the kernel sends.
    pub(super) count: usize,
    /// What comes after it.
    pub(super) next: Place,
    /// Octets of a file among them that nobody has looked at the file for since they were read, and where in it they begin.
    pub(super) unseen: Option<(u64, Range<usize>)>,
}

/// Puts what leaves next together. One look at the file has to follow before any of it is sent.
pub(super) fn gather(
    batch: &mut [u8],
    head: &[u8],
    content: &Content,
    mut place: Place,
    origin: &mut Origin,
) -> Result<Gathered, Broken> {
    let room = batch.len().saturating_sub(BATCH_MAX);
    let mut used = head.len().min(room);
    batch[..used].copy_from_slice(&head[..used]);
    if used < head.len() {
        return Ok(Gathered { count: used, next: place, unseen: None });
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
            Some(piece @ Piece::Range(_)) => {
                let Some(range) = place.range(content) else { break };
                if origin.is_kernels(piece.length()) {
                    break;
                }
                let wanted = usize::try_from(range.end - range.start).unwrap_or(usize::MAX);
                let count = wanted.min(end - used);
                let count = origin.read(&range, &mut batch[used..used + count])?;
                if count > 0 {
                    unseen = Some((range.start, used..used + count));
                }
                (count, wanted)
            }
        };
        place.advance(content, taken as u64);
        used += taken;
        if origin.looks_at_octets()
            && let Some((offset, octets)) = unseen.take()
        {
            origin.look(offset, &batch[octets])?;
        }
        if taken < wanted {
            break;
        }
    }
    Ok(Gathered { count: used, next: place, unseen })
}
