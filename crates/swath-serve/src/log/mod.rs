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
mod lines;
mod number;
mod writer;

use std::io;
use std::os::fd::AsFd;
use std::str::FromStr;
use std::sync::Arc;

use crate::exchange::{Exchange, Sink};

pub(crate) use self::escape::{plain_up_to, push_plain};
pub(crate) use self::line::rfc3339;
pub use self::line::{JSON_KEYS, json, text};
pub use self::lines::LINES_MAX;
pub(crate) use self::lines::{Lines, Words};

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
    lines: Option<Lines<Exchange>>,
    format: Format,
}

/// What is said of lines of the log that were lost.
const WORDS: Words =
    Words { what: "log", place: "standard output", slow: "whatever reads standard output is too slow" };

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
        let render = match format {
            Format::Off => return Ok(Arc::new(Self { lines: None, format })),
            Format::Text => text,
            Format::Json => json,
        };
        let lines = Lines::begin(WORDS, render, out, report)?;
        Ok(Arc::new(Self { lines: Some(lines), format }))
    }

    /// Says how many lines were never written.
    #[must_use]
    pub fn lines_dropped(&self) -> u64 {
        self.lines.as_ref().map_or(0, Lines::dropped)
    }

    /// Waits until all that was recorded so far is written, for two seconds at most; says whether it was.
    pub fn flush(&self) -> bool {
        self.lines.as_ref().is_none_or(Lines::flush)
    }
}

impl Sink for Log {
    fn is_off(&self) -> bool {
        self.lines.is_none()
    }

    fn record(&self, exchange: &Arc<Exchange>) {
        let Some(lines) = &self.lines else { return };
        if self.format == Format::Text && exchange.is_housekeeping() {
            return;
        }
        lines.push(Arc::clone(exchange), weight(exchange));
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
    use crate::exchange::Outcome;
    use bytes::Bytes;
    use http::StatusCode;

    fn exchange(target: &'static str, status: StatusCode, outcome: Outcome) -> Exchange {
        let target = Some(Bytes::from_static(target.as_bytes()));
        Exchange { target, status: Some(status), ..Exchange::without_request(None, outcome) }
    }

    #[test]
    fn only_what_our_pages_ask_for_and_get_is_housekeeping() {
        let cost = "/.swath/cost?view=1";
        assert!(exchange(cost, StatusCode::OK, Outcome::Finished).is_housekeeping());
        assert!(exchange("/.swath/style.css", StatusCode::NOT_MODIFIED, Outcome::Finished).is_housekeeping());
        assert!(!exchange(cost, StatusCode::NOT_FOUND, Outcome::Finished).is_housekeeping());
        assert!(!exchange(cost, StatusCode::OK, Outcome::Stalled).is_housekeeping());
        assert!(!exchange("/film.mp4", StatusCode::OK, Outcome::Finished).is_housekeeping());
        assert!(!exchange("/.swathe", StatusCode::OK, Outcome::Finished).is_housekeeping());
    }
}
