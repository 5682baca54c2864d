//! Exchanges written to a file, one line of JSON each, and read again.
//!
//! In: exchanges as they end; later, the octets of such a file. Out: lines, of which the first says what they are;
//! [`Recorded`] entries, or where and why the file is none.
//!
//! A thread of its own writes, so that a slow disk never slows a response; what does not fit into its queue is counted
//! and reported, as the log's lines are.

use std::io::{self, BufRead, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::json;

use super::entry::{Entry, Maker};
use crate::exchange::{Exchange, Sink};
use crate::log::{Lines, Words};

/// What the first line of a recording says it is.
const KIND: &str = "swath exchanges";

/// The version of the form; a reader refuses what is newer.
const VERSION: u64 = 1;

/// The most octets that are written to one recording.
///
/// 1 GiB: about a million exchanges, and more than anybody opens again.
const WRITTEN_MAX: u64 = 1 << 30;

/// What is said of exchanges that were lost.
const WORDS: Words = Words {
    what: "recording",
    place: "it",
    slow: "more came than the disk took, than is looked at in a second, or than 1 GiB",
};

/// Writes exchanges to a file as they end.
#[derive(Debug)]
pub struct Recording {
    lines: Lines<Entry>,
    maker: Maker,
    /// How many octets went to the queue.
    written: AtomicU64,
}

impl Recording {
    /// Begins to write to `out`; `report` takes sentences on what was lost.
    ///
    /// # Errors
    /// No thread can be had, or the first line cannot be written.
    pub fn begin(
        mut out: impl io::Write + Send + 'static,
        report: impl FnMut(&str) + Send + 'static,
    ) -> io::Result<Arc<Self>> {
        writeln!(out, "{}", json!({ "recording": KIND, "version": VERSION }))?;
        let lines = Lines::begin(WORDS, line, out, report)?;
        Ok(Arc::new(Self { lines, maker: Maker::default(), written: AtomicU64::new(0) }))
    }

    /// Waits until what was recorded so far is written, for two seconds at most; says whether it was.
    pub fn flush(&self) -> bool {
        self.lines.flush()
    }

    /// Says how many exchanges were never written.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.lines.dropped()
    }
}

impl Sink for Recording {
    fn record(&self, exchange: &Arc<Exchange>) {
        let Some(entry) = self.maker.make(exchange, true) else { return self.lines.drop_one() };
        let weight = entry.weight();
        if self.written.fetch_add(weight as u64, Ordering::Relaxed) > WRITTEN_MAX {
            return self.lines.drop_one();
        }
        self.lines.push(Arc::new(entry), weight);
    }

    fn passed_over(&self) {
        self.lines.drop_one();
    }

    fn wants_details(&self) -> bool {
        true
    }
}

fn line(entry: &Entry) -> String {
    let mut line = serde_json::to_string(entry).unwrap_or_default();
    line.push('\n');
    line
}

/// What is read of a recording at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadLimits {
    /// The longest line; a longer one is no exchange.
    ///
    /// 64 KiB: the fields that are kept of one exchange stay below 16 KiB.
    pub line_bytes: usize,
    /// The most exchanges that are held; of more, the last.
    ///
    /// 50,000: what a browser still draws in a moment.
    pub exchanges: usize,
    /// The most octets that are read.
    ///
    /// 2 GiB: all that one run writes, and then some.
    pub file_bytes: u64,
}

impl Default for ReadLimits {
    fn default() -> Self {
        Self { line_bytes: 64 << 10, exchanges: 50_000, file_bytes: 2 << 30 }
    }
}

/// Holds what a recording says.
#[derive(Debug, Default, PartialEq)]
pub struct Recorded {
    /// The exchanges, in the order in which they ended.
    pub entries: Vec<Entry>,
    /// How many earlier ones were left out, as there were more than are held.
    pub left_out: u64,
    /// How many lines are no exchange; the last line of a run that was killed may be torn.
    pub unreadable: u64,
}

/// Says why a file is no recording that can be opened.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// The system could not read it.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// Its first line does not say that it is a recording.
    #[error(
        "it is no recording: its first line has to be {{\"recording\":\"{KIND}\",\"version\":{VERSION}}}; \
             swath serve --inspect-record FILE makes one"
    )]
    NotOne,
    /// A later version wrote it.
    #[error(
        "it is of version {0}, this program reads up to {VERSION}: open it with the swath that wrote it, or a later one"
    )]
    Newer(u64),
}

/// Reads a recording.
///
/// # Errors
/// The file cannot be read, or is no recording of a known version.
pub fn read(file: impl BufRead, limits: &ReadLimits) -> Result<Recorded, Unreadable> {
    let mut file = file.take(limits.file_bytes);
    let mut line = Vec::new();
    if !next_line(&mut file, &mut line, limits.line_bytes)? {
        return Err(Unreadable::NotOne);
    }
    check_head(&line)?;
    let mut kept = std::collections::VecDeque::new();
    let mut recorded = Recorded::default();
    while next_line(&mut file, &mut line, limits.line_bytes)? {
        match serde_json::from_slice::<Entry>(&line) {
            Ok(entry) if entry.id > 0 && is_printable(&line) => {
                if kept.len() == limits.exchanges.max(1) {
                    kept.pop_front();
                    recorded.left_out += 1;
                }
                kept.push_back(entry);
            }
            // Where a second run went on with the file its own first line stands in between.
            _ if check_head(&line).is_ok() => {}
            _ => recorded.unreadable += 1,
        }
    }
    recorded.entries = kept.into();
    Ok(recorded)
}

