//! One timer for one connection, however often its deadline moves.
//!
//! Comes in: the deadline in force, asked for each time the connection is polled. Goes out: the deadline
//! that passed.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::time::{Instant, Sleep, sleep_until};

use super::progress::{Expired, Progress};
use crate::limits::Limits;

/// Wakes its task when a connection's deadline has passed.
///
/// Deadlines move later with every request and every write; the timer follows only when it fires, so that
/// this costs nothing. It moves at once when a deadline becomes earlier.
pub(super) struct Alarm {
    sleep: Pin<Box<Sleep>>,
}

impl Alarm {
    pub(super) fn new(limits: &Limits) -> Alarm {
        Alarm { sleep: Box::pin(sleep_until(Instant::now() + check_interval(limits))) }
    }

    /// Waits for the deadline to pass. Is polled after the connection, whose poll may have moved it.
    pub(super) fn poll(
        &mut self,
        cx: &mut Context<'_>,
        progress: &Progress,
        limits: &Limits,
        crowded: bool,
    ) -> Poll<Expired> {
        loop {
            let now = Instant::now();
            let deadline = progress.deadline(limits, crowded);
            match deadline {
                Some((at, why)) if at <= now => return Poll::Ready(why),
                Some((at, _)) if at < self.sleep.deadline() => self.sleep.as_mut().reset(at),
                _ => {}
            }
            if self.sleep.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
            // It fired for a deadline that has moved since, or there is none: HTTP/2 streams end without
            // polling the connection, so it looks again in time.
            let at = deadline.map_or(now + check_interval(limits), |(at, _)| at);
            self.sleep.as_mut().reset(at);
        }
    }
}

/// Returns how long a connection may go unlooked at: no longer than the shortest deadline that may have
/// come in force meanwhile.
fn check_interval(limits: &Limits) -> std::time::Duration {
    limits.idle_time.min(limits.head_time).min(limits.stalled_write_time)
}
