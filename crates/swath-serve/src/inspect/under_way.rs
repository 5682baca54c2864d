//! Exchanges that still run, for whoever looks.
//!
//! In: each exchange as it begins. Out: entries of those that run, as they stand. Nobody says when one ends: those that
//! have are let go of when there is no room for another.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::entry::{Entry, Maker};
use crate::exchange::Running;

/// The most that are shown.
///
/// 200: a page full of them; those that run longest are shown, as the others soon end.
const SHOWN_MAX: usize = 200;

/// The most that are remembered; further ones are shown once they end.
const REMEMBERED_MAX: usize = 4096;

/// Remembers what runs, in the order in which it began.
#[derive(Default)]
pub(super) struct UnderWay(Mutex<Vec<Running>>);

impl UnderWay {
    /// Remembers one that began.
    pub(super) fn began(&self, one: Running) {
        let mut all = self.lock();
        // Looked through only when it would grow: most have ended by then.
        if all.len() == all.capacity() {
            all.retain(Running::is_running);
            let room = all.len().max(32);
            all.reserve(room);
        }
        if all.len() < REMEMBERED_MAX {
            all.push(one);
        }
    }

    /// Gives those that run, as they stand.
    pub(super) fn now(&self, maker: &Maker) -> Vec<Entry> {
        // Looked at outside of the lock, so that nobody who serves waits for it.
        let all = self.lock().clone();
        let now = all.iter().filter_map(Running::now);
        now.filter_map(|exchange| maker.make(&exchange, false)).take(SHOWN_MAX).collect()
    }

    /// Says how many are remembered.
    #[cfg(test)]
    pub(super) fn remembered(&self) -> usize {
        self.lock().len()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Running>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
