//! What has arrived of one version, what is in the file, what is durable, and which answer each octet came from.
//!
//! In: placements, and what the disk reports. Out: gaps, seams, and records of what may count as held.

use std::collections::{BTreeMap, BTreeSet};

use super::journal::Held;
use super::{AskId, Assurance, Proof};
use crate::{ByteRange, ByteSet};

/// Keeps account of the octets of one version.
#[derive(Clone, Debug, Default)]
pub(super) struct Holdings {
    /// Octets that a `Write` was told for, and that are not revoked.
    arrived: ByteSet,
    /// Octets reported as written, digests permitting.
    written: ByteSet,
    /// Of these, not yet covered by a sync.
    unsynced: ByteSet,
    /// Covered by the sync under way.
    syncing: ByteSet,
    /// Where each run of one answer begins: its last octet, and the answer.
    origin: BTreeMap<u64, (u64, AskId)>,
    proofs: BTreeMap<AskId, Proof>,
    /// Seams, by their right-hand octet, that were compared and equal.
    proved_seams: BTreeSet<u64>,
    /// Octets written of answers whose digest is still to be told.
    withheld: BTreeMap<AskId, ByteSet>,
    /// Answers whose digest did not match; late reports about them count for nothing.
    revoked: BTreeSet<AskId>,
}

impl Holdings {
    /// Takes over what a journal says.
    pub(super) fn resume(held: &[Held]) -> Self {
        let mut holdings = Self::default();
        for one in held {
            holdings.arrive(one.range, one.ask, one.proof);
            holdings.written.insert(one.range);
        }
        holdings
    }

    pub(super) fn arrived(&self) -> &ByteSet {
        &self.arrived
    }

    pub(super) fn written(&self) -> &ByteSet {
        &self.written
    }

    /// The position after the last octet that has arrived.
    pub(super) fn arrived_end(&self) -> u64 {
        self.arrived.runs().next_back().map_or(0, |run| run.half_open().end)
    }

    /// The highest number of an answer that is known.
    pub(super) fn last_ask(&self) -> Option<AskId> {
        self.proofs.keys().next_back().copied()
    }

    /// Takes in a placement: none of its octets have arrived before.
    pub(super) fn arrive(&mut self, range: ByteRange, ask: AskId, proof: Proof) {
        self.arrived.insert(range);
        self.proofs.insert(ask, proof);
        let before = self.origin.range(..range.first()).next_back().map(|(first, run)| (*first, *run));
        let first = match before {
            Some((first, (last, own))) if own == ask && last.saturating_add(1) == range.first() => first,
            _ => range.first(),
        };
        self.origin.insert(first, (range.last(), ask));
    }

    /// Holds what is written of this answer back until its digest is told.
    pub(super) fn withhold(&mut self, ask: AskId) {
        self.withheld.entry(ask).or_default();
    }

    pub(super) fn write(&mut self, range: ByteRange, ask: AskId) {
        if self.revoked.contains(&ask) || !self.arrived.covers(range) {
            return;
        }
        if let Some(octets) = self.withheld.get_mut(&ask) {
            octets.insert(range);
        } else {
            self.written.insert(range);
            self.unsynced.insert(range);
        }
    }

    /// Lets go of what was held back: its digest matched.
    pub(super) fn release(&mut self, ask: AskId) {
        if let Some(octets) = self.withheld.remove(&ask) {
            self.written.insert_all(&octets);
            self.unsynced.insert_all(&octets);
        }
    }

    /// Forgets an answer that ended before its digest could be told.
    pub(super) fn give_up(&mut self, ask: AskId) {
        if self.withheld.contains_key(&ask) {
            self.revoke(ask);
        }
    }

    /// Forgets an answer whose digest did not match.
    pub(super) fn revoke(&mut self, ask: AskId) {
        self.withheld.remove(&ask);
        self.revoked.insert(ask);
        let bad: Vec<_> = self
            .origin
            .iter()
            .filter(|(_, (_, own))| *own == ask)
            .map(|(first, (last, _))| (*first, *last))
            .collect();
        for (first, last) in bad {
            self.origin.remove(&first);
            if let Some(range) = ByteRange::new(first, last) {
                self.arrived.remove(range);
            }
        }
        self.proofs.remove(&ask);
    }

    pub(super) fn unsynced_octets(&self) -> u64 {
        self.unsynced.octets()
    }

    pub(super) fn is_syncing(&self) -> bool {
        !self.syncing.is_empty()
    }

