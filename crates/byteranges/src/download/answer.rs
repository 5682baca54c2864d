//! What an answer's head leads to.
//!
//! In: a head. Out: a lane that may write, or what `reject` and `change` make of it.

use std::num::NonZeroU64;
use std::time::Duration;

use super::accept::{Granted, Request, Verdict, judge, lead};
use super::identity::Likeness;
use super::lane::{Answer, Purpose};
use super::rate::Rate;
use super::schedule::piece;
use super::{AskId, Download, Fault, Head, Misbehaviour, Placement};
use crate::ContentRange;

impl Download {
    pub(super) fn on_head(&mut self, ask: AskId, head: &Head, now: Duration) {
        let Some(index) = self.index_of(ask) else { return };
        let Some(lane) = self.lanes.get(index).filter(|lane| lane.answer.is_none()) else { return };
        let identity = self.version.as_ref().map(|version| &version.identity);
        let arrived_end = self.arrived_end();
        if let Some(found) = self.unproved.filter(|_| identity.is_none() && head.status == 416) {
            return self.not_as_long(ask, head, found);
        }
        let request = Request { range: lane.range, precondition: &lane.precondition, identity, arrived_end };
        let path = lane.path;
        let setup = now.saturating_sub(lane.since);
        if let Some(path) = self.paths.get_mut(path) {
            path.setup = Some(setup);
        }
        let is_foreign = self.is_foreign(path);
        let verdict =
            if is_foreign { self.judge_mirror(path, &request, head) } else { judge(&request, head) };
        match self.judge_anew(verdict, head) {
            Verdict::Granted(granted) => self.grant(index, head, &granted, now),
            Verdict::RangesIgnored(granted) => self.ranges_ignored(index, head, &granted, now),
            Verdict::Complete { complete_length } => self.complete_length_found(ask, complete_length),
            Verdict::Changed if !is_foreign => self.follow(index, head, now),
            Verdict::Changed => self.other_version(index, now),
            Verdict::Downgrade => self.downgrade(index),
            Verdict::Misbehaved(what) => self.misbehave(index, what, now),
            Verdict::AskWhole => self.ask_whole(index),
            Verdict::Busy(status, after) => self.busy(index, status, after, now),
            Verdict::Failing(status) => self.fail_lane(index, Fault::Refused(status), now),
            Verdict::Refused(status) => self.refused(index, status, head.redirected, now),
        }
    }

    /// The server has nothing where the file ends that was found: that is of something else.
    fn not_as_long(&mut self, ask: AskId, head: &Head, found: u64) {
        match head.placement {
            Placement::Valid(ContentRange::Unsatisfied { complete_length }) if complete_length < found => {
                self.change();
            }
            // It does not say where it ends, or ranges are not what it is good at.
            _ => {
                self.unproved = None;
                self.stop_lane(ask);
            }
        }
    }

    /// Holds the first answer of a file against what came before it and could not be gone on with, or was found.
    fn judge_anew(&self, verdict: Verdict, head: &Head) -> Verdict {
        let Verdict::Granted(granted) = &verdict else { return verdict };
        if self.version.is_some() {
            return verdict;
        }
        let end = self.arrived_end().max(self.unproved.unwrap_or(0));
        if granted.complete_length.is_some_and(|length| length < end) {
            return Verdict::Changed;
        }
        match self.unfinished.as_ref().map(|before| before.identity.compare(head, granted.complete_length)) {
            Some(Likeness::Other) => Verdict::Changed,
            Some(Likeness::Unknown) => Verdict::Misbehaved(Misbehaviour::NoValidator),
            Some(Likeness::Same | Likeness::NotOther) | None => verdict,
        }
    }

    /// Lets an answer write.
    pub(super) fn grant(&mut self, index: usize, head: &Head, granted: &Granted, now: Duration) {
        let Some(lane) = self.lanes.get(index) else { return };
        let (ask, path) = (lane.ask, lane.path);
        let source = self.paths.get(path).map_or(0, |path| path.source);
        if self.version.is_none()
            && !self.begin(head, granted, source)
            && let Some(lane) = self.lanes.get_mut(index)
        {
            // What was found does not fit: all that comes is wanted, if it is where it was asked for.
            lane.start = if head.status == 206 { lane.range.first() } else { granted.first };
        }
        self.note_mirror(path, ask, head, granted);
        let settings = &self.settings;
        let Some(version) = &mut self.version else { return };
        if version.identity.complete_length.is_none()
            && let Some(length) = granted.complete_length
        {
            version.learn_length(length);
        }
        if let Some(path) = self.paths.get_mut(path) {
            path.ranges = head.status == 206;
        }

        let Some(lane) = self.lanes.get_mut(index) else { return };
        let start = lane.start;
        let before = version.holdings.written().octets_before(start);
        let asked_lead = start.saturating_sub(lane.range.first());
        let lead = match lane.purpose {
            Purpose::Check(_) => Some(None),
            // The lead that was asked for is compared whole, and what a shift adds as far as the limit.
            _ => lead(head, granted, lane.range, start, before, settings.lead.max(asked_lead)),
        };
        let Some(lead) = lead else {
            return self.misbehave(index, Misbehaviour::WrongRange, now);
        };
        lane.answer = Some(Answer {
            first: granted.first,
            position: granted.first,
            granted_end: granted.end,
            lead,
            pending: 0,
            comparing: 0,
            led: false,
            writing: 0,
            proof: granted.proof,
            digested: head.digested && lane.writes(),
            gave: false,
            rate: Rate::new(now),
            finish: None,
        });
        if lane.end.is_none() {
            // Within a window the others begin soon behind it, and it goes on where they do not.
            let most =
                settings.max_segment.filter(|_| head.status == 206 && !self.alone).map(NonZeroU64::get);
            let size = [piece(settings), most].into_iter().flatten().min();
            let piece =
                size.filter(|_| version.combines(settings)).map(|size| lane.start.saturating_add(size));
            let length = version.identity.complete_length;
            lane.end = length.map(|length| piece.map_or(length, |piece| piece.min(length)));
        }
        if head.digested && lane.writes() {
            version.holdings.withhold(ask);
        }
    }

    /// The whole came for a part. It is of use only if nobody else is at work.
    fn ranges_ignored(&mut self, index: usize, head: &Head, granted: &Granted, now: Duration) {
        let ask = self.lanes.get(index).map(|lane| lane.ask);
        let alone = self.lanes.iter().all(|lane| Some(lane.ask) == ask || lane.answer.is_none());
        // R-14.3-4: what it did before is no promise.
        if let Some(path) =
            self.lanes.get(index).map(|lane| lane.path).and_then(|path| self.paths.get_mut(path))
        {
            path.ranges = false;
        }
        if alone {
            self.grant(index, head, granted, now);
            let waiting: Vec<_> =
                self.lanes.iter().map(|lane| lane.ask).filter(|own| Some(*own) != ask).collect();
            for ask in waiting {
                self.stop_lane(ask);
            }
            // It goes on to the end: nobody else can be asked.
            let lane = ask.and_then(|ask| self.lanes.iter_mut().find(|lane| lane.ask == ask));
            if let Some(lane) = lane.filter(|lane| lane.writes()) {
                lane.end = granted.complete_length;
            }
        } else if let Some(ask) = ask {
            self.counts.failures = self.counts.failures.saturating_add(1);
            self.stop_lane(ask);
        }
    }

    /// The end of the representation turned out to be where all that is held ends.
    fn complete_length_found(&mut self, ask: AskId, complete_length: u64) {
        if let Some(version) = &mut self.version {
            version.learn_length(complete_length);
        }
        self.stop_lane(ask);
    }
}
