//! A little of what was sent, kept to be read again.
//!
//! In: each turn's octets. Out: whether the file still holds them. A file that became longer was either appended
//! to or rewritten, and its facts do not say which; a rewrite that leaves the beginning of the response and the end of
//! its last turn as they were, octet for octet, is taken for an append.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

/// How much is kept at each of the two places: one page, which is mostly still in memory.
const SAMPLE: usize = 4096;

/// Keeps the first octets of the response and the last ones of its latest turn.
#[derive(Debug, Default)]
pub(super) struct Witness {
    first: Sample,
    last: Sample,
}

#[derive(Debug, Default)]
struct Sample {
    offset: u64,
    octets: Vec<u8>,
}

impl Witness {
    /// Takes note of a turn.
    pub(super) fn note(&mut self, offset: u64, octets: &[u8]) {
        if self.first.octets.is_empty() {
            self.first.take(offset, &octets[..octets.len().min(SAMPLE)]);
        }
        let before = octets.len().saturating_sub(SAMPLE);
        self.last.take(offset + before as u64, &octets[before..]);
    }

    /// Says whether the file still reads as it did at both places.
    pub(super) fn stands(&self, file: &File) -> io::Result<bool> {
        Ok(self.first.stands(file)? && self.last_stands(file)?)
    }

    /// Says whether the end of the latest turn still reads as it did; it was read a moment ago, so it is in memory.
    pub(super) fn last_stands(&self, file: &File) -> io::Result<bool> {
        self.last.stands(file)
    }
}

impl Sample {
    fn take(&mut self, offset: u64, octets: &[u8]) {
        self.offset = offset;
        self.octets.clear();
        self.octets.extend_from_slice(octets);
    }

    fn stands(&self, file: &File) -> io::Result<bool> {
        let mut now = vec![0; self.octets.len()];
        match file.read_exact_at(&mut now, self.offset) {
            Ok(()) => Ok(now == self.octets),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
            Err(error) => Err(error),
        }
    }
}
