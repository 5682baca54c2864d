//! Sources that share no strong tag with the first: they may have the same octets, and nobody vouches for it.
//!
//! In: heads of other sources, comparisons. Out: answers that count until something contradicts them, sources given up.

use std::collections::BTreeMap;
use std::time::Duration;

use super::accept::{Granted, Request, Verdict, judge};
use super::path::Bearing;
use super::{AskId, Asked, Download, Fault, Head, Identity, Precondition, Proof};

/// Keeps what is known of other sources of one version.
#[derive(Clone, Debug, Default)]
pub(super) struct Mirrors {
    /// What each source that shares no strong tag said of itself first.
    identities: BTreeMap<u16, Identity>,
    /// Sources that sent the strong tag of the version.
    same: Vec<u16>,
    /// Which of them gave each answer.
    answers: BTreeMap<AskId, u16>,
}

impl Mirrors {
    pub(super) fn source_of(&self, ask: AskId) -> Option<u16> {
        self.answers.get(&ask).copied()
    }

    /// The answers of these sources.
    pub(super) fn answers_of(&self, sources: &[u16]) -> Vec<AskId> {
        let own = self.answers.iter().filter(|(_, source)| sources.contains(source));
        own.map(|(ask, _)| *ask).collect()
    }
}

impl Download {
    pub(super) fn source_of(&self, path: usize) -> Option<u16> {
        self.paths.get(path).map(|path| path.source)
    }

    /// Whether this path leads to another source than the one that the identity came from.
    pub(super) fn is_foreign(&self, path: usize) -> bool {
        let source = self.source_of(path);
        self.version.as_ref().is_some_and(|version| Some(version.source) != source)
    }

    /// Whether this path leads to a source of which nothing says that it has the same, though it may be used.
    pub(super) fn is_doubted(&self, path: usize) -> bool {
        let Some(version) = &self.version else { return false };
        let same = || self.source_of(path).is_some_and(|source| version.mirrors.same.contains(&source));
        self.is_foreign(path) && self.settings.may_doubt() && !same()
    }

    /// The precondition for a source that shares no tag: its own tag, once that is known.
    pub(super) fn mirror_precondition(&self, path: usize, range: Asked) -> Precondition {
        let source = self.source_of(path);
        let bears = self.paths.get(path).is_some_and(|path| path.bearing < Bearing::Nothing);
        let own = self.version.as_ref().zip(source).and_then(|(version, source)| {
            version.mirrors.identities.get(&source).and_then(Identity::strong_tag)
        });
        match own {
            Some(tag) if range != Asked::Whole && bears => Precondition::IfRange(tag.clone()),
            _ => Precondition::None,
        }
    }

    /// Judges the head of another source: by the tag that all share, else by what it said of itself and the length.
    // R-6249/7.1.1-1
    pub(super) fn judge_mirror(&self, path: usize, request: &Request<'_>, head: &Head) -> Verdict {
        let ours = judge(request, head);
        if !self.is_doubted(path) {
            return match ours {
                // Parts of mirrors are put together only under a shared strong tag.
                Verdict::Granted(granted) | Verdict::RangesIgnored(granted)
                    if granted.proof == Proof::Unproved =>
                {
                    Verdict::Changed
                }
                other => other,
            };
        }
        if matches!(&ours, Verdict::Granted(granted) if granted.proof >= Proof::Compared) {
            return ours;
        }
        let Some((version, source)) = self.version.as_ref().zip(self.source_of(path)) else { return ours };
        let own = version.mirrors.identities.get(&source);
        let doubted = |granted: Granted| Granted { proof: Proof::Mirrored, ..granted };
        match judge(&Request { identity: own, ..request.clone() }, head) {
            Verdict::Granted(granted) | Verdict::RangesIgnored(granted)
                if granted.complete_length.is_none()
                    || granted.complete_length != version.identity.complete_length =>
            {
                Verdict::Changed
            }
            // Where it ends says nothing of where the others do.
            Verdict::Complete { .. } => Verdict::Changed,
            Verdict::Granted(granted) => Verdict::Granted(doubted(granted)),
            Verdict::RangesIgnored(granted) => Verdict::RangesIgnored(doubted(granted)),
            other => other,
        }
    }

    /// Remembers which source gave an answer, and what it says of itself.
    pub(super) fn note_mirror(&mut self, path: usize, ask: AskId, head: &Head, granted: &Granted) {
        let source = self.source_of(path);
        let is_foreign = self.is_foreign(path);
        let Some((version, source)) = self.version.as_mut().zip(source).filter(|_| is_foreign) else {
            return;
        };
        let mirrors = &mut version.mirrors;
        if granted.proof == Proof::Mirrored {
            mirrors.answers.insert(ask, source);
            mirrors.identities.entry(source).or_insert_with(|| Identity::of(head, granted.complete_length));
        } else if !mirrors.same.contains(&source) {
            mirrors.same.push(source);
        }
    }

    /// Gives up sources whose octets were contradicted; all that came from them is fetched again.
    pub(super) fn quarantine(&mut self, sources: &[u16], fault: Fault) -> Vec<AskId> {
        for path in self.paths.iter_mut().filter(|path| sources.contains(&path.source)) {
            path.dead.get_or_insert(fault);
        }
        let lanes = self
            .lanes
            .iter()
            .filter(|lane| self.source_of(lane.path).is_some_and(|own| sources.contains(&own)));
        let lanes: Vec<_> = lanes.map(|lane| lane.ask).collect();
        for ask in lanes {
            self.stop_lane(ask);
        }
        self.version.as_ref().map_or(Vec::new(), |version| version.mirrors.answers_of(sources))
    }

    /// An answer of another version: another mirror's file, which is given up.
    // R-6249/7-2, R-8.8.1-3
    pub(super) fn other_version(&mut self, index: usize, now: Duration) {
        let source = self.lanes.get(index).and_then(|lane| self.source_of(lane.path));
        if !self.lanes.get(index).is_some_and(|lane| self.is_foreign(lane.path)) {
            return self.change();
        }
        for path in self.paths.iter_mut().filter(|path| Some(path.source) == source) {
            path.dead = Some(Fault::RepresentationChanged);
        }
        self.fail_lane(index, Fault::RepresentationChanged, now);
    }
}
