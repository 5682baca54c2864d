//! Where the octets of a selected representation come from.
//!
//! In: what the store opened. Out: a [`Source`], and for one byte range of it a [`Chunk`] that names the
//! octets without having read them.

mod devices;
mod read;
mod turns;

use std::fs::File;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;

pub(crate) use self::read::Now;
pub(crate) use self::turns::Turns;
use crate::facts::Facts;

/// Gives the octets of a representation: an open file, or memory.
#[derive(Clone, Debug)]
pub enum Source {
    /// A file that was opened for this request.
    File(OpenFile),
    /// Octets at hand: the embedded media, a page.
    Memory(Bytes),
}

/// Holds a file that was opened once for one request, with what was promised of it.
///
/// The descriptor is the identity: a file that is unlinked, or replaced by rename, goes on under it.
#[derive(Clone, Debug)]
pub struct OpenFile {
    file: Arc<File>,
    promised: Facts,
    strong: bool,
    remembered: bool,
}

/// Names the octets of one byte range of a source, unread.
#[derive(Clone, Debug)]
pub enum Chunk<'a> {
    /// `length` octets of a file from `offset`.
    File {
        /// The open file.
        file: &'a OpenFile,
        /// Where the octets begin.
        offset: u64,
        /// How many there are.
        length: u64,
    },
    /// Octets at hand, shared and not copied.
    Memory(Bytes),
}

impl OpenFile {
    /// Takes a file with the facts its answer is made of.
    ///
    /// `promised` must come from an `fstat` of this very descriptor, before its answer is composed.
    /// `strong` says whether the answer carries a strong validator: a strong entity tag, or (where there is
    /// no entity tag) a Last-Modified old enough to count as strong. Only without one may a file that is
    /// appended to finish what was promised.
    #[must_use]
    pub fn new(file: impl Into<Arc<File>>, promised: Facts, strong: bool) -> Self {
        Self { file: file.into(), promised, strong, remembered: false }
    }

    /// Says that `promised` was not asked for this request, but is what an earlier one was told: it has to be proved by a look that
    /// finds every fact unmoved before anything is sent.
    #[must_use]
    pub(crate) fn remembered(self) -> Self {
        Self { remembered: true, ..self }
    }

    /// Says whether the facts are those of an earlier request.
    pub(crate) fn is_remembered(&self) -> bool {
        self.remembered
    }

    /// Says whether every fact is still what was promised.
    pub(crate) fn is_as_promised(&self) -> bool {
        Facts::of(&self.file).is_ok_and(|now| now == self.promised)
    }

    /// Gives the open file.
    #[must_use]
    pub fn file(&self) -> &Arc<File> {
        &self.file
    }

    /// Gives the facts the answer was made of.
    #[must_use]
    pub fn promised(&self) -> &Facts {
        &self.promised
    }

    /// Says whether the answer carries a strong validator.
    #[must_use]
    pub fn is_strong(&self) -> bool {
        self.strong
    }
}

impl Source {
    /// Gives the complete length: the promised one for a file.
    #[must_use]
    pub fn complete_length(&self) -> u64 {
        match self {
            Self::File(open) => open.promised.length,
            Self::Memory(octets) => octets.len() as u64,
        }
    }

    /// Names the octets of a half-open range; for memory, cut to what there is.
    #[must_use]
    pub fn chunk(&self, range: Range<u64>) -> Chunk<'_> {
        match self {
            Self::File(file) => {
                Chunk::File { file, offset: range.start, length: range.end.saturating_sub(range.start) }
            }
            Self::Memory(octets) => {
                let end = usize::try_from(range.end).unwrap_or(usize::MAX).min(octets.len());
                let start = usize::try_from(range.start).unwrap_or(usize::MAX).min(end);
                Chunk::Memory(octets.slice(start..end))
            }
        }
    }
}

impl From<Bytes> for Source {
    fn from(octets: Bytes) -> Self {
        Self::Memory(octets)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_sliced_and_never_past_its_end() {
        let source = Source::from(Bytes::from_static(b"0123456789"));
        for (range, expected) in [
            (0..10, &b"0123456789"[..]),
            (3..5, b"34"),
            (8..99, b"89"),
            (20..30, b""),
            (0..u64::MAX, b"0123456789"),
        ] {
            assert!(matches!(source.chunk(range), Chunk::Memory(octets) if octets == expected));
        }
        assert_eq!(source.complete_length(), 10);
    }
}
