//! A disk whose cache a power loss takes away, whole or in part.
//!
//! In: files, writes, syncs, and losses. Out: what a process finds when it starts again.

use byteranges::download::{AskId, Journal};
use byteranges::{ByteRange, ByteSet};

use super::random::Random;

/// One file and its journal.
#[derive(Clone, Debug, Default)]
pub struct Files {
    pub generation: u32,
    /// As processes see it.
    pub cache: Vec<u8>,
    pub durable: Vec<u8>,
    pub dirty: ByteSet,
    /// Which answer each octet came from.
    pub origin: Vec<Option<AskId>>,
    pub journal: Vec<u8>,
    /// Octets of the journal that are durable.
    pub journal_durable: usize,
}

impl Files {
    pub fn new(generation: u32, journal: Vec<u8>) -> Self {
        Self { generation, journal_durable: journal.len(), journal, ..Self::default() }
    }

    /// A file that another program wrote, or one whose journal is lost.
    pub fn found(octets: Vec<u8>) -> Self {
        let origin = vec![None; octets.len()];
        Self { durable: octets.clone(), cache: octets, origin, ..Self::default() }
    }

    pub fn lose_journal(&mut self) {
        *self = Self::found(std::mem::take(&mut self.cache));
    }

    /// Takes a file that was found for what its new journal says of it.
    pub fn adopt(&mut self, generation: u32, journal: Vec<u8>) {
        self.sync();
        self.generation = generation;
        for held in Journal::read(&journal).into_iter().flat_map(|journal| journal.held) {
            self.origin[held.range.first() as usize..=held.range.last() as usize].fill(Some(held.ask));
        }
        self.journal_durable = journal.len();
        self.journal = journal;
    }

    pub fn write(&mut self, range: ByteRange, octets: &[u8], ask: AskId) {
        let end = range.half_open().end as usize;
        if self.cache.len() < end {
            self.cache.resize(end, 0);
            self.durable.resize(end, 0);
            self.origin.resize(end, None);
        }
        self.cache[range.first() as usize..end].copy_from_slice(octets);
        self.origin[range.first() as usize..end].fill(Some(ask));
        self.dirty.insert(range);
    }

    /// Cuts off what lies beyond the complete length: a process that was killed may have written there.
    pub fn cut(&mut self, length: u64) {
        self.cache.truncate(length as usize);
        self.durable.truncate(length as usize);
        self.origin.truncate(length as usize);
    }

    pub fn sync(&mut self) {
        for run in self.dirty.runs() {
            let span = run.first() as usize..=run.last() as usize;
            self.durable[span.clone()].copy_from_slice(&self.cache[span]);
        }
        self.dirty = ByteSet::new();
    }

    pub fn append(&mut self, octets: &[u8]) {
        self.journal.extend_from_slice(octets);
    }

    /// Takes away what was not durable: each dirty run whole, in part, or not at all; the journal's tail likewise.
    pub fn lose_power(&mut self, random: &mut Random) {
        for run in self.dirty.runs() {
            let kept = match random.below(3) {
                0 => 0,
                1 => run.length(),
                _ => random.below(run.length() + 1),
            };
            let span = run.first() as usize..(run.first() + kept) as usize;
            self.durable[span.clone()].copy_from_slice(&self.cache[span]);
        }
        self.dirty = ByteSet::new();
        self.cache = self.durable.clone();
        let tail = self.journal.len() - self.journal_durable;
        self.journal.truncate(self.journal_durable + random.below(tail as u64 + 1) as usize);
        // A torn block may hold anything where the last octets should be.
        if self.journal.len() > self.journal_durable && random.chance(50) {
            let last = self.journal.len() - 1;
            self.journal[last] ^= 0x20;
        }
        self.journal_durable = self.journal.len();
    }

    /// Reads the journal as a process that starts does, and cuts off its torn tail.
    pub fn open(&mut self) -> Option<Journal> {
        let journal = Journal::read(&self.journal)?;
        self.journal.truncate(journal.good);
        self.journal_durable = self.journal.len();
        Some(journal)
    }
}
