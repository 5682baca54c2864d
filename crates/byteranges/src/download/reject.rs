//! What an answer that may not be used leads to.
//!
//! In: a request, and what is wrong with its answer. Out: a pause, a weaker or simpler request, a path given up.

use std::time::Duration;

use super::lane::Lane;
use super::path::Bearing;
use super::{Asked, Download, Fault, Misbehaviour, Precondition};

impl Download {
    /// The server takes a precondition wrongly; it is asked again with the next weaker one, at once.
    pub(super) fn downgrade(&mut self, index: usize) {
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
        let others = |lane: &Lane| Some(lane.path) == at && lane.answer.is_some();
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
    pub(super) fn ask_whole(&mut self, index: usize) {
        let Some(lane) = self.lanes.get(index) else { return };
        let (ask, path) = (lane.ask, lane.path);
        if let Some(path) = self.paths.get_mut(path) {
            path.plain = true;
        }
        self.stop_lane(ask);
    }

    pub(super) fn busy(&mut self, index: usize, status: u16, after: Option<Duration>, now: Duration) {
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

    pub(super) fn refused(&mut self, index: usize, status: u16, redirected: bool, now: Duration) {
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
}
