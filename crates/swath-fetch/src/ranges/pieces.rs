//! Octets that are here before they are needed.
//!
//! In: octets and where they belong. Out: the same, from any position.

use std::collections::BTreeMap;

use byteranges::ByteRange;
use bytes::Bytes;

/// Keeps pieces by their first position.
#[derive(Debug, Default)]
pub(super) struct Pieces(BTreeMap<u64, Bytes>);

impl Pieces {
    pub(super) fn insert(&mut self, first: u64, octets: Bytes) {
        let longer = self.0.get(&first).is_some_and(|kept| kept.len() >= octets.len());
        if !octets.is_empty() && !longer {
            self.0.insert(first, octets);
        }
    }

    /// Octets from `position` on, as far as one piece holds them.
    pub(super) fn at(&self, position: u64) -> Option<Bytes> {
        // A long piece may begin before a short one: the nearest one that reaches as far counts.
        self.0.range(..=position).rev().find_map(|(first, octets)| {
            let within = usize::try_from(position - first).ok()?;
            (within < octets.len()).then(|| octets.slice(within..))
        })
    }

    /// Where each piece lies.
    pub(super) fn ranges(&self) -> impl Iterator<Item = ByteRange> + '_ {
        self.0.iter().filter_map(|(first, octets)| ByteRange::with_length(*first, length(octets)))
    }

    /// Octets of all pieces.
    pub(super) fn octets(&self) -> u64 {
        self.0.values().map(length).sum()
    }

    /// Forgets what lies in `range`, if it is one piece.
    pub(super) fn forget(&mut self, first: u64) {
        self.0.remove(&first);
    }
}

pub(super) fn length(octets: &Bytes) -> u64 {
    u64::try_from(octets.len()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn octets_are_found_in_any_piece_that_reaches_as_far() {
        let mut pieces = Pieces::default();
        pieces.insert(10, Bytes::from_static(b"abcdef"));
        pieces.insert(12, Bytes::from_static(b"c"));
        assert_eq!(pieces.at(12), Some(Bytes::from_static(b"c")));
        assert_eq!(pieces.at(13), Some(Bytes::from_static(b"def")));
        assert_eq!((pieces.at(9), pieces.at(16)), (None, None));
        pieces.insert(10, Bytes::from_static(b"ab"));
        assert_eq!(pieces.octets(), 7, "a shorter piece replaces no longer one");
        pieces.forget(10);
        assert_eq!(pieces.at(10), None);
    }
}
