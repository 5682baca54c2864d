//! One file: what a process sees, and what the platters hold.
//!
//! In: writes, truncations, syncs, a failure of the power. Out: octets. Pages of zeros take no memory, so a file may be sparse.

use std::collections::{BTreeMap, BTreeSet};
use std::time::SystemTime;

use crate::chance::Chance;

/// What is written to the platters, or not, as one.
pub(crate) const PAGE: usize = 4096;
/// What is never torn.
const SECTOR: usize = 512;

type Page = Box<[u8; PAGE]>;

pub(crate) struct Inode {
    now: BTreeMap<u64, Page>,
    kept: BTreeMap<u64, Page>,
    length: u64,
    kept_length: u64,
    dirty: BTreeSet<u64>,
    pub(crate) modified: SystemTime,
    pub(crate) mode: u16,
}

impl Inode {
    pub(crate) fn new(mode: u16) -> Self {
        Self {
            now: BTreeMap::new(),
            kept: BTreeMap::new(),
            length: 0,
            kept_length: 0,
            dirty: BTreeSet::new(),
            modified: SystemTime::now(),
            mode,
        }
    }

    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    pub(crate) fn read(&self, first: u64, most: usize) -> Vec<u8> {
        let end = self.length.min(first.saturating_add(most as u64));
        let mut octets = Vec::with_capacity(most);
        let mut at = first;
        while at < end {
            let (page, from) = (at / PAGE as u64, (at % PAGE as u64) as usize);
            let to = PAGE.min(from + (end - at) as usize);
            match self.now.get(&page) {
                Some(page) => octets.extend_from_slice(&page[from..to]),
                None => octets.resize(octets.len() + to - from, 0),
            }
            at += (to - from) as u64;
        }
        octets
    }

    pub(crate) fn write(&mut self, first: u64, octets: &[u8]) {
        let mut at = first;
        let mut rest = octets;
        while !rest.is_empty() {
            let (page, from) = (at / PAGE as u64, (at % PAGE as u64) as usize);
            let count = rest.len().min(PAGE - from);
            let (these, others) = rest.split_at(count);
            if these.iter().any(|octet| *octet != 0) || self.now.contains_key(&page) {
                self.now.entry(page).or_insert_with(|| Box::new([0; PAGE]))[from..from + count]
                    .copy_from_slice(these);
                self.dirty.insert(page);
            }
            rest = others;
            at += count as u64;
        }
        self.length = self.length.max(at);
        self.modified = SystemTime::now();
    }

    pub(crate) fn truncate(&mut self, length: u64) {
        if length < self.length {
            let first_gone = length.div_ceil(PAGE as u64);
            let gone: Vec<u64> = self.now.range(first_gone..).map(|(page, _)| *page).collect();
            for page in gone {
                self.now.remove(&page);
                self.dirty.insert(page);
            }
            let cut = (length % PAGE as u64) as usize;
            if let Some(page) = self.now.get_mut(&(length / PAGE as u64)).filter(|_| cut > 0) {
                page[cut..].fill(0);
                self.dirty.insert(length / PAGE as u64);
            }
        }
        self.length = length;
        self.modified = SystemTime::now();
    }

    pub(crate) fn sync(&mut self) {
        for page in std::mem::take(&mut self.dirty) {
            keep(&mut self.kept, page, self.now.get(&page).cloned());
        }
        self.kept_length = self.length;
    }

    /// Lets chance decide about what was not synced; gives how many pages were lost or torn.
    pub(crate) fn lose_power(&mut self, chance: &mut Chance) -> usize {
        let mut lost = 0;
        for page in std::mem::take(&mut self.dirty) {
            let new = self.now.get(&page);
            match chance.below(3) {
                0 => lost += 1,
                1 => keep(&mut self.kept, page, new.cloned()),
                _ => {
                    lost += 1;
                    let torn = torn(self.kept.get(&page), new, chance);
                    keep(&mut self.kept, page, Some(torn));
                }
            }
        }
        if chance.below(2) == 0 {
            self.kept_length = self.length;
        }
        self.now = self.kept.clone();
        self.length = self.kept_length;
        // What lies behind the end is no part of the file, and would come back with its growth.
        self.truncate(self.length);
        self.sync();
        lost
    }
}

fn keep(kept: &mut BTreeMap<u64, Page>, page: u64, octets: Option<Page>) {
    match octets {
        Some(octets) => kept.insert(page, octets),
        None => kept.remove(&page),
    };
}

/// A page of which each sector is the old one or the new one.
fn torn(old: Option<&Page>, new: Option<&Page>, chance: &mut Chance) -> Page {
    let mut page = old.cloned().unwrap_or_else(|| Box::new([0; PAGE]));
    for sector in 0..PAGE / SECTOR {
        let place = sector * SECTOR..(sector + 1) * SECTOR;
        if chance.below(2) == 0 {
            match new {
                Some(new) => page[place.clone()].copy_from_slice(&new[place]),
                None => page[place].fill(0),
            }
        }
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_was_written_across_pages_and_holes() {
        let mut inode = Inode::new(0o644);
        inode.write(5000, b"octets");
        inode.write(5 << 30, b"far");
        assert_eq!(inode.read(4998, 10), b"\0\0octets\0\0");
        assert_eq!((inode.read((5 << 30) - 1, 100), inode.length()), (b"\0far".to_vec(), (5 << 30) + 3));
        inode.truncate(5003);
        inode.truncate(6000);
        assert_eq!(inode.read(5000, 6), b"oct\0\0\0");
    }

    #[test]
    fn what_was_synced_survives_and_the_rest_may_not() {
        let mut losses = 0;
        for seed in 0..50 {
            let mut inode = Inode::new(0o644);
            inode.write(0, &[1; 8 * PAGE]);
            inode.sync();
            inode.write(4 * PAGE as u64, &[2; 8 * PAGE]);
            inode.lose_power(&mut Chance::new(seed));
            assert_eq!(inode.read(0, 4 * PAGE), [1; 4 * PAGE]);
            let rest = inode.read(4 * PAGE as u64, 4 * PAGE);
            assert!(rest.iter().all(|octet| matches!(octet, 1 | 2)), "old or new, never something else");
            losses += usize::from(rest.contains(&1));
        }
        assert!(losses > 40, "{losses} of 50 failures lost something");
    }
}
