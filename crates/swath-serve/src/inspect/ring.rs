//! The exchanges that are kept: the newest, within two limits.
//!
//! In: entries as they end. Out: those after a place, and how many are gone before it was asked for them.

use std::collections::VecDeque;
use std::sync::Arc;

use super::entry::Entry;

/// What a ring may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RingLimits {
    /// The most exchanges.
    ///
    /// 4,096: a film with all its seeks takes some hundreds; more cannot be looked through.
    pub count: usize,
    /// The most octets of memory, about.
    ///
    /// 8 MiB: what 4,096 exchanges take with the longest fields that are kept stays below 32 MiB, and ordinary ones take 6.
    pub bytes: usize,
}

impl Default for RingLimits {
    fn default() -> Self {
        Self { count: 4096, bytes: 8 << 20 }
    }
}

/// Keeps entries in the order in which they ended. Each has a place, counted from 1, that never changes.
#[derive(Debug)]
pub(super) struct Ring {
    limits: RingLimits,
    entries: VecDeque<Arc<Entry>>,
    /// The place of the first entry that is kept.
    first: u64,
    bytes: usize,
    /// The place before which everything was cleared away by somebody who wanted to.
    cleared: u64,
    /// Grows with every change.
    changes: u64,
}

/// What comes after a place.
#[derive(Debug, PartialEq)]
pub(super) struct After {
    /// The entries, oldest first.
    pub(super) entries: Vec<Arc<Entry>>,
    /// The place of the last of them; the one asked from, if there are none.
    pub(super) place: u64,
    /// How many were pushed out before anybody asked for them here.
    pub(super) missed: u64,
    /// Whether there are more.
    pub(super) more: bool,
}

impl Ring {
    pub(super) fn new(limits: RingLimits) -> Self {
        Self { limits, entries: VecDeque::new(), first: 1, bytes: 0, cleared: 1, changes: 0 }
    }

    /// Keeps an entry, and lets go of old ones until the limits hold.
    pub(super) fn push(&mut self, entry: Arc<Entry>) {
        self.changes += 1;
        self.bytes += entry.weight();
        self.entries.push_back(entry);
        while self.entries.len() > self.limits.count.max(1)
            || (self.bytes > self.limits.bytes && self.entries.len() > 1)
        {
            if let Some(gone) = self.entries.pop_front() {
                self.bytes -= gone.weight();
                self.first += 1;
            }
        }
    }

    /// Lets go of everything.
    pub(super) fn clear(&mut self) {
        self.changes += 1;
        self.first += self.entries.len() as u64;
        self.cleared = self.first;
        self.entries.clear();
        self.bytes = 0;
    }

    /// Gives at most `count` entries after a place; 0 is before all.
    pub(super) fn after(&self, place: u64, count: usize) -> After {
        // Places of an earlier run may lie ahead of all there is: then everything is new.
        let last = self.first + self.entries.len() as u64 - 1;
        let place = if place > last { 0 } else { place };
        let begin = place + 1;
        let missed = self.first.saturating_sub(begin.max(self.cleared));
        let skip = usize::try_from(begin.saturating_sub(self.first)).unwrap_or(usize::MAX);
        let entries: Vec<_> = self.entries.iter().skip(skip).take(count).cloned().collect();
        let place = if entries.is_empty() {
            place.max(self.first - 1)
        } else {
            self.first + skip as u64 + entries.len() as u64 - 1
        };
        After { more: place < last, entries, place, missed }
    }

    /// Gives a number that is another after every change.
    pub(super) fn changes(&self) -> u64 {
        self.changes
    }

    /// Gives all that is kept.
    pub(super) fn all(&self) -> Vec<Arc<Entry>> {
        self.entries.iter().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    fn ids(after: &After) -> Vec<u64> {
        after.entries.iter().map(|entry| entry.id).collect()
    }

    fn ring(count: usize, pushed: u64) -> Ring {
        let mut ring = Ring::new(RingLimits { count, bytes: 1 << 20 });
        (1..=pushed).for_each(|id| ring.push(Arc::new(sample::entry(id))));
        ring
    }

    #[test]
    fn what_comes_after_a_place_comes_once_and_in_order() {
        let ring = ring(10, 5);
        let first = ring.after(0, 2);
        assert_eq!((ids(&first), first.place, first.missed, first.more), (vec![1, 2], 2, 0, true));
        let rest = ring.after(first.place, 10);
        assert_eq!((ids(&rest), rest.place, rest.more), (vec![3, 4, 5], 5, false));
        assert_eq!(ring.after(5, 10), After { entries: Vec::new(), place: 5, missed: 0, more: false });
    }

    #[test]
    fn who_is_slow_is_told_how_many_are_gone() {
        let ring = ring(3, 10);
        let after = ring.after(2, 10);
        assert_eq!((ids(&after), after.missed, after.place), (vec![8, 9, 10], 5, 10));
        assert_eq!(ring.after(0, 1).missed, 7, "a new reader is told of what was before it");
    }

    #[test]
    fn both_limits_hold() {
        assert_eq!(ring(3, 10).all().len(), 3);
        let mut ring = Ring::new(RingLimits { count: 1000, bytes: 10_000 });
        for id in 1..=1000 {
            ring.push(Arc::new(sample::entry(id)));
            assert!(ring.bytes <= 10_000, "{}", ring.bytes);
        }
        assert_eq!(ring.bytes, ring.all().iter().map(|entry| entry.weight()).sum::<usize>());
        assert!(ring.all().len() > 3 && ring.all().len() < 50);
    }

    #[test]
    fn what_was_cleared_away_is_not_missed() {
        let mut ring = ring(3, 5);
        ring.clear();
        assert_eq!(ring.after(0, 10), After { entries: Vec::new(), place: 5, missed: 0, more: false });
        ring.push(Arc::new(sample::entry(6)));
        assert_eq!(ids(&ring.after(2, 10)), [6]);
        assert_eq!(ring.after(2, 10).missed, 0);
        assert_eq!(ids(&ring.after(99, 10)), [6], "a place of an earlier run");
    }
}
