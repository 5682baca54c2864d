//! Where the octets of an answer go.
//!
//! In: octets that arrived and are not placed. Out: writes, comparisons, octets to drop; and the end of the lane.

use std::time::Duration;

use super::lane::{Finish, Purpose};
use super::schedule::{piece, window_end};
use super::{Action, AskId, Download, Fault, Misbehaviour};
use crate::ByteRange;

/// What becomes of the next octets of an answer.
enum Next {
    Skip(u64),
    Compare(ByteRange),
    Write(ByteRange),
    /// Comparisons under way decide.
    Wait,
    /// Nothing more is wanted.
    Enough,
    /// More came than the head said.
    TooMuch,
}

impl Download {
    /// Places what has arrived on each lane, and ends lanes that have nothing more to give; tells whether anything changed.
    pub(super) fn place(&mut self, now: Duration) -> bool {
        let mut changed = false;
        // Lanes that fetch the same may have satisfied each other; else only what came on a lane changes anything for it.
        let all = self.lanes.iter().any(|lane| lane.purpose != Purpose::Fetch) || self.is_all_here();
        let asks: Vec<_> =
            self.lanes.iter().filter(|lane| all || lane.has_news()).map(|lane| lane.ask).collect();
        for ask in asks {
            changed |= self.place_lane(ask, now);
        }
        changed
    }

    fn place_lane(&mut self, ask: AskId, now: Duration) -> bool {
        let mut changed = false;
        // Bounded: each turn takes at least one octet of what is pending.
        while self.version.as_ref().is_some_and(|version| version.ready) {
            let Some(index) = self.index_of(ask) else { return true };
            match self.next_of(index) {
                Some(Next::Wait) | None => break,
                Some(Next::TooMuch) => {
                    self.fail_lane(index, Fault::ServerMisbehaved(Misbehaviour::Content), now);
                    return true;
                }
                Some(Next::Enough) if self.go_on(index) => {}
                Some(Next::Enough) => {
                    self.enough(index);
                    return true;
                }
                Some(next) => self.perform(index, &next),
            }
            changed = true;
        }
        self.end_of_lane(ask, now) || changed
    }

    fn next_of(&self, index: usize) -> Option<Next> {
        let version = self.version.as_ref()?;
        let lane = self.lanes.get(index)?;
        let answer = lane.answer.as_ref()?;
        if answer.pending == 0 {
            return None;
        }
        let (at, pending) = (answer.position, answer.pending);
        let up_to = |end: u64| pending.min(end.saturating_sub(at));
        let range = |end: u64| ByteRange::with_length(at, up_to(end));
        if let Some(lead) = answer.lead.filter(|lead| at <= lead.last()) {
            if at < lead.first() {
                return Some(Next::Skip(up_to(lead.first())));
            }
            return range(lead.half_open().end).map(Next::Compare);
        }
        if at < lane.start {
            return Some(Next::Skip(up_to(lane.start)));
        }
        if answer.comparing > 0 && lane.writes() {
            return Some(Next::Wait);
        }
        if answer.granted_end.is_some_and(|end| at >= end) {
            return Some(Next::TooMuch);
        }
        let end = lane.end.unwrap_or(u64::MAX).min(answer.granted_end.unwrap_or(u64::MAX));
        let Some(wanted) = range(end) else {
            return Some(match answer.granted_end {
                _ if answer.comparing > 0 => Next::Wait,
                end if answer.digested => Next::Skip(up_to(end.unwrap_or(u64::MAX))),
                _ => Next::Enough,
            });
        };
        if let Purpose::Check(_) = lane.purpose {
            return Some(Next::Compare(wanted));
        }
        let arrived = version.holdings.arrived();
        let window = window_end(&self.settings, arrived);
        if let Some(run) = arrived.run_at(at) {
            return Some(Next::Skip(up_to(run.half_open().end.min(end))));
        }
        // Never further ahead: what is wanted first has to come before there is room for more.
        let Some(room) = ByteRange::with_length(at, window.saturating_sub(at)) else {
            return Some(Next::Wait);
        };
        let gap = arrived.gaps(wanted).next()?;
        gap.truncated(room.length()).map(Next::Write)
    }

    fn perform(&mut self, index: usize, next: &Next) {
        let (Some(version), Some(lane)) = (&mut self.version, self.lanes.get_mut(index)) else { return };
        let Some(answer) = &mut lane.answer else { return };
        let (ask, generation) = (lane.ask, self.generation);
        let (action, count) = match *next {
            Next::Skip(count) => (Action::Skip { ask, count }, count),
            Next::Compare(range) => {
                answer.comparing = answer.comparing.saturating_add(1);
                (Action::Compare { ask, range }, range.length())
            }
            Next::Write(range) => {
                version.holdings.arrive(range, ask, answer.proof);
                if answer.led && range.first() == lane.start {
                    version.holdings.prove_seam(lane.start);
                }
                answer.gave = true;
                answer.writing = answer.writing.saturating_add(range.length());
                if let Some(path) = self.paths.get_mut(lane.path) {
                    path.succeed();
                    // The first octets of all say nothing of whether the server can find others.
                    path.nonsense = if answer.first > 0 { 0 } else { path.nonsense };
                }
                (Action::Write { generation, ask, range }, range.length())
            }
            Next::Wait | Next::Enough | Next::TooMuch => return,
        };
        if !matches!(next, Next::Write(_)) {
            self.counts.wasted = self.counts.wasted.saturating_add(count);
        }
        answer.position = answer.position.saturating_add(count);
        answer.pending = answer.pending.saturating_sub(count);
        self.actions.push_back(action);
    }

