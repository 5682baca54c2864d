//! Requests: which lane gets which work, and what it asks for.
//!
//! In: free lanes. Out: `Fetch`, with the strongest precondition there is.

use std::time::Duration;

use super::lane::{Lane, Purpose};
use super::path::{Bearing, Path};
use super::rate::scale;
use super::schedule::{Plan, Work};
use super::{Action, AskId, Asked, Download, Fault, Fetch, Precondition, Proof, Version};
use crate::ByteRange;

impl Download {
    /// Gives work to one free lane; tells whether there was any.
    pub(super) fn give_work(&mut self, now: Duration) -> bool {
        let mut ready: Vec<_> = (0..self.paths.len()).filter(|index| self.has_room(*index, now)).collect();
        ready.sort_by_key(|index| self.lanes_on(*index));
        for path in ready {
            if self.give_work_on(path, now) {
                return true;
            }
        }
        false
    }

    pub(super) fn lanes_on(&self, path: usize) -> usize {
        self.lanes.iter().filter(|lane| lane.path == path).count()
    }

    /// Whether this path bears one more request now.
    // R-9112/9.4-1, R-6249/7-3
    fn has_room(&self, index: usize, now: Duration) -> bool {
        let Some(path) = self.paths.get(index) else { return false };
        let one = self.alone
            || path.plain
            || !path.ranges
            || !self.version.as_ref().is_some_and(|version| self.is_divisible(version));
        let most = if one { 1 } else { path.target };
        let busy = if one { self.lanes.len() } else { self.lanes_on(index) };
        path.is_ready(now) && busy < most && !(path.one_at_a_time && self.is_asked(path.source))
    }

    /// Whether any request to this source is under way.
    fn is_asked(&self, source: u16) -> bool {
        self.lanes.iter().any(|lane| self.source_of(lane.path) == Some(source))
    }

    /// Whether several requests may be under way: parts can be asked for, put together, and end somewhere.
    fn is_divisible(&self, version: &Version) -> bool {
        version.combines(&self.settings) && version.identity.complete_length.is_some()
    }

    fn give_work_on(&mut self, index: usize, now: Duration) -> bool {
        let Some(path) = self.paths.get(index) else { return false };
        let Some(version) = &self.version else {
            if self.lanes.is_empty() {
                let (range, start) = self.first_asked(path.plain);
                self.ask(index, Purpose::Fetch, range, start, None, now);
                return true;
            }
            return false;
        };
        let Some(complete_length) = version.identity.complete_length else {
            return self.lanes.is_empty() && self.ask_on(index, now);
        };
        if self.is_all_here() {
            return self.check_seam(index, complete_length, now);
        }
        // A mirror that nobody vouches for would make seams of every octet that it wins.
        let strong = version.is_strong() && !self.is_doubted(index);
        let hedge_limit = scale(complete_length, self.settings.hedge_permille, 1000);
        let plan = Plan {
            lanes: &self.lanes,
            arrived: version.holdings.arrived(),
            complete_length,
            settings: &self.settings,
            rate: path.rate(now),
            setup: path.setup.unwrap_or(self.settings.setup),
            hedge_left: if strong { hedge_limit.saturating_sub(self.counts.hedged) } else { 0 },
            now,
        };
        let Some(work) = plan.work() else { return false };
        self.take(index, work, now);
        true
    }

    /// Asks for what follows all that has arrived, where the end is not known.
    fn ask_on(&mut self, index: usize, now: Duration) -> bool {
        let Some(version) = &self.version else { return false };
        let start = version.holdings.arrived().first_missing(0);
        let plain = self.paths.get(index).is_some_and(|path| path.plain);
        let from = start.saturating_sub(self.lead_for(index, start));
        let range = if plain { Asked::Whole } else { Asked::From(from) };
        self.ask(index, Purpose::Fetch, range, start, None, now);
        true
    }

    /// Compares what lies on both sides of a seam, where no tag binds the two answers.
    fn check_seam(&mut self, index: usize, complete_length: u64, now: Duration) -> bool {
        let Some(version) = &self.version else { return false };
        // Who is in doubt does not judge itself, while anybody else can.
        let others = || {
            (0..self.paths.len())
                .any(|path| !self.is_doubted(path) && self.paths.get(path).is_some_and(Path::is_usable))
        };
        if self.is_doubted(index) && others() {
            return false;
        }
        let busy = !self.lanes.is_empty()
            || !version.holdings.written().covers(match ByteRange::whole(complete_length) {
                Some(whole) => whole,
                None => return false,
            });
        let Some(seam) = version.open_seam(&self.settings).filter(|_| !busy) else { return false };
        let first = seam.saturating_sub(self.settings.overlap.max(1));
        let end = seam.saturating_add(self.settings.overlap.max(1)).min(complete_length);
        let Some(range) = ByteRange::with_length(first, end.saturating_sub(first)) else { return false };
        let plain = self.paths.get(index).is_some_and(|path| path.plain);
        let range = if plain { Asked::Whole } else { Asked::Range(range) };
        self.ask(index, Purpose::Check(seam), range, first, Some(end), now);
        true
    }

