//! What a connection waits with: its deadline, and the server's word.
//!
//! In: the deadline in force, whenever something is not ready yet. Out: that it has passed, or that the server stops.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll, ready};

use tokio::time::{Instant, Sleep, sleep_until};

use crate::connection::{Stage, Word};
use crate::limits::Limits;

/// The server's word as the connection last heard it; set beside the connection, in the same task.
pub(super) struct Heard(AtomicU8);

const CROWDED: u8 = 4;

impl Heard {
    pub(super) fn new(word: Word) -> Self {
        let heard = Self(AtomicU8::new(0));
        heard.set(word);
        heard
    }

    pub(super) fn set(&self, word: Word) {
        let stage = match word.stage {
            Stage::Serving => 0,
            Stage::Finishing => 1,
            Stage::Cutting => 2,
        };
        self.0.store(if word.crowded { stage | CROWDED } else { stage }, Ordering::Relaxed);
    }

    pub(super) fn is_crowded(&self) -> bool {
        self.0.load(Ordering::Relaxed) & CROWDED != 0
    }

    pub(super) fn stage(&self) -> Stage {
        match self.0.load(Ordering::Relaxed) & !CROWDED {
            0 => Stage::Serving,
            1 => Stage::Finishing,
            _ => Stage::Cutting,
        }
    }
}

/// One timer for one connection, however often its deadline moves.
///
/// Deadlines move later with every request; the timer follows only when it fires. It moves at once when one becomes earlier.
pub(super) struct Waits<'a> {
    pub(super) limits: &'a Limits,
    pub(super) heard: &'a Heard,
    sleep: Pin<Box<Sleep>>,
}

impl<'a> Waits<'a> {
    pub(super) fn new(limits: &'a Limits, heard: &'a Heard) -> Self {
        Self { limits, heard, sleep: Box::pin(sleep_until(Instant::now() + limits.head_time)) }
    }

    /// Waits for a deadline to pass; without one, for nothing.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>, deadline: Option<Instant>) -> Poll<()> {
        // Without a deadline nobody needs to be woken; whoever sets one polls again.
        let Some(deadline) = deadline else { return Poll::Pending };
        if deadline < self.sleep.deadline() {
            self.sleep.as_mut().reset(deadline);
        }
        loop {
            ready!(self.sleep.as_mut().poll(cx));
            if deadline <= Instant::now() {
                return Poll::Ready(());
            }
            self.sleep.as_mut().reset(deadline);
        }
    }
}
