//! What a connection waits with: its deadline.
//!
//! In: the deadline in force, whenever something is not ready yet. Out: that it has passed.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use tokio::time::{Instant, Sleep, sleep_until};

use crate::limits::Limits;

/// One timer for one connection, however often its deadline moves.
///
/// Deadlines move later with every request; the timer follows only when it fires. It moves at once when one becomes earlier.
pub(super) struct Waits<'a> {
    pub(super) limits: &'a Limits,
    sleep: Pin<Box<Sleep>>,
    /// Whom the timer wakes, once it was asked.
    woken: Option<Waker>,
}

impl<'a> Waits<'a> {
    pub(super) fn new(limits: &'a Limits) -> Self {
        Self { limits, sleep: Box::pin(sleep_until(Instant::now() + limits.head_time)), woken: None }
    }

    /// Waits for a deadline to pass; without one, for nothing.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>, deadline: Option<Instant>) -> Poll<()> {
        // Without a deadline nobody needs to be woken; whoever sets one polls again.
        let Some(deadline) = deadline else { return Poll::Pending };
        if deadline < self.sleep.deadline() {
            self.sleep.as_mut().reset(deadline);
        } else if !self.sleep.is_elapsed() && self.wakes(cx.waker()) {
            // It has been asked, and will tell this task.
            return Poll::Pending;
        }
        while self.sleep.as_mut().poll(cx).is_ready() {
            if deadline <= Instant::now() {
                return Poll::Ready(());
            }
            self.sleep.as_mut().reset(deadline);
        }
        if !self.wakes(cx.waker()) {
            self.woken = Some(cx.waker().clone());
        }
        Poll::Pending
    }

    fn wakes(&self, waker: &Waker) -> bool {
        self.woken.as_ref().is_some_and(|woken| woken.will_wake(waker))
    }
}
