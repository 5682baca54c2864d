//! Long answers of one thread take their turns one by one, and between two of them the thread looks at what has come meanwhile.
//!
//! In: a long answer before each of its turns, and after it. Out: when it is its turn.
//!
//! Without it every long answer that can go on has a turn before a request is found that has just come: with 32 of them
//! some milliseconds go by, each time. And what lies in many sockets at once is in no cache when it is taken.

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore};

thread_local! {
    /// The one turn of this thread.
    static TURN: Arc<Semaphore> = Arc::new(Semaphore::new(1));
}

type Waiting = Pin<Box<dyn Future<Output = Result<OwnedSemaphorePermit, AcquireError>> + Send>>;

/// One long answer's place among those of its thread; dropped, it is free for the next one.
#[derive(Default)]
pub(super) enum Lane {
    #[default]
    Out,
    /// Behind those who asked before.
    Waiting(Waiting),
    /// Its turn, from when it begins until the thread has looked for what came meanwhile.
    In(#[expect(dead_code, reason = "held, not read")] Option<OwnedSemaphorePermit>),
}

impl Lane {
    /// Waits for the turn.
    pub(super) fn poll_enter(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if let Self::Out = self {
            let turn = TURN.with(Arc::clone);
            *self = match Arc::clone(&turn).try_acquire_owned() {
                Ok(permit) => Self::In(Some(permit)),
                Err(_) => Self::Waiting(Box::pin(turn.acquire_owned())),
            };
        }
        if let Self::Waiting(waiting) = self {
            // The semaphore is never closed.
            let permit = ready!(waiting.as_mut().poll(cx)).ok();
            *self = Self::In(permit);
        }
        Poll::Ready(())
    }

    /// Has the task woken when the thread has looked for what came meanwhile.
    pub(super) fn pause(cx: &mut Context<'_>) {
        let _ = pin!(tokio::task::yield_now()).poll(cx);
    }

    /// Lets the next one have its turn; whoever waits for one goes on waiting.
    pub(super) fn leave(&mut self) {
        if let Self::In(_) = self {
            *self = Self::Out;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::future::poll_fn;
    use std::io;
    use std::os::fd::AsFd;
    use std::rc::Rc;

    use tokio::net::UnixStream;
    use tokio::task::{LocalSet, spawn_local};

    use super::*;

    /// Takes so many turns, and does something in each.
    async fn take_turns(turns: usize, mut act: impl FnMut()) {
        let mut lane = Lane::default();
        for _ in 0..turns {
            poll_fn(|cx| lane.poll_enter(cx)).await;
            act();
            let mut paused = false;
            poll_fn(|cx| {
                if std::mem::replace(&mut paused, true) {
                    return Poll::Ready(());
                }
                Lane::pause(cx);
                Poll::Pending
            })
            .await;
            lane.leave();
        }
    }

    #[tokio::test]
    async fn what_comes_during_a_turn_is_found_before_the_next() -> io::Result<()> {
        let (here, there) = UnixStream::pair()?;
        let taken = Rc::new(Cell::new(0_usize));
        let (seen, all) = (Rc::clone(&taken), LocalSet::new());
        let found = all.spawn_local(async move {
            there.readable().await?;
            Ok::<_, io::Error>(seen.get())
        });
        for _ in 0..8 {
            let (taken, here) = (Rc::clone(&taken), here.as_fd().try_clone_to_owned()?);
            all.spawn_local(take_turns(20, move || {
                taken.set(taken.get() + 1);
                if taken.get() == 43 {
                    assert_eq!(rustix::io::write(&here, b"!"), Ok(1));
                }
            }));
        }
        all.await;
        assert_eq!(taken.get(), 160);
        assert_eq!(found.await??, 43);
        Ok(())
    }

    #[tokio::test]
    async fn whoever_gives_up_lets_the_next_one_in() {
        LocalSet::new()
            .run_until(async {
                let mut first = Lane::default();
                poll_fn(|cx| first.poll_enter(cx)).await;
                let gives_up = spawn_local(take_turns(1, || unreachable!("it gave up")));
                let goes_on = spawn_local(take_turns(1, || {}));
                tokio::task::yield_now().await;
                gives_up.abort();
                assert!(gives_up.await.is_err_and(|error| error.is_cancelled()));
                assert!(!goes_on.is_finished());
                drop(first);
                assert!(goes_on.await.is_ok());
            })
            .await;
    }
}
