//! The thread that writes the log.
//!
//! In: exchanges or entries, in the order in which they ended. Out: lines, many to a write when many wait; sentences for
//! standard error when lines were lost.

use std::io::{self, ErrorKind, Write};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, SyncSender};
use std::time::{Duration, Instant};

use super::lines::{Counts, Words};

/// How many octets are gathered for one write.
const GATHER: usize = 64 << 10;

/// How often lost lines are reported at most.
const REPORT_EVERY: Duration = Duration::from_secs(10);

/// How long the thread rests after a write. A line that comes alone is written at once; a busy server need not wake the
/// thread for each of its lines, which would cost more than writing them.
const REST: Duration = Duration::from_millis(2);

pub(super) enum Message<T> {
    /// What to write, and about how much memory it holds.
    One(Arc<T>, usize),
    /// Answered once everything before it is written.
    Flush(SyncSender<()>),
}

pub(super) struct Writer<T, W, R> {
    words: Words,
    out: W,
    render: fn(&T) -> String,
    report: R,
    counts: Arc<Counts>,
    gathered: Vec<u8>,
    /// How many lines `gathered` holds.
    lines: u64,
    reported: u64,
    reported_at: Option<Instant>,
    reader_is_gone: bool,
    /// The last failure that was not reported yet.
    error: Option<io::Error>,
}

impl<T, W: Write, R: FnMut(&str)> Writer<T, W, R> {
    pub(super) fn new(
        words: Words,
        out: W,
        render: fn(&T) -> String,
        report: R,
        counts: Arc<Counts>,
    ) -> Self {
        Self {
            words,
            out,
            render,
            report,
            counts,
            gathered: Vec::with_capacity(GATHER),
            lines: 0,
            reported: 0,
            reported_at: None,
            reader_is_gone: false,
            error: None,
        }
    }

    /// Writes until every sender is gone.
    pub(super) fn run(mut self, messages: &Receiver<Message<T>>) {
        while let Ok(first) = messages.recv() {
            let mut next = Ok(first);
            // What waits goes out in one write.
            while let Ok(message) = next {
                self.take(message);
                next = messages.try_recv();
            }
            self.write();
            self.report_losses();
            std::thread::sleep(REST);
        }
    }

    fn take(&mut self, message: Message<T>) {
        match message {
            Message::One(one, weight) => {
                self.gathered.extend_from_slice((self.render)(&one).as_bytes());
                self.lines += 1;
                self.counts.waiting.fetch_sub(weight, Ordering::Relaxed);
                if self.gathered.len() >= GATHER {
                    self.write();
                }
            }
            Message::Flush(done) => {
                self.write();
                // Whoever asked may have stopped waiting.
                let _ = done.send(());
            }
        }
    }

    fn write(&mut self) {
        let lines = std::mem::take(&mut self.lines);
        if lines == 0 {
            return;
        }
        let answer =
            if self.reader_is_gone { Err(ErrorKind::BrokenPipe.into()) } else { self.write_gathered() };
        self.gathered.clear();
        let Err(error) = answer else { return };
        self.counts.dropped.fetch_add(lines, Ordering::Relaxed);
        if error.kind() != ErrorKind::BrokenPipe {
            self.error = Some(error);
        } else if !self.reader_is_gone {
            self.reader_is_gone = true;
            let Words { what, place, .. } = self.words;
            (self.report)(&format!(
                "{what}: nobody reads {place} any more; serving goes on without a {what}"
            ));
        }
    }

