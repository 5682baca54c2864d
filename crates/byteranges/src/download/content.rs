//! What comes after an answer's head: octets, their comparisons and digests, the end.
//!
//! In: events about one request. Out: what a lane may place, and how it ended.

use std::time::Duration;

use super::lane::{Finish, Purpose};
use super::{AskId, Download, Failure, Fault, Misbehaviour};
use crate::ByteRange;

impl Download {
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
