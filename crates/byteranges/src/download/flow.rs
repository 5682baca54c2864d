//! One step of the machine: place, end, make durable, give work; and when to look again.
//!
//! In: the time. Out: actions in the queue, or the next time that matters.

use std::time::Duration;

use super::lane::{Lane, Purpose};
use super::path::Path;
use super::schedule::{mean_rate, window_end};
use super::{Download, Fault};

/// How often rates are taken, and free lanes are looked at though nothing happened but arrivals: work that is found this much
/// later costs less than to look after each of ten thousand arrivals.
const LOOK: Duration = Duration::from_millis(1);

impl Download {
    /// Does what can be done now; tells whether there was anything.
    pub(super) fn step(&mut self, now: Duration) -> bool {
        if self.place(now) || self.time_out(now) || self.sync(now) || self.finish() {
            return true;
        }
        if self.ending.is_some() {
            return false;
        }
        if now >= self.look_at {
            self.adapt(now);
            (self.look_at, self.passed_over) = (now.saturating_add(LOOK), false);
        } else if !self.unsettled {
            self.passed_over = true;
            return false;
        }
        self.unsettled = self.give_work(now) || self.make_room() || self.give_up(now);
        self.unsettled
    }

    /// Gives up the request that is furthest ahead where all lanes wait for the window to move on, and nobody fetches what
    /// is first missing: it turned out wrong after the others had begun.
    fn make_room(&mut self) -> bool {
        let Some(version) = self.version.as_ref().filter(|_| self.settings.window.is_some()) else {
            return false;
        };
        let arrived = version.holdings.arrived();
        let (first, end) = (arrived.first_missing(0), window_end(&self.settings, arrived));
        let wanted = |lane: &Lane| {
            lane.next() <= first && lane.end.is_none_or(|end| end > first) && lane.purpose == Purpose::Fetch
        };
        let waits = |lane: &&Lane| lane.next() >= end && lane.waits_for_disk();
        if self.lanes.iter().any(wanted) {
            return false;
        }
        let Some(ask) = self.lanes.iter().filter(waits).max_by_key(|lane| lane.next()).map(|lane| lane.ask)
        else {
            return false;
        };
        self.stop_lane(ask);
        true
    }

    /// Ends requests that take too long.
    fn time_out(&mut self, now: Duration) -> bool {
        let settings = &self.settings;
        let late = self.lanes.iter().position(|lane| {
            let limit = if lane.answer.is_some() { settings.stall_timeout } else { settings.answer_timeout };
            !lane.waits_for_disk() && lane.silence(now) >= limit
        });
        if let Some(index) = late {
            self.fail_lane(index, Fault::Unreachable, now);
        }
        late.is_some()
    }

    fn adapt(&mut self, now: Duration) {
        for (index, path) in self.paths.iter_mut().enumerate() {
            let lanes = || self.lanes.iter().filter(|lane| lane.path == index);
            path.adapt(lanes().count(), &self.settings, now);
            if let Some(rate) = mean_rate(lanes(), now) {
                path.measure(rate, now);
            }
        }
    }

    /// Ends the download when no path can ever be used again.
    fn give_up(&mut self, now: Duration) -> bool {
        if !self.lanes.is_empty() || self.is_all_here() && !self.needs_check() {
            return false;
        }
        if self.paths.iter().all(|path| path.dead.is_some()) {
            let fault =
                self.paths.first().map_or(Fault::Unreachable, |path| path.dead.unwrap_or(path.last_fault));
            self.wind_up(fault);
            return true;
        }
        if self.paths.iter().any(Path::is_usable) {
            self.offline_since = None;
        } else if now.saturating_sub(*self.offline_since.get_or_insert(now)) >= self.settings.offline_timeout
        {
            self.wind_up(Fault::Unreachable);
            return true;
        }
        false
    }

    fn needs_check(&self) -> bool {
        self.version.as_ref().is_some_and(|version| version.open_seam(&self.settings).is_some())
    }

    /// The next time at which something is to be done though nothing happens.
    pub(super) fn next_time(&self, now: Duration) -> Option<Duration> {
        let settings = &self.settings;
        let lanes = self.lanes.iter().flat_map(|lane| {
            let limit = if lane.answer.is_some() { settings.stall_timeout } else { settings.answer_timeout };
            let last = now.saturating_sub(lane.silence(now));
            [last.saturating_add(limit), last.saturating_add(settings.patience)]
        });
        let paths = self.paths.iter().filter(|path| path.is_usable()).map(|path| path.until);
        let sync = self
            .version
            .as_ref()
            .filter(|version| version.holdings.unsynced_octets() > 0 && !version.holdings.is_syncing())
            .map(|_| self.last_sync.saturating_add(settings.sync_interval));
        let offline = self.offline_since.map(|since| since.saturating_add(settings.offline_timeout));
        // A lane that crawls is judged again from time to time.
        let look = (!self.lanes.is_empty()).then(|| now.saturating_add(settings.patience));
        let look = look.into_iter().chain(self.passed_over.then_some(self.look_at));
        lanes.chain(paths).chain(sync).chain(offline).chain(look).filter(|time| *time > now).min()
    }
}
