//! One line for each exchange.
//!
//! In: finished exchanges, from the threads that serve. Out: lines of text or JSON on standard output, written by
//! a thread of its own, so that a slow reader of the log never slows a response.
//!
//! At most [`LINES_MAX`] lines and 16 MiB wait. What comes when that is full is dropped, counted, shown in
//! the metrics, and reported on standard error. When the reader of the log is gone (a broken pipe), the server goes on
//! without one and says so once.

mod escape;
mod line;
mod writer;

use std::io;
use std::os::fd::AsFd;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{self, SyncSender};
use std::time::{Duration, Instant};

use self::writer::{Message, Writer};
use crate::exchange::{Exchange, Outcome, Sink};

pub use self::line::{JSON_KEYS, json, text};

/// How many lines wait to be written; more are dropped.
pub const LINES_MAX: usize = 16_384;

/// How many octets of requests wait to be written; more are dropped.
const WAITING_MAX: usize = 16 << 20;

/// How long the last lines may take when the server ends.
const PATIENCE: Duration = Duration::from_secs(2);

/// Says in which form exchanges are logged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// One readable line.
    #[default]
    Text,
    /// One JSON object a line, with exactly the keys of [`JSON_KEYS`].
    Json,
    /// Nothing.
    Off,
}

impl FromStr for Format {
    type Err = String;

    fn from_str(typed: &str) -> Result<Self, String> {
        match typed {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            "off" => Ok(Self::Off),
            other => Err(format!("no log format is called {other:?}; it is text, json or off")),
        }
    }
}

/// Writes exchanges as lines.
#[derive(Debug)]
pub struct Log {
    /// `None` when the log is off.
    queue: Option<SyncSender<Message>>,
    format: Format,
    counts: Arc<Counts>,
}

/// What the serving threads and the writing thread tell each other.
#[derive(Debug, Default)]
struct Counts {
    /// Octets of requests that wait.
    waiting: AtomicUsize,
    /// Lines that were never written.
    dropped: AtomicU64,
}

impl Log {
    /// Begins to write to standard output, past its buffer, in a thread of its own.
    ///
    /// # Errors
    /// Standard output is closed, or no thread can be had.
    pub fn to_stdout(format: Format) -> io::Result<Arc<Self>> {
        let out = std::fs::File::from(io::stdout().as_fd().try_clone_to_owned()?);
        Self::to_writer(format, out, |report| {
            use io::Write;
            // Nobody is left to tell.
            let _ = writeln!(io::stderr(), "swath: {report}");
        })
    }

    /// Begins to write to `out`; `report` takes what must be said elsewhere: sentences on lines that were lost.
    ///
    /// # Errors
    /// No thread can be had.
    pub fn to_writer(
        format: Format,
        out: impl io::Write + Send + 'static,
        report: impl FnMut(&str) + Send + 'static,
    ) -> io::Result<Arc<Self>> {
        let counts = Arc::new(Counts::default());
        let render = match format {
            Format::Off => return Ok(Arc::new(Self { queue: None, format, counts })),
            Format::Text => text,
            Format::Json => json,
        };
        let (queue, messages) = mpsc::sync_channel(LINES_MAX);
        let writer = Writer::new(out, render, report, Arc::clone(&counts));
        std::thread::Builder::new().name("swath-log".to_owned()).spawn(move || writer.run(&messages))?;
        Ok(Arc::new(Self { queue: Some(queue), format, counts }))
    }

    /// Says how many lines were never written.
    #[must_use]
    pub fn lines_dropped(&self) -> u64 {
        self.counts.dropped.load(Ordering::Relaxed)
    }

    /// Waits until all that was recorded so far is written, for two seconds at most; says whether it was.
    pub fn flush(&self) -> bool {
        let Some(queue) = &self.queue else { return true };
        let deadline = Instant::now() + PATIENCE;
        let (done, written) = mpsc::sync_channel(1);
        // The queue may be full at first: its own send would wait without end.
        while queue.try_send(Message::Flush(done.clone())).is_err() {
            if Instant::now() >= deadline {
                return false;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        written.recv_timeout(deadline.saturating_duration_since(Instant::now())).is_ok()
    }
}

/// Says whether the exchange is one that our own pages make by themselves, and went well: style, script, and the cost that a
/// player asks for each second. People reading the text log look for the film's; machines get all.
fn is_housekeeping(exchange: &Exchange) -> bool {
    exchange.target.as_ref().is_some_and(|target| target.starts_with(b"/.swath/"))
        && exchange.status.is_some_and(|status| !status.is_client_error() && !status.is_server_error())
        && exchange.outcome == Outcome::Finished
}

impl Sink for Log {
    fn record(&self, exchange: &Arc<Exchange>) {
        let Some(queue) = &self.queue else { return };
        if self.format == Format::Text && is_housekeeping(exchange) {
            return;
        }
        let weight = weight(exchange);
        let waiting = self.counts.waiting.fetch_add(weight, Ordering::Relaxed);
        let fits = waiting.saturating_add(weight) <= WAITING_MAX;
        if !fits || queue.try_send(Message::Exchange(Arc::clone(exchange))).is_err() {
            self.counts.waiting.fetch_sub(weight, Ordering::Relaxed);
            self.counts.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        self.flush();
    }
}

/// Says how much memory a waiting exchange holds: what the peer wrote, and some for the rest.
fn weight(exchange: &Exchange) -> usize {
    let fields = [&exchange.target, &exchange.range, &exchange.if_range];
    fields.into_iter().flatten().map(bytes::Bytes::len).sum::<usize>() + size_of::<Exchange>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use http::StatusCode;

    fn exchange(target: &'static str, status: StatusCode, outcome: Outcome) -> Exchange {
        let target = Some(Bytes::from_static(target.as_bytes()));
        Exchange { target, status: Some(status), ..Exchange::without_request(None, outcome) }
    }

    #[test]
    fn only_what_our_pages_ask_for_and_get_is_housekeeping() {
        let cost = "/.swath/cost?view=1";
        assert!(is_housekeeping(&exchange(cost, StatusCode::OK, Outcome::Finished)));
        assert!(is_housekeeping(&exchange("/.swath/style.css", StatusCode::NOT_MODIFIED, Outcome::Finished)));
        assert!(!is_housekeeping(&exchange(cost, StatusCode::NOT_FOUND, Outcome::Finished)));
        assert!(!is_housekeeping(&exchange(cost, StatusCode::OK, Outcome::Stalled)));
        assert!(!is_housekeeping(&exchange("/film.mp4", StatusCode::OK, Outcome::Finished)));
        assert!(!is_housekeeping(&exchange("/.swathe", StatusCode::OK, Outcome::Finished)));
    }
}
