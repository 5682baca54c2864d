//! Which answer each octet came from, and how each answer was bound to the identity.
//!
//! In: placements, and answers that turned out wrong. Out: records by answer, and places where answers meet.

use std::collections::{BTreeMap, BTreeSet};

use super::super::journal::Held;
use super::super::{AskId, Proof};
use crate::ByteRange;

/// Keeps runs of octets that came in one answer.
#[derive(Clone, Debug, Default)]
pub(super) struct Origin {
    /// Where each run begins: its last octet, and the answer.
    runs: BTreeMap<u64, (u64, AskId)>,
    proofs: BTreeMap<AskId, Proof>,
}

impl Origin {
    /// Notes where octets came from; what was noted of them before is forgotten.
    pub(super) fn insert(&mut self, range: ByteRange, ask: AskId, proof: Proof) {
        self.remove(range);
        self.proofs.insert(ask, proof);
        let before = self.runs.range(..range.first()).next_back().map(|(first, run)| (*first, *run));
        let first = match before {
            Some((first, (last, own))) if own == ask && last.saturating_add(1) == range.first() => first,
            _ => range.first(),
        };
        self.runs.insert(first, (range.last(), ask));
    }

    /// Forgets where these octets came from.
    pub(super) fn remove(&mut self, range: ByteRange) {
        let from = self.runs.range(..=range.first()).next_back().map_or(range.first(), |(first, _)| *first);
        let touched: Vec<_> = self
            .runs
            .range(from..=range.last())
            .filter(|(_, (last, _))| *last >= range.first())
            .map(|(first, (last, ask))| (*first, *last, *ask))
            .collect();
        for (first, last, ask) in touched {
            self.runs.remove(&first);
            if let Some(before) = range.first().checked_sub(1).filter(|before| *before >= first) {
                self.runs.insert(first, (before, ask));
            }
            let after = range.last().saturating_add(1);
            if last >= after {
                self.runs.insert(after, (last, ask));
            }
        }
    }

    /// Cuts a range by the answers its octets came from.
    pub(super) fn by_answer(&self, range: ByteRange) -> Vec<Held> {
        let from = self.runs.range(..=range.first()).next_back().map_or(range.first(), |(first, _)| *first);
        self.runs
            .range(from..=range.last())
            .filter_map(|(first, (last, ask))| {
                let range = ByteRange::new((*first).max(range.first()), (*last).min(range.last()))?;
                Some(Held { range, ask: *ask, proof: self.proof(*ask) })
            })
            .collect()
    }

    /// The runs of one answer.
    pub(super) fn of(&self, ask: AskId) -> Vec<ByteRange> {
        let own = self.runs.iter().filter(|(_, (_, own))| *own == ask);
        own.filter_map(|(first, (last, _))| ByteRange::new(*first, *last)).collect()
    }

    /// The answers that octets are there of, each with its proof.
    pub(super) fn answers(&self) -> BTreeSet<(AskId, Proof)> {
        self.runs.values().map(|(_, ask)| (*ask, self.proof(*ask))).collect()
    }

    pub(super) fn proof(&self, ask: AskId) -> Proof {
        self.proofs.get(&ask).copied().unwrap_or(Proof::Unproved)
    }

    /// The first place where one answer ends, another goes on or nothing does, at least one of the two has no better
    /// proof than `weakest`, and nobody compared.
    pub(super) fn open_seam(&self, weakest: Proof, proved: &BTreeSet<u64>) -> Option<u64> {
        let mut runs = self.runs.iter().map(|(first, (last, ask))| (*first, *last, *ask)).peekable();
        while let Some((_, last, ask)) = runs.next() {
            let end = last.saturating_add(1);
            let next = runs.peek().filter(|(first, ..)| *first == end).map(|(_, _, ask)| *ask);
            let own = self.proof(ask);
            let weak = match next {
                Some(next) if next == ask => false,
                Some(next) => own.min(self.proof(next)) <= weakest,
                // Octets that were found have an end of their own, which a comparison has to have seen.
                None => own == Proof::Found,
            };
            if weak && !proved.contains(&end) {
                return Some(end);
            }
        }
        None
    }
}