    fn take(&mut self, index: usize, work: Work, now: Duration) {
        match work {
            Work::Gap(range) if self.budget_of(index).is_some() => {
                // No more than may still be carried.
                let range = self.budget_of(index).and_then(|budget| range.truncated(budget)).unwrap_or(range);
                self.ask_range(index, Purpose::Fetch, range, now);
            }
            Work::Gap(range) => self.ask_range(index, Purpose::Fetch, range, now),
            Work::Steal { victim, range } => {
                if let Some(lane) = self.index_of(victim).and_then(|index| self.lanes.get_mut(index)) {
                    lane.end = Some(range.first());
                }
                self.counts.stolen = self.counts.stolen.saturating_add(1);
                self.ask_range(index, Purpose::Fetch, range, now);
            }
            Work::Replace { victim, range } => self.replace(index, victim, range, now),
            Work::Hedge(range) => {
                self.counts.hedged = self.counts.hedged.saturating_add(range.length());
                self.ask_range(index, Purpose::Hedge, range, now);
            }
        }
    }

    fn budget_of(&self, index: usize) -> Option<u64> {
        self.paths.get(index).and_then(|path| path.budget)
    }

    /// Stops a silent lane and asks anew for what it still had.
    fn replace(&mut self, index: usize, victim: AskId, range: ByteRange, now: Duration) {
        self.counts.stolen = self.counts.stolen.saturating_add(1);
        let others = self.lanes.len() > 1;
        if others {
            self.stop_lane(victim);
            self.ask_range(index, Purpose::Fetch, range, now);
        } else if let Some(at) = self.index_of(victim) {
            // Nobody else moves: it counts as a failure, so that a server that is slow is asked less and less often.
            self.fail_lane(at, Fault::Unreachable, now);
        }
    }

    fn ask_range(&mut self, index: usize, purpose: Purpose, range: ByteRange, now: Duration) {
        let plain = self.paths.get(index).is_some_and(|path| path.plain);
        let lead = if purpose == Purpose::Fetch { self.lead_for(index, range.first()) } else { 0 };
        let first = range.first().saturating_sub(lead);
        let asked = match ByteRange::new(first, range.last()) {
            Some(asked) if !plain => Asked::Range(asked),
            _ => Asked::Whole,
        };
        self.ask(index, purpose, asked, range.first(), Some(range.half_open().end), now);
    }

    /// Octets before this position that are asked for again, to be compared.
    fn lead_for(&self, index: usize, start: u64) -> u64 {
        let Some(version) = &self.version else { return 0 };
        let before = start.checked_sub(1).and_then(|before| version.holdings.proof_at(before));
        let doubtful = before.is_some_and(Proof::is_doubtful) || self.is_doubted(index);
        if !version.overlaps(&self.settings) && !doubtful {
            return 0;
        }
        version.holdings.written().octets_before(start).min(self.settings.overlap.max(1))
    }

    fn ask(
        &mut self,
        index: usize,
        purpose: Purpose,
        range: Asked,
        start: u64,
        end: Option<u64>,
        now: Duration,
    ) {
        let ask = AskId(self.next_ask);
        self.unsettled = true;
        self.next_ask = self.next_ask.saturating_add(1);
        self.counts.requests = self.counts.requests.saturating_add(1);
        let precondition = self.precondition(index, range);
        let resolve_again =
            self.paths.get_mut(index).is_some_and(|path| std::mem::take(&mut path.resolve_again));
        self.actions.push_back(Action::Fetch(Fetch {
            ask,
            path: index,
            range,
            precondition: precondition.clone(),
            resolve_again,
            one_connection: self.alone,
        }));
        let answer = None;
        self.lanes.push(Lane {
            ask,
            path: index,
            purpose,
            range,
            precondition,
            resolved_again: resolve_again,
            since: now,
            start,
            end,
            answer,
        });
    }

    /// The strongest precondition that the identity gives and the path bears.
    // R-13.1.5-2, R-13.1.5-5, R-13.1.5-6, R-6249/7-1
    fn precondition(&self, index: usize, range: Asked) -> Precondition {
        let (Some(version), Some(path)) = (&self.version, self.paths.get(index)) else {
            return Precondition::None;
        };
        if self.is_doubted(index) {
            return self.mirror_precondition(index, range);
        }
        let identity = &version.identity;
        if range == Asked::Whole {
            return Precondition::None;
        }
        match (identity.strong_tag(), path.bearing) {
            (Some(tag), Bearing::Match) if !self.lanes.is_empty() => Precondition::IfMatch(tag.clone()),
            (Some(tag), Bearing::Match | Bearing::Range) => Precondition::IfRange(tag.clone()),
            (None, Bearing::Match) => match identity.last_modified {
                Some(date) if identity.date_is_strong => Precondition::IfRangeDate(date),
                Some(date) if identity.etag.is_some() => Precondition::IfUnmodifiedSince(date),
                _ => Precondition::None,
            },
            _ => Precondition::None,
        }
    }
}
