//! One browser at a time, however many threads run the tests, and a fresh beginning where an engine got stuck.
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

/// How often a test is begun at most.
///
/// Ten tests let WebKitGTK seek. Say that a bad machine gets it stuck in one of fifty such tests: with two attempts, one run of all
/// in 250 would still fail by chance, and with three, one in 12,500. An engine that is always stuck costs three times a minute, and fails.
const ATTEMPTS: usize = 3;

/// An engine is stuck, so nothing is known of the page, nor of swath: its driver gives no answer at all, or its picture
/// stands still though it holds what comes next.
///
/// It happens where somebody seeks while a film plays, and more often the busier the machine: WebKitGTK's main thread may wait for its media
/// pipeline for ever, and its player may miss that the pipeline is ready, and not let it play on (WebKit's bug 300041).
#[derive(Debug)]
struct Stuck(String);

/// Ends what a test does because the engine is stuck, through no fault of the server's; `what` is told to people at once.
///
/// # Panics
/// Always, with what [`take_turn`] knows from a failure.
pub(crate) fn give_up_on_the_engine(what: &str) -> ! {
    say(&format!("AN ENGINE IS STUCK: {what}"));
    panic_any(Stuck(what.to_owned()))
}

/// Does what a test does once no other test of this process drives a browser. Where the engine gets stuck, and only there, it is
/// done again from its beginning, in a session of its own, and once more if need be.
///
/// # Panics
/// With what the test panics with, and when the engine is stuck each time.
pub async fn take_turn(test: impl AsyncFn()) {
    let _turn = TURN.lock().await;
    for attempt in 1..=ATTEMPTS {
        match attempted(&test).await {
            Ok(()) => return,
            Err(_) if attempt < ATTEMPTS => say("The test begins anew, in a fresh session."),
            Err(Stuck(what)) => panic!("the engine was stuck in each of {ATTEMPTS} attempts: {what}"),
        }
    }
}

/// Tells people something though the test may pass: what the macros print is kept back then.
fn say(what: &str) {
    drop(writeln!(std::io::stderr(), "{what}"));
}

/// Does it once; tells a stuck engine from a failure, which goes on its way.
async fn attempted(test: &impl AsyncFn()) -> Result<(), Stuck> {
    caught(test()).await.map_err(|panic| match panic.downcast() {
        Ok(stuck) => *stuck,
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

    /// How often a test is begun that does one of `these` each time, and whether it passes.
    async fn begun<const N: usize>(these: [fn(); N]) -> (usize, bool) {
        let count = Cell::new(0);
        let turn = take_turn(async || {
            let this = these[count.get()];
            count.set(count.get() + 1);
            tokio::task::yield_now().await;
            this();
        });
        let passes = caught(turn).await.is_ok();
        (count.get(), passes)
    }

    #[tokio::test]
    async fn a_stuck_engine_is_tried_twice_again_and_a_failure_never() {
        let (well, stuck, wrong) =
            (|| (), || give_up_on_the_engine("a test of this"), || panic!("a failure"));
        assert_eq!(begun([well]).await, (1, true));
        assert_eq!(begun([wrong, well]).await, (1, false));
        assert_eq!(begun([stuck, well]).await, (2, true));
        assert_eq!(begun([stuck, wrong, well]).await, (2, false));
        assert_eq!(begun([stuck, stuck, well]).await, (3, true));
        assert_eq!(begun([stuck, stuck, wrong]).await, (3, false));
        assert_eq!(begun([stuck, stuck, stuck, well]).await, (3, false));
    }
}
