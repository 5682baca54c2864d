//! Octets that nobody vouches for: those of a file that was found without a journal, and of mirrors.
//!
//! In: what was found, comparisons, the digest. Out: pieces that count until something contradicts them.

use std::time::Duration;

use super::journal::{Held, Writer};
use super::lane::Purpose;
use super::{Action, AskId, Asked, Download, Fault, Identity, Misbehaviour, Proof, Settings};
use crate::ByteRange;

/// Pieces that a file found is cut into: where they meet, it is compared, so that a file with holes does not pass for one
/// that was written from its beginning.
const PIECES: u64 = 8;

impl Download {
    /// Begins with a file of this length that stands there without a journal.
    ///
    /// Its octets count only where [`Settings::assurance`] is at most `Overlap`, or where [`Settings::verify`] promises a
    /// digest. Its end is then compared first, in the answer that goes on behind it. Without a digest it is compared
    /// in several more places, and the rung is `Overlap` at best; with one, the digest decides. What is contradicted is
    /// fetched again. With [`Settings::window`] nothing counts that might have to be taken back. In all other cases this is [`new`](Self::new) without a journal: `StartFile` begins a new file.
    pub fn with_unproved(settings: Settings, length: u64) -> Self {
        let may = settings.may_doubt();
        let mut download = Self::new(settings, None);
        if may && length > 0 {
            download.unproved = Some(length);
            download.next_ask = PIECES;
        }
        download
    }

    /// What the first request asks for, and the first octet that is wanted of it.
    pub(super) fn first_asked(&self, plain: bool) -> (Asked, u64) {
        let start = self.unproved.unwrap_or(0);
        let first = start.saturating_sub(self.settings.overlap.max(1));
        (if plain { Asked::Whole } else { Asked::From(first) }, start)
    }

    /// Takes what was found as part of what an answer speaks of, unless it is longer; tells its pieces.
    pub(super) fn adopt(&mut self, identity: &Identity) -> Vec<Held> {
        let found = self.unproved.take();
        let fits = |found: &u64| identity.complete_length.is_some_and(|length| *found <= length);
        found.filter(fits).map_or(Vec::new(), |length| pieces(length, &self.settings))
    }

    /// Octets that are held differ from those of an answer: either is wrong.
    pub(super) fn contradict(&mut self, index: usize, range: ByteRange, now: Duration) {
        let (Some(version), Some(lane)) = (&self.version, self.lanes.get(index)) else { return };
        if lane.answer.as_ref().is_some_and(|answer| answer.proof == Proof::Mirrored) {
            // The one that came last, and that nobody vouches for, is the first to be given up.
            let (ask, proof) = (lane.ask, Proof::Mirrored);
            return self.distrust(&[(ask, proof)]);
        }
        let ask = lane.ask;
        let doubtful = version.holdings.doubtful(Some(range));
        if doubtful.is_empty() {
            return if version.is_strong() {
                // The tag is the same: it is this answer's place that is a lie.
                self.misbehave(index, Misbehaviour::Different, now);
            } else {
                self.change();
            };
        }
        self.distrust(&doubtful);
        // Lanes of the mirrors that gave them are gone.
        let Some(index) = self.index_of(ask) else { return };
        let Some(lane) = self.lanes.get_mut(index) else { return };
        match &mut lane.answer {
            // Nothing is left to compare with, but what follows is good.
            Some(answer) if answer.first == lane.range.first() && lane.purpose == Purpose::Fetch => {
                answer.lead = None;
            }
            Some(answer) if answer.first < lane.range.first() => {
                self.misbehave(index, Misbehaviour::Different, now);
            }
            _ => self.stop_lane(ask),
        }
    }

    /// Counts answers as nothing; all pieces of a file found stand or fall together, and all answers of one mirror.
    pub(super) fn distrust(&mut self, answers: &[(AskId, Proof)]) {
        let Some(version) = &self.version else { return };
        let sources = answers.iter().filter_map(|(ask, _)| version.mirrors.source_of(*ask));
        let sources: Vec<_> = sources.collect();
        let mut asks = self.quarantine(&sources, Fault::ServerMisbehaved(Misbehaviour::Different));
        let Some(version) = &mut self.version else { return };
        let is_found = |(_, proof): &(AskId, Proof)| *proof == Proof::Found;
        asks.extend(answers.iter().map(|(ask, _)| *ask));
        if answers.iter().any(is_found) {
            asks.extend(
                version.holdings.doubtful(None).iter().filter(|one| is_found(one)).map(|(ask, _)| *ask),
            );
        }
        asks.sort_unstable();
        asks.dedup();
        let mut octets = Vec::new();
        for ask in asks {
            version.holdings.revoke(ask);
            octets.extend(version.journal.void(ask));
        }
        self.actions.push_back(Action::Record { generation: self.generation, octets });
    }

    /// The digest differs: what nobody vouches for is to blame first. Tells whether there is anything to be fetched again.
    pub(super) fn fetch_doubtful_again(&mut self) -> bool {
        let Some(version) = &mut self.version else { return false };
        let doubtful = version.holdings.doubtful(None);
        version.verifying = false;
        if doubtful.is_empty() {
            return false;
        }
        let strong = version.is_strong();
        self.distrust(&doubtful);
        if !strong {
            // Nothing binds the rest to one version either.
            self.version = None;
        }
        true
    }
}

/// Cuts what was found into pieces with numbers of their own, none so short that comparing costs more than fetching.
fn pieces(length: u64, settings: &Settings) -> Vec<Held> {
    let least = settings.overlap.max(1).saturating_mul(4);
    let count = length.checked_div(least).unwrap_or(1).clamp(1, PIECES);
    let size = length.div_ceil(count);
    let piece = |number: u64| {
        let first = number.saturating_mul(size);
        let range = ByteRange::with_length(first, size.min(length.saturating_sub(first)))?;
        Some(Held { range, ask: AskId(number), proof: Proof::Found })
    };
    (0..count).filter_map(piece).collect()
}

/// The records of what was found.
pub(super) fn records(journal: &mut Writer, pieces: &[Held]) -> Vec<u8> {
    pieces.iter().flat_map(|piece| journal.held(*piece)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_cover_what_was_found_and_are_not_too_short() {
        let settings = Settings { overlap: 10, ..Settings::default() };
        for (length, count) in [(1, 1), (39, 1), (80, 2), (81, 2), (1000, 8), (u64::MAX - 1, 8)] {
            let pieces = pieces(length, &settings);
            assert_eq!(pieces.len(), count, "{length}");
            let ends = pieces.iter().fold(0, |end, piece| {
                assert_eq!(piece.range.first(), end);
                piece.range.half_open().end
            });
            assert_eq!(ends, length);
        }
    }
}
