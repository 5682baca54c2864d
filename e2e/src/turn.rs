//! One browser at a time, however many threads run the tests: they measure what an engine fetches while others do not starve it.

use tokio::sync::{Mutex, MutexGuard};

static TURN: Mutex<()> = Mutex::const_new(());

/// Waits until no other test of this process drives a browser; the turn lasts until the guard is dropped.
pub async fn take_turn() -> MutexGuard<'static, ()> {
    TURN.lock().await
}
