//! A queue of lines to be written by a thread of its own.
//!
//! In: things to be written as lines, from threads that serve. Out: their lines, in order; what does not fit is counted
//! and never waited for.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{self, SyncSender};
use std::time::{Duration, Instant};

use super::writer::{Message, Writer};

/// How many lines wait to be written; more are dropped.
pub const LINES_MAX: usize = 16_384;

/// How many octets of requests wait to be written; more are dropped.
const WAITING_MAX: usize = 16 << 20;

/// How long the last lines may take when the server ends.
const PATIENCE: Duration = Duration::from_secs(2);

/// What is said of lines that were lost.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Words {
    /// What is written.
    pub(crate) what: &'static str,
    /// Where to.
    pub(crate) place: &'static str,
    /// Why it is slow, when it is.
    pub(crate) slow: &'static str,
}

/// Writes things as lines.
#[derive(Debug)]
pub(crate) struct Lines<T> {
    queue: SyncSender<Message<T>>,
    counts: Arc<Counts>,
}

/// What the serving threads and the writing thread tell each other.
#[derive(Debug, Default)]
pub(super) struct Counts {
    /// Octets of requests that wait.
    pub(super) waiting: AtomicUsize,
    /// Lines that were never written.
    pub(super) dropped: AtomicU64,
}

impl<T: Send + Sync + 'static> Lines<T> {
    /// Begins to write to `out`; `report` takes what must be said elsewhere: sentences on lines that were lost.
    ///
    /// # Errors
    /// No thread can be had.
    pub(crate) fn begin(
        words: Words,
        render: fn(&T) -> String,
        out: impl io::Write + Send + 'static,
        report: impl FnMut(&str) + Send + 'static,
    ) -> io::Result<Self> {
        let counts = Arc::new(Counts::default());
        let (queue, messages) = mpsc::sync_channel(LINES_MAX);
        let writer = Writer::new(words, out, render, report, Arc::clone(&counts));
        std::thread::Builder::new()
            .name(format!("swath-{}", words.what))
            .spawn(move || writer.run(&messages))?;
        Ok(Self { queue, counts })
    }

    /// Says how many lines were never written.
    pub(crate) fn dropped(&self) -> u64 {
        self.counts.dropped.load(Ordering::Relaxed)
    }

    /// Has one more written; `weight` is about how much memory it holds until then.
    pub(crate) fn push(&self, one: Arc<T>, weight: usize) {
        let waiting = self.counts.waiting.fetch_add(weight, Ordering::Relaxed);
        let fits = waiting.saturating_add(weight) <= WAITING_MAX;
        if !fits || self.queue.try_send(Message::One(one, weight)).is_err() {
            self.counts.waiting.fetch_sub(weight, Ordering::Relaxed);
            self.drop_one();
        }
    }

    /// Counts one that is not to be written.
    pub(crate) fn drop_one(&self) {
        self.counts.dropped.fetch_add(1, Ordering::Relaxed);
    }

    /// Waits until all that was pushed so far is written, for two seconds at most; says whether it was.
    pub(crate) fn flush(&self) -> bool {
        let deadline = Instant::now() + PATIENCE;
        let (done, written) = mpsc::sync_channel(1);
        // The queue may be full at first: its own send would wait without end.
        while self.queue.try_send(Message::Flush(done.clone())).is_err() {
            if Instant::now() >= deadline {
                return false;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        written.recv_timeout(deadline.saturating_duration_since(Instant::now())).is_ok()
    }
}
