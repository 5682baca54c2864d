//! How far the streams of one HTTP/2 connection read ahead of its socket, together.
//!
//! In: streams that want to read, and word that all that may leave has left. Out: leave to read, in the order in which they asked.
//!
//! A hundred streams that each read a chunk as soon as they were asked would have megabytes in memory that left the
//! processor's cache before the socket took them: what is read late is read warm, and each octet is touched twice more (by
//! TLS and by the kernel). So the streams share [`AHEAD`]: who finds it used up waits until something has left.
//!
//! A stream whose peer opens no window holds what it has read, and must not hold up the others: once the engine has sent
//! all that it may, what is still held counts no more.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use tokio::sync::{Semaphore, TryAcquireError};

use crate::buffers::TURN;

/// What all streams of a connection have ready at once: one turn of a long answer, or some short ones.
const AHEAD: usize = TURN;

/// What is counted: the least buffer.
const UNIT: usize = 4 << 10;

/// Lets the streams of one connection read, so much at a time.
pub(super) struct Ahead {
    units: Semaphore,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Moves on when what is held counts no more.
    round: u64,
    /// How many units are held in this round.
    held: usize,
    /// Whoever drives the connection.
    driver: Option<Waker>,
}

/// Stands for what one stream has read, until it has left.
pub(super) struct Leave {
    ahead: Arc<Ahead>,
    round: u64,
    units: usize,
}

impl Ahead {
    pub(super) fn new() -> Arc<Ahead> {
        Arc::new(Ahead { units: Semaphore::new(AHEAD / UNIT), state: Mutex::default() })
    }

    /// Gives leave to read `octets` if there is room and nobody waits.
    pub(super) fn now(self: &Arc<Ahead>, octets: u64) -> Option<Leave> {
        let units = units_of(octets);
        match self.units.try_acquire_many(units) {
            Ok(permit) => {
                permit.forget();
                Some(self.leave(units as usize))
            }
            Err(TryAcquireError::NoPermits | TryAcquireError::Closed) => None,
        }
    }

    /// Waits for leave to read `octets`, behind all who waited before.
    pub(super) async fn wait(self: Arc<Ahead>, octets: u64) -> Leave {
        let units = units_of(octets);
        // The semaphore is never closed.
        if let Ok(permit) = self.units.acquire_many(units).await {
            permit.forget();
        }
        self.leave(units as usize)
    }

    fn leave(self: &Arc<Ahead>, units: usize) -> Leave {
        let mut state = self.state();
        state.held = state.held.saturating_add(units);
        // What is given to the engine may be stuck there for want of a window, which only its driver finds out.
        if let Some(driver) = &state.driver {
            driver.wake_by_ref();
        }
        Leave { ahead: Arc::clone(self), round: state.round, units }
    }

    /// Says who drives the connection: it is woken whenever somebody was let read.
    pub(super) fn driven_by(&self, driver: &Waker) {
        let mut state = self.state();
        match &mut state.driver {
            Some(known) => known.clone_from(driver),
            none => *none = Some(driver.clone()),
        }
    }

    /// Says whether somebody who waited was let read, and has not yet: more is to be sent at once.
    ///
    /// Somebody who waits for more than has come free counts, too.
    pub(super) fn has_let_read(&self) -> bool {
        self.state().held + self.units.available_permits() < AHEAD / UNIT
    }

    /// Takes note that all that may leave has left: what is held all the same waits for its peer.
    pub(super) fn all_left(&self) {
        let mut state = self.state();
        let held = std::mem::take(&mut state.held);
        if held > 0 {
            state.round += 1;
            drop(state);
            self.units.add_permits(held);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Leave {
    fn drop(&mut self) {
        let mut state = self.ahead.state();
        if state.round == self.round {
            state.held -= self.units;
            drop(state);
            self.ahead.units.add_permits(self.units);
        }
    }
}

/// Counts what a stream is going to read: a turn at most, one unit at least.
fn units_of(octets: u64) -> u32 {
    let octets = usize::try_from(octets).unwrap_or(usize::MAX).min(AHEAD);
    octets.div_ceil(UNIT).max(1) as u32
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::task::{Context, Poll};

    use super::*;
    use crate::connection::woken::Woken;

    fn all(ahead: &Arc<Ahead>, octets: u64) -> Vec<Leave> {
        std::iter::from_fn(|| ahead.now(octets)).take(1000).collect()
    }

    #[test]
    fn leave_is_given_for_a_turn_in_all_and_again_when_something_has_left() {
        for (octets, expected) in [(0, 64), (1, 64), (65_536, 4), (262_144, 1), (u64::MAX, 1)] {
            let ahead = Ahead::new();
            let mut held = all(&ahead, octets);
            assert_eq!(held.len(), expected, "{octets}");
            held.pop();
            assert_eq!(all(&ahead, octets).len(), 1, "{octets}");
        }
    }

    #[test]
    fn who_waited_first_is_let_read_first_and_small_readers_do_not_overtake() {
        let ahead = Ahead::new();
        let mut held = all(&ahead, 65_536);
        let mut cx = Context::from_waker(Waker::noop());
        let mut long = pin!(Arc::clone(&ahead).wait(u64::MAX));
        let mut short = pin!(Arc::clone(&ahead).wait(1));
        assert!(long.as_mut().poll(&mut cx).is_pending() && short.as_mut().poll(&mut cx).is_pending());
        assert!(!ahead.has_let_read());
        held.pop();
        assert!(ahead.has_let_read());
        assert!(ahead.now(1).is_none(), "what is free is kept for who waits");
        assert!(long.as_mut().poll(&mut cx).is_pending() && short.as_mut().poll(&mut cx).is_pending());
        drop(held);
        let Poll::Ready(leave) = long.as_mut().poll(&mut cx) else { panic!("all has left") };
        assert!(short.as_mut().poll(&mut cx).is_pending());
        assert!(!ahead.has_let_read(), "the short one waits for what was not let go");
        drop(leave);
        assert!(ahead.has_let_read());
        assert!(short.as_mut().poll(&mut cx).is_ready());
        assert!(!ahead.has_let_read());
    }

    #[test]
    fn what_waits_for_its_peer_holds_nobody_up_and_is_counted_once() {
        let ahead = Ahead::new();
        let stuck = all(&ahead, 65_536);
        ahead.all_left();
        let next = all(&ahead, 65_536);
        assert_eq!(next.len(), 4);
        drop(stuck);
        assert!(ahead.now(1).is_none(), "what was counted out is not counted in again");
        drop(next);
        assert_eq!(all(&ahead, 65_536).len(), 4);
    }

    #[test]
    fn the_driver_is_woken_for_everyone_who_may_read() {
        let (ahead, driver) = (Ahead::new(), Arc::<Woken>::default());
        ahead.driven_by(&Waker::from(Arc::clone(&driver)));
        let held = all(&ahead, 65_536);
        assert_eq!(driver.times(), held.len());
        let mut waits = pin!(Arc::clone(&ahead).wait(1));
        assert!(waits.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        ahead.all_left();
        assert!(waits.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready());
        assert_eq!(driver.times(), held.len() + 1);
    }
}