    /// Lets an answer that has given what it was to give go on into a gap that follows, and that nobody else fetches: whoever
    /// was to do so has failed meanwhile. Tells whether there is one.
    fn go_on(&mut self, index: usize) -> bool {
        let (Some(version), Some(lane)) = (&self.version, self.lanes.get(index)) else { return false };
        let (Some(answer), Some(end)) = (&lane.answer, lane.end) else { return false };
        let limit = [answer.granted_end, version.identity.complete_length].into_iter().flatten().min();
        let Some(limit) = limit.filter(|limit| lane.purpose == Purpose::Fetch && *limit > end) else {
            return false;
        };
        // Where nobody can be asked any more, it is worth reading through what is held, to what is missing behind.
        let last_way = !self.paths.iter().any(super::path::Path::is_usable);
        let arrived = version.holdings.arrived();
        let others = self.lanes.iter().filter(|other| other.ask != lane.ask && other.writes());
        let mut taken = arrived.clone();
        taken.extend(others.filter_map(|other| other.remaining(limit)));
        let from = if last_way { taken.first_missing(end) } else { end };
        if answer.position != end || from >= limit || taken.run_at(from).is_some() {
            return false;
        }
        let next = taken.runs().map(|run| run.first()).find(|first| *first > from);
        let piece = piece(&self.settings).map(|piece| from.saturating_add(piece));
        // One answer that has to hold everything, or that came whole, is read to its end.
        let parts = !self.alone && self.paths.get(lane.path).is_some_and(|path| path.ranges && !path.plain);
        let most = self.settings.max_segment.filter(|_| !last_way && parts);
        let most = most.map(|most| answer.first.saturating_add(most.get()));
        let window = window_end(&self.settings, version.holdings.arrived());
        let until = next.into_iter().chain(piece).chain(most).min().unwrap_or(limit).min(limit).min(window);
        if until <= end {
            return false;
        }
        if let Some(lane) = self.lanes.get_mut(index) {
            lane.end = Some(until);
        }
        true
    }

    /// Gives up an answer that goes on past what is wanted of it.
    fn enough(&mut self, index: usize) {
        let Some(lane) = self.lanes.get(index) else { return };
        let (ask, pending) = (lane.ask, lane.answer.as_ref().map_or(0, |answer| answer.pending));
        self.counts.wasted = self.counts.wasted.saturating_add(pending);
        self.finish_check(index);
        self.stop_lane(ask);
    }

    /// Ends a lane that has given what it was to give, or whose answer has ended; tells whether it did.
    fn end_of_lane(&mut self, ask: AskId, now: Duration) -> bool {
        let Some(index) = self.index_of(ask) else { return true };
        let (Some(version), Some(lane)) = (&self.version, self.lanes.get(index)) else { return false };
        let Some(answer) = &lane.answer else { return false };
        if answer.pending > 0 || answer.comparing > 0 {
            return false;
        }
        let length = version.identity.complete_length;
        let whole = answer.granted_end.or(length).is_none_or(|end| answer.position == end);
        match answer.finish {
            Some(Finish::Ended) if whole => {
                let gave = match lane.purpose {
                    Purpose::Check(_) => lane.end.is_some_and(|end| answer.position >= end),
                    _ => answer.gave || lane.is_satisfied(version.holdings.arrived(), length),
                };
                let ends = length.is_none() && answer.granted_end.is_none();
                if !gave && !ends {
                    // Asked again it would end like this again.
                    self.misbehave(index, Misbehaviour::WrongRange, now);
                    return true;
                }
                if ends {
                    self.end_is_length(index);
                }
                self.finish_check(index);
                self.remove_lane(ask);
                true
            }
            Some(_) => {
                // R-9112/8-1: it came short; the rest goes back. One that gave what a request is worth is gone on with at once.
                if answer.position.saturating_sub(lane.start) >= self.settings.min_segment {
                    self.pass_over(index, Fault::Unreachable);
                } else {
                    self.fail_lane(index, Fault::Unreachable, now);
                }
                true
            }
            // An answer that is at its end is left to end by itself, so that its connection can be used again.
            None if answer.granted_end == Some(answer.position) => false,
            None if !lane.writes() || answer.digested => false,
            None if lane.is_satisfied(version.holdings.arrived(), length) => {
                if !self.go_on(index) {
                    self.stop_lane(ask);
                }
                true
            }
            None => false,
        }
    }

    /// An answer without any length ended in order: its end is the complete length.
    // R-9112/8-2
    fn end_is_length(&mut self, index: usize) {
        let Some(answer) = self.lanes.get(index).and_then(|lane| lane.answer.as_ref()) else { return };
        let position = answer.position;
        let told = self.unfinished.as_ref().and_then(|unfinished| unfinished.identity.complete_length);
        if position < self.arrived_end() || told.is_some_and(|told| told != position) {
            // It ends before octets that came already, or elsewhere than was told: it is another version.
            return self.change();
        }
        if let Some(version) = &mut self.version {
            version.learn_length(position);
        }
    }

    fn finish_check(&mut self, index: usize) {
        let Some(lane) = self.lanes.get(index) else { return };
        if let Purpose::Check(seam) = lane.purpose
            && lane.answer.as_ref().is_some_and(|answer| {
                answer.comparing == 0 && lane.end.is_some_and(|end| answer.position >= end)
            })
            && let Some(version) = &mut self.version
        {
            version.holdings.prove_seam(seam);
        }
    }
}
