//! One browser at a time, however many threads run the tests, and a second beginning after a driver that fell silent.
//!
//! In: what a test does with a browser. Out: that it was done, or why not. The tests measure what an engine fetches, while others do not starve it.

use std::{
    future::poll_fn,
    io::Write as _,
    panic::{AssertUnwindSafe, catch_unwind, panic_any, resume_unwind},
    pin::pin,
    task::Poll,
    thread,
};

use tokio::sync::Mutex;

static TURN: Mutex<()> = Mutex::const_new(());

/// A driver gave no answer at all, so nothing is known of the page, nor of swath.
///
/// It happens: WebKitGTK's main thread may wait for its media pipeline for ever when somebody seeks while it plays.
#[derive(Debug)]
struct Silence(String);

/// Ends what a test does because the driver does not answer; `what` is told to people at once.
///
/// # Panics
/// Always, with what [`take_turn`] knows from a failure.
pub(crate) fn fall_silent(what: &str) -> ! {
    // To the stream itself: what the macros print is kept back for tests that pass.
    drop(writeln!(std::io::stderr(), "NO ANSWER FROM A DRIVER: {what}"));
    panic_any(Silence(what.to_owned()))
}

/// Does what a test does once no other test of this process drives a browser. Where the driver falls silent, and only there, it is
/// done once more from its beginning, in a session of its own.
///
/// # Panics
/// With what the test panics with, and when the driver falls silent twice.
pub async fn take_turn(test: impl AsyncFn()) {
    let _turn = TURN.lock().await;
    if attempt(&test).await.is_ok() {
        return;
    }
    drop(writeln!(std::io::stderr(), "The test begins anew, in a fresh session."));
    if let Err(Silence(what)) = attempt(&test).await {
        panic!("the driver fell silent a second time: {what}");
    }
}

/// Does it once; tells silence from a failure, which goes on its way.
async fn attempt(test: &impl AsyncFn()) -> Result<(), Silence> {
    caught(test()).await.map_err(|panic| match panic.downcast() {
        Ok(silence) => *silence,
        Err(failure) => resume_unwind(failure),
    })
}

/// Awaits something, and gives what it panics with.
async fn caught(doing: impl Future<Output = ()>) -> thread::Result<()> {
    let mut doing = pin!(doing);
    poll_fn(|context| match catch_unwind(AssertUnwindSafe(|| doing.as_mut().poll(context))) {
        Ok(poll) => poll.map(Ok),
        Err(panic) => Poll::Ready(Err(panic)),
    })
    .await
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    /// How often a test is begun that does `this` the first time and `that` the second, and whether it passes.
    async fn begun(this: fn(), that: fn()) -> (usize, bool) {
        let count = Cell::new(0);
        let turn = take_turn(async || {
            count.set(count.get() + 1);
            tokio::task::yield_now().await;
            if count.get() == 1 { this() } else { that() }
        });
        let passes = caught(turn).await.is_ok();
        (count.get(), passes)
    }

    #[tokio::test]
    async fn silence_is_tried_again_once_and_a_failure_never() {
        let (well, silent, wrong) = (|| (), || fall_silent("a test of this"), || panic!("a failure"));
        assert_eq!(begun(well, wrong).await, (1, true));
        assert_eq!(begun(wrong, well).await, (1, false));
        assert_eq!(begun(silent, well).await, (2, true));
        assert_eq!(begun(silent, wrong).await, (2, false));
        assert_eq!(begun(silent, silent).await, (2, false));
    }
}
