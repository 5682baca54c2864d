//! What an answer's head leads to.
//!
//! In: events about one request. Out: a lane that may write, or a failure, a pause, a change.

use std::num::NonZeroU64;
use std::time::Duration;

use super::accept::{Granted, Request, Verdict, judge, lead};
use super::identity::Likeness;
use super::lane::{Answer, Finish, Purpose};
use super::path::Bearing;
use super::rate::Rate;
use super::schedule::piece;
use super::{AskId, Asked, Download, Failure, Fault, Head, Misbehaviour, Placement, Precondition};
use crate::{ByteRange, ContentRange};

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
            Verdict::Complete { complete_length } => self.complete_length_found(index, head, complete_length),
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
    fn complete_length_found(&mut self, index: usize, head: &Head, complete_length: u64) {
        let Some(lane) = self.lanes.get(index) else { return };
        let (ask, path) = (lane.ask, lane.path);
        if self.version.is_none() {
            let source = self.paths.get(path).map_or(0, |path| path.source);
            let proof = super::Proof::Unproved;
            let end = Some(complete_length);
            self.begin(head, &Granted { first: 0, end, complete_length: end, proof }, source);
        } else if let Some(version) = &mut self.version {
            version.learn_length(complete_length);
        }
        self.stop_lane(ask);
    }

    /// The server takes a precondition wrongly; it is asked again with the next weaker one, at once.
    fn downgrade(&mut self, index: usize) {
        let Some(lane) = self.lanes.get(index) else { return };
        let bearing = match lane.precondition {
            Precondition::IfMatch(_) => Bearing::Range,
            _ => Bearing::Nothing,
        };
        let (ask, path) = (lane.ask, lane.path);
        if let Some(path) = self.paths.get_mut(path) {
            path.bearing = path.bearing.max(bearing);
        }
        self.stop_lane(ask);
    }

    pub(super) fn misbehave(&mut self, index: usize, what: Misbehaviour, now: Duration) {
        let ranged = self.lanes.get(index).map(|lane| (lane.path, lane.range != Asked::Whole));
        let fault = Fault::ServerMisbehaved(what);
        let at = ranged.map(|(path, _)| path);
        let others = |lane: &super::lane::Lane| Some(lane.path) == at && lane.answer.is_some();
        if self.lanes.iter().filter(|lane| others(lane)).count() > usize::from(self.answers(index)) {
            // Others of the same server make sense: it is not overloaded, and a pause would help nobody.
            self.pass_over(index, fault);
        } else {
            self.fail_lane(index, fault, now);
        }
        let Some((at, ranged)) = ranged else { return };
        if let Some(path) = self.paths.get_mut(at).filter(|path| path.plain && !ranged) {
            path.nonsense = path.nonsense.saturating_add(1);
            // Coded whatever is asked, and however: that will not change. Nor will, as likely as not, what made no sense with
            // Range and made none twice without.
            if what == Misbehaviour::Coded || path.nonsense >= 2 {
                path.dead.get_or_insert(fault);
            }
        }
        if !ranged {
            return;
        }
        // After two answers in a row that make no sense, the simplest request there is; where others are under way, they
        // may make sense, and so many more are looked at.
        let enough = self.lanes_on(at).saturating_add(2);
        if let Some(path) = self.paths.get_mut(at) {
            path.nonsense = path.nonsense.saturating_add(1);
            if path.nonsense >= enough {
                (path.plain, path.nonsense) = (true, 0);
            }
        }
    }

    fn answers(&self, index: usize) -> bool {
        self.lanes.get(index).is_some_and(|lane| lane.answer.is_some())
    }

    /// Asks without Range from now on, at once.
    fn ask_whole(&mut self, index: usize) {
        let Some(lane) = self.lanes.get(index) else { return };
        let (ask, path) = (lane.ask, lane.path);
        if let Some(path) = self.paths.get_mut(path) {
            path.plain = true;
        }
        self.stop_lane(ask);
    }

    fn busy(&mut self, index: usize, status: u16, after: Option<Duration>, now: Duration) {
        let Some(lane) = self.lanes.get(index) else { return };
        let (ask, path) = (lane.ask, lane.path);
        self.counts.failures = self.counts.failures.saturating_add(1);
        let others = self.lanes_on(path).saturating_sub(1);
        self.stop_lane(ask);
        if after.is_none()
            && others > 0
            && let Some(path) = self.paths.get_mut(path)
        {
            // So many it bears: the next request is one that another has ended for, and no pause is asked for.
            return path.limit(others);
        }
        let settings = &self.settings;
        let source = self.paths.get(path).map(|path| path.source);
        // It is the server that is busy, whichever way leads to it.
        for path in self.paths.iter_mut().filter(|path| Some(path.source) == source) {
            path.busy(status, after, ask.0, settings, now);
        }
    }

    fn refused(&mut self, index: usize, status: u16, redirected: bool, now: Duration) {
        let Some(lane) = self.lanes.get(index) else { return };
        let (at, fresh) = (lane.path, lane.resolved_again);
        let others = self.lanes.iter().any(|other| other.path == at && other.answer.is_some());
        let fault = Fault::Refused(status);
        let Some(path) = self.paths.get_mut(at) else { return };
        if matches!(status, 401 | 403 | 404 | 410) && redirected && !fresh {
            // Links behind a redirection expire; the URL that the user named may give a new one, to each lane its own.
            path.resolve_again = true;
            return self.pass_over(index, fault);
        } else if others {
            // It answers some requests: it does not bear so many.
            path.shrink();
        } else {
            path.dead.get_or_insert(fault);
        }
        self.fail_lane(index, fault, now);
    }

    pub(super) fn on_bytes(&mut self, ask: AskId, count: u64, now: Duration) {
        let Some(index) = self.index_of(ask) else { return };
        let Some(lane) = self.lanes.get_mut(index) else { return };
        // After its end, or after its path may carry no more, nothing of it counts.
        let Some(answer) = lane.answer.as_mut().filter(|answer| answer.finish.is_none()) else { return };
        answer.pending = answer.pending.saturating_add(count);
        answer.rate.add(count, now);
        self.counts.received = self.counts.received.saturating_add(count);
        let path = lane.path;
        let spent = self.paths.get_mut(path).is_some_and(|path| {
            path.receive(count);
            path.budget == Some(0)
        });
        if spent {
            self.break_off(path);
        }
    }

    /// Ends the requests of a path that may carry no more; what has come of them is used.
    fn break_off(&mut self, path: usize) {
        let lanes: Vec<_> = self.lanes.iter().filter(|lane| lane.path == path).map(|lane| lane.ask).collect();
        for ask in lanes {
            match self.lanes.iter().find(|lane| lane.ask == ask).map(|lane| lane.answer.is_some()) {
                Some(true) => self.on_finish(ask, Finish::Broken),
                _ => self.stop_lane(ask),
            }
        }
    }

    pub(super) fn on_finish(&mut self, ask: AskId, finish: Finish) {
        let Some(lane) = self.lanes.iter_mut().find(|lane| lane.ask == ask) else { return };
        if let Some(answer) = &mut lane.answer {
            answer.finish.get_or_insert(finish);
        }
    }

    pub(super) fn on_failed(&mut self, ask: AskId, failure: Failure, now: Duration) {
        let Some(index) = self.index_of(ask) else { return };
        if failure == Failure::Hopeless
            && let Some(path) =
                self.lanes.get(index).map(|lane| lane.path).and_then(|path| self.paths.get_mut(path))
        {
            path.dead.get_or_insert(Fault::Unreachable);
        }
        if self.lanes.get(index).is_some_and(|lane| lane.answer.is_some()) {
            // What came before the break is used first.
            return self.on_finish(ask, Finish::Broken);
        }
        let at = self.lanes.get(index).map_or(0, |lane| lane.path);
        let others = self.lanes_on(at).saturating_sub(1);
        let received = self.lanes.iter().any(|other| other.path == at && other.answer.is_some());
        if !received {
            return self.fail_lane(index, Fault::Unreachable, now);
        }
        // Others receive: the way is good, and does not bear so many.
        if let Some(path) = self.paths.get_mut(at) {
            path.limit(others);
        }
        self.pass_over(index, Fault::Unreachable);
    }

    pub(super) fn on_compared(&mut self, ask: AskId, range: ByteRange, equal: bool, now: Duration) {
        let Some(index) = self.index_of(ask) else { return };
        let Some(lane) = self.lanes.get_mut(index) else { return };
        let Some(answer) = &mut lane.answer else { return };
        answer.comparing = answer.comparing.saturating_sub(1);
        if equal {
            let led = answer.lead.is_some_and(|lead| answer.position > lead.last());
            if led && answer.comparing == 0 && lane.purpose == Purpose::Fetch {
                let start = lane.start;
                // It proves the seam once its own octets stand there; where nothing can follow, at once.
                answer.led = true;
                if let Some(version) = &mut self.version
                    && version.identity.complete_length == Some(start)
                {
                    version.holdings.prove_seam(start);
                }
            }
        } else if answer.lead.is_some() || !lane.writes() {
            self.contradict(index, range, now);
        }
    }

    pub(super) fn on_digested(&mut self, ask: AskId, matches: bool, now: Duration) {
        if let Some(version) = &mut self.version {
            if matches {
                version.holdings.release(ask);
            } else {
                version.holdings.revoke(ask);
            }
        }
        if !matches && let Some(index) = self.index_of(ask) {
            self.misbehave(index, Misbehaviour::Digest, now);
        }
    }

    /// What came of the answer counts from now on as what came of any other does, and it may be cut.
    pub(super) fn on_undigested(&mut self, ask: AskId) {
        if let Some(answer) = self.index_of(ask).and_then(|index| self.lanes.get_mut(index)?.answer.as_mut())
        {
            answer.digested = false;
        }
        if let Some(version) = &mut self.version {
            version.holdings.release(ask);
        }
    }

    pub(super) fn on_path_down(&mut self, path: usize, now: Duration) {
        if let Some(path) = self.paths.get_mut(path) {
            path.up = false;
        }
        let lost: Vec<_> = self.lanes.iter().filter(|lane| lane.path == path).map(|lane| lane.ask).collect();
        for ask in lost {
            self.stop_lane(ask);
        }
        if !self.paths.iter().any(super::path::Path::is_usable) {
            self.offline_since.get_or_insert(now);
        }
    }
}