    fn write_gathered(&mut self) -> io::Result<()> {
        let mut left = &self.gathered[..];
        while !left.is_empty() {
            match self.out.write(left) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(count) => left = &left[count..],
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                // Somebody made the pipe non-blocking; this thread has time.
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    std::thread::sleep(Duration::from_millis(10));
                }
                Err(error) => return Err(error),
            }
        }
        self.out.flush()
    }

    fn report_losses(&mut self) {
        let dropped = self.counts.dropped.load(Ordering::Relaxed);
        let due = self.reported_at.is_none_or(|at| at.elapsed() >= REPORT_EVERY);
        if dropped > self.reported && due && !self.reader_is_gone {
            let lost = dropped - self.reported;
            self.reported = dropped;
            self.reported_at = Some(Instant::now());
            let why = match self.error.take() {
                Some(error) => error.to_string(),
                None => self.words.slow.to_owned(),
            };
            let what = self.words.what;
            (self.report)(&format!("{what}: {lost} lines were lost: {why}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::mpsc;

    use super::super::{Format, LINES_MAX, Log};
    use super::*;
    use crate::exchange::{Exchange, Outcome, Sink};

    /// Takes what is written; waits while the test holds it, and then answers as told.
    #[derive(Clone, Default)]
    struct Out {
        written: Arc<Mutex<Vec<u8>>>,
        held: Arc<Mutex<()>>,
        answer: Arc<Mutex<Option<ErrorKind>>>,
    }

    impl Write for Out {
        fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
            let _held = self.held.lock();
            if let Some(kind) = self.answer.lock().map_or(None, |mut answer| match *answer {
                // These two pass, and the writer comes back.
                Some(ErrorKind::Interrupted | ErrorKind::WouldBlock) => answer.take(),
                kind => kind,
            }) {
                return Err(kind.into());
            }
            // One octet less than asked, as pipes do.
            let count = octets.len().saturating_sub(1).max(1);
            self.written.lock().expect("written").extend_from_slice(&octets[..count]);
            Ok(count)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Out {
        fn lines(&self) -> usize {
            let written = self.written.lock().expect("written");
            assert!(written.is_empty() || written.ends_with(b"\n"), "whole lines only");
            written.iter().filter(|octet| **octet == b'\n').count()
        }
    }

    fn start(out: &Out) -> (Arc<Log>, mpsc::Receiver<String>) {
        let (reports, reported) = mpsc::channel();
        let report = move |report: &str| drop(reports.send(report.to_owned()));
        (Log::to_writer(Format::Text, out.clone(), report).expect("a thread"), reported)
    }

    fn record(log: &Log, count: usize) {
        let exchange = Arc::new(Exchange::without_request(None, Outcome::Refused));
        for _ in 0..count {
            log.record(&exchange);
        }
    }

    #[test]
    fn every_line_is_written_in_order_and_at_the_latest_at_the_end() {
        let out = Out::default();
        let (log, reported) = start(&out);
        record(&log, 1000);
        assert!(log.flush());
        assert_eq!(out.lines(), 1000);
        record(&log, 10);
        drop(log);
        assert_eq!(out.lines(), 1010);
        assert!(reported.try_recv().is_err());
    }

    #[test]
    fn a_slow_reader_costs_lines_and_not_time() {
        let out = Out::default();
        let (log, reported) = start(&out);
        let held = out.held.lock().expect("held");
        let began = Instant::now();
        record(&log, LINES_MAX * 3);
        assert!(began.elapsed() < Duration::from_secs(5), "the server waited for its log");
        drop(held);
        assert!(log.flush());
        let dropped = log.lines_dropped() as usize;
        assert!((LINES_MAX..LINES_MAX * 2 + 1).contains(&dropped), "{dropped}");
        assert_eq!(out.lines() + dropped, LINES_MAX * 3, "every line is written or counted");
        let report = reported.recv_timeout(Duration::from_secs(5)).expect("a report");
        assert!(report.contains("lines were lost") && report.contains("too slow"), "{report}");
    }

    #[test]
    fn waiting_requests_are_bounded_in_octets_too() {
        let out = Out::default();
        let (log, _reported) = start(&out);
        let held = out.held.lock().expect("held");
        let exchange = Arc::new(Exchange {
            target: Some(vec![b'a'; 1 << 20].into()),
            ..Exchange::without_request(None, Outcome::Refused)
        });
        for _ in 0..100 {
            log.record(&exchange);
        }
        assert!(log.lines_dropped() > 50, "{} of 100 MiB dropped", log.lines_dropped());
        drop(held);
        assert!(log.flush());
        record(&log, 1);
        assert!(log.flush(), "what was written makes room again");
        assert_eq!(out.lines() as u64 + log.lines_dropped(), 101);
    }

    #[test]
    fn a_reader_that_is_gone_is_reported_once_and_tolerated() {
        let out = Out::default();
        *out.answer.lock().expect("answer") = Some(ErrorKind::BrokenPipe);
        let (log, reported) = start(&out);
        for _ in 0..3 {
            record(&log, 5);
            assert!(log.flush());
        }
        assert_eq!((out.lines(), log.lines_dropped()), (0, 15));
        drop(log);
        assert_eq!(reported.iter().count(), 1);
    }

    #[test]
    fn interruptions_lose_nothing_and_a_full_disk_is_named() {
        let out = Out::default();
        let (log, reported) = start(&out);
        for kind in [ErrorKind::Interrupted, ErrorKind::WouldBlock] {
            *out.answer.lock().expect("answer") = Some(kind);
            record(&log, 5);
            assert!(log.flush());
        }
        assert_eq!((out.lines(), log.lines_dropped()), (10, 0));
        *out.answer.lock().expect("answer") = Some(ErrorKind::StorageFull);
        record(&log, 5);
        assert!(log.flush());
        let report = reported.recv_timeout(Duration::from_secs(5)).expect("a report");
        assert!(report.contains("lines were lost") && !report.contains("too slow"), "{report}");
        *out.answer.lock().expect("answer") = None;
        record(&log, 5);
        assert!(log.flush());
        assert_eq!((out.lines(), log.lines_dropped()), (15, 5), "it writes again when it can");
    }

    #[test]
    fn a_log_that_is_off_takes_no_thread() {
        let out = Out::default();
        let log = Log::to_writer(Format::Off, out.clone(), |_| ()).expect("nothing to start");
        record(&log, 5);
        assert!(log.flush());
        assert_eq!((out.lines(), log.lines_dropped()), (0, 0));
    }
}
