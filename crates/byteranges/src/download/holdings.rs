//! What has arrived of one version, what is in the file, what is durable, and which answer did it come from.
//!
//! In: placements, and what the disk reports. Out: gaps, seams, and records of what may count as held.

mod origin;

use std::collections::{BTreeMap, BTreeSet};

use super::journal::Held;
use super::{AskId, Assurance, Proof};
use crate::{ByteRange, ByteSet};
use origin::Origin;

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
    is_syncing: bool,
    origin: Origin,
    /// Seams, by their right-hand octet, that were compared and equal.
    proved_seams: BTreeSet<u64>,
    /// Octets written of answers whose digest is still to be told.
    withheld: BTreeMap<AskId, ByteSet>,
    /// Answers that turned out wrong; late reports about them count for nothing.
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

    /// Takes in a placement: none of its octets have arrived before.
    pub(super) fn arrive(&mut self, range: ByteRange, ask: AskId, proof: Proof) {
        self.arrived.insert(range);
        self.origin.insert(range, ask, proof);
    }

    /// Holds what is written of this answer back until its digest is told.
    pub(super) fn withhold(&mut self, ask: AskId) {
        self.withheld.entry(ask).or_default();
    }

    pub(super) fn write(&mut self, range: ByteRange, ask: AskId) {
        if self.revoked.contains(&ask) {
            // Only now may others write there.
            self.forget(range);
        } else if !self.arrived.covers(range) {
            // A report that nobody waits for.
        } else if let Some(octets) = self.withheld.get_mut(&ask) {
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

    /// Forgets an answer that turned out wrong. Octets that are still being written count as arrived until that is over:
    /// another write there could be overtaken.
    pub(super) fn revoke(&mut self, ask: AskId) {
        let withheld = self.withheld.remove(&ask).unwrap_or_default();
        self.revoked.insert(ask);
        for run in self.origin.of(ask) {
            let landed: Vec<_> = self.written.within(run).chain(withheld.within(run)).collect();
            landed.into_iter().for_each(|range| self.forget(range));
        }
    }

    fn forget(&mut self, range: ByteRange) {
        self.origin.remove(range);
        for set in [&mut self.arrived, &mut self.written, &mut self.unsynced, &mut self.syncing] {
            set.remove(range);
        }
        let touched = range.first()..=range.half_open().end;
        self.proved_seams.retain(|seam| !touched.contains(seam));
    }

    pub(super) fn unsynced_octets(&self) -> u64 {
        self.unsynced.octets()
    }

    pub(super) fn is_syncing(&self) -> bool {
        self.is_syncing
    }

    /// Begins a sync: it covers what is written by now, and nothing later.
    pub(super) fn begin_sync(&mut self) {
        self.syncing = std::mem::take(&mut self.unsynced);
        self.is_syncing = true;
    }

    /// Ends a sync; returns what may now be recorded as held.
    pub(super) fn end_sync(&mut self) -> Vec<Held> {
        self.is_syncing = false;
        let durable = std::mem::take(&mut self.syncing);
        durable.runs().flat_map(|run| self.origin.by_answer(run)).collect()
    }

    /// Notes that octets on both sides of this position were compared and equal.
    pub(super) fn prove_seam(&mut self, position: u64) {
        self.proved_seams.insert(position);
    }

    /// The first position where two answers meet, one of them with no better proof than `weakest`, and nobody compared.
    pub(super) fn open_seam(&self, weakest: Proof) -> Option<u64> {
        self.origin.open_seam(weakest, &self.proved_seams)
    }

    /// The answers with no better proof than that they fitted, of which octets lie in this range, or anywhere.
    pub(super) fn doubtful(&self, range: Option<ByteRange>) -> Vec<(AskId, Proof)> {
        let answers = match range {
            Some(range) => self.origin.by_answer(range).iter().map(|held| (held.ask, held.proof)).collect(),
            None => self.origin.answers(),
        };
        answers.into_iter().filter(|(_, proof)| proof.is_doubtful()).collect()
    }

    /// How the answer that this octet came in was bound to the identity.
    pub(super) fn proof_at(&self, position: u64) -> Option<Proof> {
        let octet = ByteRange::with_length(position, 1)?;
        self.origin.by_answer(octet).first().map(|held| held.proof)
    }

    /// The rung that all octets reach together.
    pub(super) fn assurance(&self, strong: bool) -> Assurance {
        let answers = self.origin.answers();
        let weakest = answers.iter().map(|(_, proof)| *proof).min();
        let doubt = weakest.is_some_and(Proof::is_doubtful);
        match weakest {
            _ if answers.len() <= 1 && !doubt => Assurance::Single,
            Some(Proof::Pinned | Proof::First) if strong => Assurance::Pinned,
            Some(Proof::Compared) if strong => Assurance::Compared,
            _ if self.open_seam(Proof::Unproved).is_none() => Assurance::Overlap,
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
    fn a_sync_is_under_way_until_it_is_reported() {
        let mut holdings = Holdings::default();
        holdings.arrive(range(0, 9), AskId(1), Proof::First);
        holdings.write(range(0, 9), AskId(1));
        holdings.begin_sync();
        holdings.revoke(AskId(1));
        assert!(holdings.is_syncing());
        assert!(holdings.end_sync().is_empty() && !holdings.is_syncing());
    }

    #[test]
    fn what_comes_again_is_of_the_later_answer() {
        let mut holdings = Holdings::default();
        holdings.arrive(range(0, 29), AskId(1), Proof::First);
        holdings.arrive(range(10, 19), AskId(2), Proof::Pinned);
        let runs = holdings.origin.by_answer(range(5, 24));
        let runs: Vec<_> = runs.iter().map(|held| (held.range, held.ask.0)).collect();
        assert_eq!(runs, [(range(5, 9), 1), (range(10, 19), 2), (range(20, 24), 1)]);
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
    }

    #[test]
    fn only_seams_of_weak_answers_have_to_be_compared() {
        let mut holdings = Holdings::default();
        holdings.arrive(range(0, 9), AskId(1), Proof::First);
        holdings.arrive(range(10, 19), AskId(2), Proof::Pinned);
        holdings.arrive(range(20, 29), AskId(3), Proof::Unproved);
        assert_eq!(holdings.open_seam(Proof::Found), None);
        assert_eq!(holdings.open_seam(Proof::Unproved), Some(20));
        assert_eq!(holdings.assurance(false), Assurance::LengthOnly);
        holdings.prove_seam(20);
        assert_eq!(holdings.assurance(false), Assurance::Overlap);
    }

    #[test]
    fn what_was_found_is_never_single_and_has_an_end_to_prove() {
        let mut holdings = Holdings::default();
        holdings.arrive(range(0, 9), AskId(1), Proof::Found);
        assert_eq!(holdings.assurance(true), Assurance::LengthOnly);
        assert_eq!(holdings.open_seam(Proof::Found), Some(10));
        holdings.prove_seam(10);
        assert_eq!(holdings.assurance(true), Assurance::Overlap);
    }

    #[test]
    fn what_a_digest_contradicts_is_missing_again() {
        let mut holdings = Holdings::default();
        holdings.arrive(range(0, 9), AskId(1), Proof::First);
        holdings.withhold(AskId(1));
        holdings.write(range(0, 4), AskId(1));
        assert!(holdings.written().is_empty());
        holdings.revoke(AskId(1));
        // The rest is on its way to the disk, and must not be overtaken there.
        assert_eq!(holdings.arrived().to_string(), "5-9");
        holdings.write(range(5, 9), AskId(1));
        assert!(holdings.arrived().is_empty() && holdings.written().is_empty());
    }
}