    /// Begins a sync: it covers what is written by now, and nothing later.
    pub(super) fn begin_sync(&mut self) {
        self.syncing = std::mem::take(&mut self.unsynced);
    }

    /// Ends a sync; returns what may now be recorded as held.
    pub(super) fn end_sync(&mut self) -> Vec<Held> {
        let durable = std::mem::take(&mut self.syncing);
        durable.runs().flat_map(|run| self.by_answer(run)).collect()
    }

    /// Cuts a range by the answers its octets came from.
    fn by_answer(&self, range: ByteRange) -> Vec<Held> {
        let from = self.origin.range(..=range.first()).next_back().map_or(range.first(), |(first, _)| *first);
        self.origin
            .range(from..=range.last())
            .filter_map(|(first, (last, ask))| {
                let range = ByteRange::new((*first).max(range.first()), (*last).min(range.last()))?;
                let proof = self.proofs.get(ask).copied().unwrap_or(Proof::Unproved);
                Some(Held { range, ask: *ask, proof })
            })
            .collect()
    }

    /// Notes that octets on both sides of this position were compared and equal.
    pub(super) fn prove_seam(&mut self, position: u64) {
        self.proved_seams.insert(position);
    }

    /// The first position where two answers meet, and nobody compared.
    pub(super) fn open_seam(&self) -> Option<u64> {
        let mut before: Option<(u64, AskId)> = None;
        for (first, (last, ask)) in &self.origin {
            let meets = before.is_some_and(|(end, own)| own != *ask && end.saturating_add(1) == *first);
            if meets && !self.proved_seams.contains(first) {
                return Some(*first);
            }
            before = Some((*last, *ask));
        }
        None
    }

    /// The rung that all octets reach together.
    pub(super) fn assurance(&self, strong: bool) -> Assurance {
        let answers: BTreeSet<_> = self.origin.values().map(|(_, ask)| *ask).collect();
        let weakest = answers.iter().filter_map(|ask| self.proofs.get(ask)).min().copied();
        match weakest {
            _ if answers.len() <= 1 => Assurance::Single,
            Some(Proof::Pinned | Proof::First) if strong => Assurance::Pinned,
            Some(Proof::Compared) if strong => Assurance::Compared,
            _ if self.open_seam().is_none() => Assurance::Overlap,
            _ => Assurance::LengthOnly,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(first: u64, last: u64) -> ByteRange {
        ByteRange::new(first, last).unwrap()
    }

    #[test]
    fn only_what_was_written_before_a_sync_is_recorded_after_it() {
        let mut holdings = Holdings::default();
        holdings.arrive(range(0, 9), AskId(1), Proof::First);
        holdings.arrive(range(10, 19), AskId(1), Proof::First);
        holdings.write(range(0, 9), AskId(1));
        holdings.begin_sync();
        holdings.write(range(10, 19), AskId(1));
        let held = holdings.end_sync();
        assert_eq!(held.iter().map(|one| one.range).collect::<Vec<_>>(), [range(0, 9)]);
        assert_eq!(holdings.unsynced_octets(), 10);
    }

    #[test]
    fn records_name_the_answers() {
        let mut holdings = Holdings::default();
        holdings.arrive(range(0, 9), AskId(1), Proof::First);
        holdings.arrive(range(10, 19), AskId(2), Proof::Compared);
        holdings.write(range(0, 9), AskId(1));
        holdings.write(range(10, 19), AskId(2));
        holdings.begin_sync();
        let held: Vec<_> =
            holdings.end_sync().into_iter().map(|one| (one.range, one.ask, one.proof)).collect();
        assert_eq!(held, [(range(0, 9), AskId(1), Proof::First), (range(10, 19), AskId(2), Proof::Compared)]);
        assert_eq!(holdings.assurance(true), Assurance::Compared);
        assert_eq!(holdings.assurance(false), Assurance::LengthOnly);
        assert_eq!(holdings.open_seam(), Some(10));
        holdings.prove_seam(10);
        assert_eq!(holdings.assurance(false), Assurance::Overlap);
    }

    #[test]
    fn what_a_digest_contradicts_is_missing_again() {
        let mut holdings = Holdings::default();
        holdings.arrive(range(0, 9), AskId(1), Proof::First);
        holdings.withhold(AskId(1));
        holdings.write(range(0, 4), AskId(1));
        assert!(holdings.written().is_empty());
        holdings.revoke(AskId(1));
        holdings.write(range(5, 9), AskId(1));
        assert!(holdings.arrived().is_empty() && holdings.written().is_empty());
    }
}
