//! Blocks of a representation kept in memory, the last used ones.
//!
//! In: blocks and positions. Out: octets that are there, or which blocks are not.

use std::collections::BTreeMap;

use bytes::Bytes;

/// Octets of one block: small enough for a directory at the end of an archive, large enough to be worth a request.
pub(super) const BLOCK: u64 = 64 * 1024;

/// Keeps at most so many blocks.
#[derive(Debug)]
pub(super) struct Cache {
    blocks: BTreeMap<u64, Kept>,
    most: usize,
    /// Counts uses, so that the oldest is known.
    uses: u64,
}

#[derive(Debug)]
struct Kept {
    octets: Bytes,
    used: u64,
}

impl Cache {
    /// Keeps about `octets` octets, one block at least.
    pub(super) fn new(octets: u64) -> Self {
        let most = usize::try_from(octets / BLOCK).unwrap_or(usize::MAX).max(1);
        Self { blocks: BTreeMap::new(), most, uses: 0 }
    }

    /// The octets from `position` to the end of its block, if that block is here.
    pub(super) fn at(&mut self, position: u64) -> Option<Bytes> {
        self.uses = self.uses.saturating_add(1);
        let kept = self.blocks.get_mut(&(position / BLOCK))?;
        kept.used = self.uses;
        let within = usize::try_from(position % BLOCK).ok()?;
        (within < kept.octets.len()).then(|| kept.octets.slice(within..))
    }

    /// Whether the block of `position` is here.
    pub(super) fn has(&self, position: u64) -> bool {
        self.blocks.contains_key(&(position / BLOCK))
    }

    /// Takes in octets that begin at `first`, which is the border of a block; each piece but the last is a whole block.
    pub(super) fn insert(&mut self, first: u64, mut octets: Bytes) {
        let mut block = first / BLOCK;
        let whole = usize::try_from(BLOCK).unwrap_or(usize::MAX);
        while !octets.is_empty() {
            // A copy: a slice would keep all of a long answer in memory as long as one of its blocks is used.
            let piece = octets.split_to(octets.len().min(whole));
            self.uses = self.uses.saturating_add(1);
            self.blocks.insert(block, Kept { octets: Bytes::copy_from_slice(&piece), used: self.uses });
            block = block.saturating_add(1);
        }
        while self.blocks.len() > self.most {
            let oldest = self.blocks.iter().min_by_key(|(_, kept)| kept.used).map(|(block, _)| *block);
            let Some(oldest) = oldest else { break };
            self.blocks.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(octet: u8) -> Bytes {
        Bytes::from(vec![octet; usize::try_from(BLOCK).unwrap()])
    }

    #[test]
    fn the_least_used_block_goes_first() {
        let mut cache = Cache::new(2 * BLOCK);
        cache.insert(0, block(0));
        cache.insert(BLOCK, block(1));
        assert_eq!(cache.at(5).map(|octets| (octets.len() as u64, octets[0])), Some((BLOCK - 5, 0)));
        cache.insert(2 * BLOCK, block(2));
        assert!(cache.has(0) && !cache.has(BLOCK) && cache.has(2 * BLOCK));
    }

    #[test]
    fn a_short_block_ends_where_the_representation_does() {
        let mut cache = Cache::new(BLOCK);
        cache.insert(0, Bytes::from_static(b"abc"));
        assert_eq!(cache.at(1), Some(Bytes::from_static(b"bc")));
        assert_eq!(cache.at(3), None);
    }

    #[test]
    fn a_long_answer_becomes_blocks() {
        let mut cache = Cache::new(4 * BLOCK);
        cache.insert(BLOCK, [block(1), block(2), Bytes::from_static(b"x")].concat().into());
        assert_eq!(cache.at(2 * BLOCK).map(|octets| octets[0]), Some(2));
        assert_eq!(cache.at(3 * BLOCK), Some(Bytes::from_static(b"x")));
        assert!(!cache.has(0));
    }
}