/// Reads a line without its LF, of a longer one no more than `most` octets and one; says whether there was one.
fn next_line(file: &mut impl BufRead, line: &mut Vec<u8>, most: usize) -> io::Result<bool> {
    line.clear();
    if file.by_ref().take(most as u64 + 1).read_until(b'\n', line)? == 0 {
        return Ok(false);
    }
    if line.last() == Some(&b'\n') {
        line.pop();
    } else if line.len() > most {
        file.skip_until(b'\n')?;
    }
    Ok(true)
}

fn check_head(line: &[u8]) -> Result<(), Unreadable> {
    let head: serde_json::Value = serde_json::from_slice(line).map_err(|_| Unreadable::NotOne)?;
    if head.get("recording").and_then(|kind| kind.as_str()) != Some(KIND) {
        return Err(Unreadable::NotOne);
    }
    match head.get("version").and_then(serde_json::Value::as_u64) {
        Some(1..=VERSION) => Ok(()),
        Some(newer) => Err(Unreadable::Newer(newer)),
        None => Err(Unreadable::NotOne),
    }
}

/// Says whether all of a line is printable ASCII, as lines that were written here are, and its strings once they are read.
fn is_printable(line: &[u8]) -> bool {
    let mut octets = line.iter();
    while let Some(octet) = octets.next() {
        // `\"` and `\\` are all the escapes that printable text needs.
        let fine = match octet {
            b'\\' => matches!(octets.next(), Some(b'"' | b'\\')),
            other => (b' '..=b'~').contains(other),
        };
        if !fine {
            return false;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;
    use proptest::prelude::*;

    fn written(ids: impl Iterator<Item = u64>) -> Vec<u8> {
        let head = format!("{}\n", json!({ "recording": KIND, "version": VERSION }));
        ids.fold(head.into_bytes(), |mut all, id| {
            all.extend(line(&sample::entry(id)).into_bytes());
            all
        })
    }

    #[test]
    fn what_was_written_reads_back() {
        let recorded = read(&written(1..=3)[..], &ReadLimits::default()).expect("a recording");
        assert_eq!(recorded.entries, [1, 2, 3].map(sample::entry));
        assert_eq!((recorded.left_out, recorded.unreadable), (0, 0));
        let mut twice = written(1..=1);
        twice.extend(written(1..=1));
        assert_eq!(read(&twice[..], &ReadLimits::default()).expect("two runs").entries.len(), 2);
    }

    #[test]
    fn of_a_long_recording_the_last_are_held() {
        let limits = ReadLimits { exchanges: 10, ..ReadLimits::default() };
        let recorded = read(&written(1..=25)[..], &limits).expect("a recording");
        assert_eq!(recorded.entries.first().map(|entry| entry.id), Some(16));
        assert_eq!((recorded.entries.len(), recorded.left_out), (10, 15));
    }

    #[test]
    fn a_torn_line_and_a_strange_one_are_counted() {
        let mut octets = written(1..=2);
        let whole = octets.len();
        octets.extend_from_slice(b"{\"id\":3,\"target\":\"/\\u001b[2J\"}\n{\"x\":1}\nnonsense\n");
        octets.extend(vec![b'a'; 100_000]);
        octets.push(b'\n');
        octets.extend_from_within(whole - 200..whole - 100);
        let recorded = read(&octets[..], &ReadLimits::default()).expect("a recording");
        assert_eq!((recorded.entries.len(), recorded.unreadable), (2, 5));
    }

    #[test]
    fn what_is_no_recording_says_so() {
        for octets in [
            &b""[..],
            b"\n",
            b"{}\n",
            b"{\"id\":1}\n",
            b"\x7fELF\x02",
            b"{\"recording\":\"swath exchanges\"}",
        ] {
            let error = read(octets, &ReadLimits::default()).expect_err("none");
            assert!(error.to_string().contains("--inspect-record"), "{error}");
        }
        let newer = b"{\"recording\":\"swath exchanges\",\"version\":2}\n";
        assert!(matches!(read(&newer[..], &ReadLimits::default()), Err(Unreadable::Newer(2))));
    }

    proptest! {
        #[test]
        fn anything_is_read_within_the_limits(octets: Vec<u8>, cut in 0usize..2000) {
            let limits = ReadLimits { line_bytes: 700, exchanges: 2, file_bytes: 4096 };
            let mut file = written(1..=3);
            file.truncate(cut);
            file.extend(&octets);
            if let Ok(recorded) = read(&file[..], &limits) {
                prop_assert!(recorded.entries.len() <= 2);
                for entry in recorded.entries {
                    let shown = format!("{entry:?}");
                    prop_assert!(shown.bytes().all(|octet| (b' '..=b'~').contains(&octet)), "{}", shown);
                }
            }
        }
    }
}
