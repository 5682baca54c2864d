//! Making durable, recording, verifying, and the end.
//!
//! In: what is written. Out: syncs, records after them, and the report.

use std::time::Duration;

use super::{Action, Download, Fault};
use crate::ByteRange;

impl Download {
    /// Whether every octet has arrived.
    pub(super) fn is_all_here(&self) -> bool {
        self.version.as_ref().is_some_and(|version| {
            version.identity.complete_length.is_some_and(|length| {
                ByteRange::whole(length).is_none_or(|whole| version.holdings.arrived().covers(whole))
            })
        })
    }

    /// Begins a sync when enough is written, or long enough ago, or nothing more will come.
    pub(super) fn sync(&mut self, now: Duration) -> bool {
        let last = self.is_all_here() || self.ending.is_some();
        let Some(version) = self.version.as_mut().filter(|version| version.ready) else { return false };
        if let Some(length) = version.new_length.take() {
            let octets = version.journal.length(length);
            self.actions.push_back(Action::Record { generation: self.generation, octets });
            return true;
        }
        let unsynced = version.holdings.unsynced_octets();
        if unsynced == 0 || version.holdings.is_syncing() {
            return false;
        }
        let due = unsynced >= self.settings.sync_octets
            || now.saturating_sub(self.last_sync) >= self.settings.sync_interval;
        if !due && !last {
            return false;
        }
        version.holdings.begin_sync();
        self.last_sync = now;
        self.actions.push_back(Action::Sync { generation: self.generation });
        true
    }

    /// Records what a sync made durable: never before it.
    pub(super) fn on_synced(&mut self, generation: u32) {
        let combines = self.version.as_ref().is_some_and(|version| version.combines(&self.settings));
        let Some(version) = self.version_of(generation) else { return };
        let durable = version.holdings.end_sync();
        // What cannot be put together with anything later need not be remembered.
        if !combines || durable.is_empty() {
            return;
        }
        let octets: Vec<u8> = durable.into_iter().flat_map(|held| version.journal.held(held)).collect();
        self.actions.push_back(Action::Record { generation, octets });
    }

    pub(super) fn on_verified(&mut self, matches: bool) {
        if !matches {
            if !self.fetch_doubtful_again() {
                self.end(Err(Fault::Digest));
            }
            return;
        }
        if let Some(version) = &mut self.version {
            version.verified = true;
        }
    }

    /// Begins to end for this reason: what is held is made durable and recorded first, so that it need not be fetched again.
    pub(super) fn wind_up(&mut self, fault: Fault) {
        self.ending.get_or_insert(fault);
        for lane in std::mem::take(&mut self.lanes) {
            if let Some(version) = &mut self.version {
                version.holdings.give_up(lane.ask);
            }
            self.actions.push_back(Action::Stop { ask: lane.ask });
        }
    }

    /// Ends the download when everything is durable, compared and verified; tells whether anything was done.
    pub(super) fn finish(&mut self) -> bool {
        let all_here = self.is_all_here();
        let Some(version) = &mut self.version else {
            return self.end_wound_up();
        };
        let holdings = &version.holdings;
        let durable = holdings.unsynced_octets() == 0 && !holdings.is_syncing();
        if self.ending.is_some() {
            return durable && self.end_wound_up();
        }
        let written = version.identity.complete_length.is_some_and(|length| {
            ByteRange::whole(length).is_none_or(|whole| holdings.written().covers(whole))
        });
        if !(all_here && written && durable && version.ready && self.lanes.is_empty()) {
            return false;
        }
        if version.open_seam(&self.settings).is_some() {
            return false;
        }
        if self.settings.verify && !version.verified {
            let begin = !version.verifying;
            version.verifying = true;
            if begin {
                self.actions.push_back(Action::Verify { generation: self.generation });
            }
            return begin;
        }
        let strong = version.is_strong();
        let rung =
            if version.verified { super::Assurance::Digest } else { version.holdings.assurance(strong) };
        self.end(Ok(rung));
        true
    }

    fn end_wound_up(&mut self) -> bool {
        let Some(fault) = self.ending else { return false };
        self.end(Err(fault));
        true
    }
}
