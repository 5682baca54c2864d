//! Lanes that end early, and versions that end.
//!
//! In: a lane, and why. Out: its octets back in the queue, a pause, a new version, or the end of the download.

use std::time::Duration;

use super::accept::{Request, Verdict, judge};
use super::lane::Purpose;
use super::{Action, AskId, Download, Fault, Head, OnChange, Precondition, Unfinished};

impl Download {
    /// Forgets a lane whose answer has ended by itself.
    pub(super) fn remove_lane(&mut self, ask: AskId) {
        let Some(index) = self.index_of(ask) else { return };
        let lane = self.lanes.remove(index);
        self.unsettled = true;
        if let Some(version) = &mut self.version {
            version.holdings.give_up(ask);
        }
        if lane.writes() {
            self.insist_on_one_answer();
        }
    }

    /// Gives up a request; nobody is to blame.
    pub(super) fn stop_lane(&mut self, ask: AskId) {
        if self.index_of(ask).is_some() {
            self.actions.push_back(Action::Stop { ask });
            self.remove_lane(ask);
        }
    }

    /// Gives up a request that failed in a way that needs no pause.
    pub(super) fn pass_over(&mut self, index: usize, fault: Fault) {
        let Some(lane) = self.lanes.get(index) else { return };
        let (ask, path) = (lane.ask, lane.path);
        self.counts.failures = self.counts.failures.saturating_add(1);
        if let Some(path) = self.paths.get_mut(path) {
            path.count_failure(fault, &self.settings);
        }
        self.stop_lane(ask);
    }

    /// Gives up a request that failed: its path pauses.
    pub(super) fn fail_lane(&mut self, index: usize, fault: Fault, now: Duration) {
        let Some(lane) = self.lanes.get(index) else { return };
        let (ask, path) = (lane.ask, lane.path);
        self.counts.failures = self.counts.failures.saturating_add(1);
        if let Some(path) = self.paths.get_mut(path) {
            path.fail(fault, ask.0, &self.settings, now);
        }
        self.stop_lane(ask);
    }

    /// Without a strong tag, one answer has to hold everything: when it ended before that, another begins from nothing.
    fn insist_on_one_answer(&mut self) {
        let Some(version) = &self.version else { return };
        if version.combines(&self.settings) || self.is_all_here() {
            return;
        }
        let mut identity = version.identity.clone();
        let told = self.unfinished.as_ref().and_then(|unfinished| unfinished.identity.complete_length);
        identity.complete_length = identity.complete_length.or(told);
        let end = self.arrived_end();
        (self.version, self.unfinished) = (None, Some(Unfinished { identity, end }));
        self.begun_again = self.begun_again.saturating_add(1);
        if self.begun_again > self.settings.retries {
            let fault = self.paths.first().map_or(Fault::Unreachable, |path| path.last_fault);
            return self.end(Err(fault));
        }
        // A part is of no use now.
        for path in &mut self.paths {
            path.plain = true;
        }
    }

    /// Follows the server to the version that an answer speaks of, and takes that answer for the first of it: a link that
    /// works once works now.
    pub(super) fn follow(&mut self, index: usize, head: &Head, now: Duration) {
        let Some(lane) = self.lanes.get(index) else { return };
        let request =
            Request { range: lane.range, precondition: &lane.precondition, identity: None, arrived_end: 0 };
        let verdict = judge(&request, head);
        let mut lane = self.lanes.remove(index);
        self.change();
        let strong = head.etag.as_ref().is_some_and(|tag| !tag.is_weak());
        // Error pages have no validator, and are worth a second question. A part is of use only where others may be put to it.
        let is_file = head.etag.is_some() || head.last_modified.is_some();
        let is_of_use = if head.status == 200 { is_file } else { strong && !self.alone };
        match verdict {
            Verdict::Granted(granted) if self.ending.is_none() && is_of_use => {
                let path = lane.path;
                let conditional =
                    matches!(lane.precondition, Precondition::IfRange(_) | Precondition::IfRangeDate(_));
                lane.purpose = Purpose::Fetch;
                lane.end = None;
                self.lanes.push(lane);
                self.grant(0, head, &granted, now);
                if let Some(path) = self.paths.get_mut(path) {
                    // The whole was what If-Range asked for; that says nothing of what comes without.
                    path.ranges |= conditional;
                }
            }
            _ => self.actions.push_back(Action::Stop { ask: lane.ask }),
        }
    }

    /// Follows the server to another version, as far as settings and limits allow.
    pub(super) fn change(&mut self) {
        let over = self.counts.restarts >= self.settings.restarts;
        if self.settings.on_change == OnChange::Fail || over {
            return self.wind_up(Fault::RepresentationChanged);
        }
        self.counts.restarts = self.counts.restarts.saturating_add(1);
        // The last try takes no risk: one answer on one connection is one version, whatever the nodes do.
        self.alone |= self.counts.restarts == self.settings.restarts;
        for path in self.paths.iter_mut().filter(|_| self.alone) {
            path.plain = true;
        }
        for lane in std::mem::take(&mut self.lanes) {
            self.actions.push_back(Action::Stop { ask: lane.ask });
        }
        // What was found is of the version that is given up, too.
        self.unproved = None;
        let unfinished = self.unfinished.take().map(|unfinished| unfinished.identity);
        self.past.extend(self.version.take().map(|version| version.identity).or(unfinished));
    }
}
