//! What was recorded, and waiting for it.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use swath_serve::connection::Refusal;
use swath_serve::exchange::{Exchange, Outcome, Sink};

use super::PATIENCE;

/// What was recorded.
#[derive(Default)]
pub(crate) struct Seen {
    exchanges: Mutex<Vec<Exchange>>,
    pub(super) refusals: Mutex<Vec<Refusal>>,
    pub(crate) clients: Mutex<Vec<String>>,
}

impl Sink for Seen {
    fn record(&self, exchange: &Arc<Exchange>) {
        self.exchanges.lock().unwrap().push(Exchange::clone(exchange));
    }
}

impl Seen {
    /// Waits until `count` exchanges were recorded, and returns how each ended and what it sent.
    pub(crate) fn exchanges(&self, count: usize) -> Vec<(Outcome, u64)> {
        wait_for("exchanges", || self.exchanges.lock().unwrap().len() >= count);
        self.exchanges.lock().unwrap().iter().map(|one| (one.outcome, one.bytes_sent)).collect()
    }

    /// Waits until `count` refusals were recorded, and returns their statuses and outcomes.
    pub(crate) fn refusals(&self, count: usize) -> Vec<(Option<u16>, Outcome)> {
        wait_for("refusals", || self.refusals.lock().unwrap().len() >= count);
        let refusals = self.refusals.lock().unwrap();
        refusals.iter().map(|one| (one.status.map(|status| status.as_u16()), one.outcome)).collect()
    }
}

/// Waits until `done`, or fails.
pub(crate) fn wait_for(what: &str, mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < PATIENCE, "waited for {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
