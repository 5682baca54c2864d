//! One turn of the machine: asked until it has nothing more to say.
//!
//! In: its actions. Out: orders for lanes and disk, and the time to ask again.

use std::sync::Arc;

use byteranges::download::Action;

use super::seats::{Order, SeatId};
use super::{Engine, State};
use crate::drive::disk::DiskOrder;
use crate::sink::About;

impl Engine {
    pub(super) fn poll(self: &Arc<Self>, state: &mut State) {
        self.poll_with(state, None, None);
    }

    /// Hands out orders until the machine has none. `own` is the lane that is telling, `about` the answer it tells of.
    pub(super) fn poll_with(self: &Arc<Self>, state: &mut State, own: Option<SeatId>, about: Option<&About>) {
        if state.report.is_some() {
            return;
        }
        let before = state.wake_at;
        loop {
            match state.machine.poll(self.now()) {
                Action::Fetch(fetch) => self.assign(state, fetch),
                Action::Stop { ask } => state.order(own, ask, Order::Stop),
                Action::Write { generation, ask, range } => {
                    state.order(own, ask, Order::Write { generation, range });
                }
                Action::Compare { ask, range } => {
                    let generation = state.generation;
                    state.order(own, ask, Order::Compare { generation, range });
                }
                Action::Skip { ask, count } => state.order(own, ask, Order::Skip { count }),
                Action::Wait { until } => {
                    state.wake_at = until;
                    break;
                }
                Action::Done(report) => {
                    state.report = Some(*report);
                    break;
                }
                action => {
                    let order = self.disk_order(state, action, about);
                    state.keep(order);
                }
            }
        }
        let earlier = state.wake_at.is_some_and(|at| before.is_none_or(|before| at < before));
        if earlier || state.report.is_some() {
            self.changed.notify_all();
        }
    }

    /// What the disk is to do; nothing for what is not the disk's.
    fn disk_order(&self, state: &mut State, action: Action, about: Option<&About>) -> Option<DiskOrder> {
        Some(match action {
            Action::StartFile { generation, journal, complete_length, keep_old } => {
                let about = self.begins(state, generation, about);
                DiskOrder::Start { generation, journal, complete_length, keep_old, about }
            }
            Action::AdoptFile { generation, journal, complete_length } => {
                let about = self.begins(state, generation, about);
                DiskOrder::Adopt { generation, journal, complete_length, about }
            }
            Action::Sync { generation } => DiskOrder::Sync { generation },
            Action::Record { generation, octets } => DiskOrder::Record { generation, octets },
            Action::Verify { generation } => DiskOrder::Verify { generation, digest: state.digest.clone() },
            // The lanes' and the clock's, listed so that no new action is passed over.
            Action::Fetch(_)
            | Action::Stop { .. }
            | Action::Write { .. }
            | Action::Compare { .. }
            | Action::Skip { .. }
            | Action::Wait { .. }
            | Action::Done(_) => return None,
        })
    }
}

impl State {
    fn keep(&self, order: Option<DiskOrder>) {
        if let (Some(disk), Some(order)) = (&self.disk, order) {
            // The disk's thread ends only after this sender does.
            let _ = disk.send(order);
        }
    }
}
