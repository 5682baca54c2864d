//! What the kernel really took of each HTTP/1.1 response, and how a connection is made to end.
//!
//! One [`Tally`] belongs to one connection and is shared by two rooms:
//!
//! | who | writes | reads |
//! |---|---|---|
//! | connection (the writer around the socket) | [`Tally::wrote`] or [`Tally::wrote_vectored`] after each write the socket (or TLS) took; [`Tally::end_as`] before it closes for a limit or for shutdown; [`Tally::ended`] when it is over | [`Tally::is_aborted`] when it closes: then with a reset (`SO_LINGER` 0) |
//! | record | its place in the order of responses; [`Tally::abort`] when the answer must not look complete | [`Tally::cause`] when it is dropped unfinished |
//!
//! hyper buffers heads and content together, so what left is only known at the socket. The writer shows
//! the tally the octets that left; the tally finds the end of each head and gives what follows to the records
//! in the order in which they were opened: never more than their bodies gave, so content is counted, not parsed.
//! While no record is open nothing is looked at: on HTTP/2 connections that costs one atomic load per write.
//!
//! The writer must pass on `is_write_vectored`; else hyper copies every octet once more.

use std::collections::VecDeque;
use std::fmt;
use std::io::IoSlice;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, OnceLock, PoisonError};

use crate::exchange::{Open, Outcome};

/// Counts the octets of content that leave one connection, response by response.
#[derive(Default)]
pub struct Tally {
    responses: Mutex<Responses>,
    /// How many responses are expected or under way; zero means that nothing needs to be looked at.
    waiting: AtomicUsize,
    aborted: AtomicBool,
    cause: OnceLock<Outcome>,
}

#[derive(Default)]
struct Responses {
    queue: VecDeque<Arc<Open>>,
    head: Head,
    over: bool,
}

impl Tally {
    /// Makes the tally of a new connection.
    #[must_use]
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// Gives one that is never written to, for connections that need none yet.
    pub(crate) fn unused() -> Arc<Self> {
        static UNUSED: LazyLock<Arc<Tally>> = LazyLock::new(Tally::new);
        Arc::clone(&UNUSED)
    }

    /// Takes note of octets that the socket (or TLS) took, in order. Written by the connection.
    pub fn wrote(&self, octets: &[u8]) {
        if self.waiting.load(Ordering::Acquire) != 0 {
            let mut responses = self.lock();
            responses.wrote(octets);
            self.waiting.store(responses.queue.len(), Ordering::Release);
        }
    }

    /// Takes note of the first `count` octets of a vectored write. Written by the connection.
    pub fn wrote_vectored(&self, slices: &[IoSlice<'_>], count: usize) {
        let mut left = count;
        for slice in slices {
            let taken = left.min(slice.len());
            self.wrote(slice.get(..taken).unwrap_or_default());
            left -= taken;
            if left == 0 {
                break;
            }
        }
    }

    /// Says why the connection is about to end, before it is closed. The first reason stays.
    pub fn end_as(&self, outcome: Outcome) {
        // A second reason is a consequence of the first.
        let _ = self.cause.set(outcome);
    }

    /// Gives the reason the connection ends; aborted by the peer unless this side gave one.
    #[must_use]
    pub fn cause(&self) -> Outcome {
        self.cause.get().copied().unwrap_or(Outcome::AbortedByPeer)
    }

    /// Asks that the connection be reset: what was sent must not look complete. Written by the record.
    pub fn abort(&self) {
        self.aborted.store(true, Ordering::Release);
    }

    /// Says whether the connection is to be reset when it closes. Read by the connection.
    #[must_use]
    pub fn is_aborted(&self) -> bool {
        self.aborted.load(Ordering::Acquire)
    }

    /// Takes note that the connection is over: what has not left by now never will.
    ///
    /// Written by the connection when its socket is dropped; dropping the tally does the same.
    pub fn ended(&self) {
        let mut responses = self.lock();
        responses.over = true;
        for open in responses.queue.drain(..) {
            open.connection_over(self.cause());
        }
        self.waiting.store(0, Ordering::Release);
    }

    /// Puts a response in its place behind those already expected. Written by the record.
    pub(crate) fn expect(&self, open: Arc<Open>) {
        let mut responses = self.lock();
        if responses.over {
            open.connection_over(self.cause());
            return;
        }
        responses.queue.push_back(open);
        self.waiting.store(responses.queue.len(), Ordering::Release);
    }

    fn lock(&self) -> MutexGuard<'_, Responses> {
        self.responses.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Tally {
    fn drop(&mut self) {
        self.ended();
    }
}

impl fmt::Debug for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tally").field("aborted", &self.is_aborted()).field("cause", &self.cause()).finish()
    }
}

impl Responses {
    fn wrote(&mut self, mut octets: &[u8]) {
        while !octets.is_empty() {
            let Some(open) = self.queue.front() else { return };
            if !open.head_is_written() {
                let (end, rest) = self.head.read(octets);
                octets = rest;
                if end == HeadEnd::Final {
                    open.wrote_head();
                }
                continue;
            }
            let taken = open.wrote_content(octets.len());
            octets = octets.get(taken..).unwrap_or_default();
            // More octets than the body gave belong to the next response, whether or not the body closed yet.
            if !octets.is_empty() {
                self.queue.pop_front();
            }
        }
        while self.queue.front().is_some_and(|open| open.is_through()) {
            self.queue.pop_front();
        }
    }
}

/// How many octets of a status line it takes to tell an interim response.
const STATUS_CLASS: usize = "HTTP/1.1 2".len();

/// Finds where a response head ends, in however many writes it leaves.
#[derive(Default)]
struct Head {
    /// The octets of the status line up to the status class, which tells an interim response.
    start: Vec<u8>,
    /// How many octets of the closing CR LF CR LF have been seen.
    matched: usize,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum HeadEnd {
    NotYet,
    Interim,
    Final,
}

impl Head {
    /// Reads on in a head; gives what follows it once it has ended.
    fn read<'a>(&mut self, octets: &'a [u8]) -> (HeadEnd, &'a [u8]) {
        let missing = STATUS_CLASS.saturating_sub(self.start.len()).min(octets.len());
        self.start.extend_from_slice(octets.get(..missing).unwrap_or_default());
        // The usual case, and the quick one: a head leaves whole.
        if self.matched == 0
            && let Some(at) = memchr::memmem::find(octets, b"\r\n\r\n")
        {
            return self.ended(octets, at + 4);
        }
        for (index, octet) in octets.iter().enumerate() {
            self.matched = match (octet, self.matched) {
                (b'\r', 2) => 3,
                (b'\r', _) => 1,
                (b'\n', 1) => 2,
                (b'\n', 3) => return self.ended(octets, index + 1),
                _ => 0,
            };
        }
        (HeadEnd::NotYet, &[])
    }

    fn ended<'a>(&mut self, octets: &'a [u8], end: usize) -> (HeadEnd, &'a [u8]) {
        let interim = self.start.get(STATUS_CLASS - 1) == Some(&b'1');
        *self = Self::default();
        (if interim { HeadEnd::Interim } else { HeadEnd::Final }, octets.get(end..).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Instant, SystemTime};

    use bytes::Bytes;
    use http::Method;

    use super::*;
    use crate::exchange::{Exchange, Received, Record, Recorder, Sink, Views, Wire};

    #[derive(Default)]
    struct Seen(Mutex<Vec<(String, u64, Outcome)>>);

    impl Sink for Seen {
        fn record(&self, exchange: &Arc<Exchange>) {
            let target = String::from_utf8_lossy(exchange.target.as_deref().unwrap_or_default()).into_owned();
            self.0.lock().expect("seen").push((target, exchange.bytes_sent, exchange.outcome));
        }
    }

    impl Seen {
        fn take(&self) -> Vec<(String, u64, Outcome)> {
            std::mem::take(&mut *self.0.lock().expect("seen"))
        }
    }

    fn connection() -> (Arc<Seen>, Recorder, Arc<Tally>) {
        let seen = Arc::new(Seen::default());
        (Arc::clone(&seen), Recorder::new(vec![seen], None), Tally::new())
    }

    fn open(recorder: &Recorder, target: &str, wire: Wire) -> Record {
        let target = Bytes::from(target.to_owned());
        let (time, instant) = (SystemTime::now(), Instant::now());
        let received =
            Received { time, instant, peer: None, method: Method::GET, target, range: None, if_range: None };
        recorder.open(received, wire)
    }

    /// A response that was given as a whole: its record, finished.
    fn given(recorder: &Recorder, tally: &Arc<Tally>, target: &str, content: u64) {
        let mut record = open(recorder, target, Wire::Http1(Arc::clone(tally)));
        record.add_sent(content);
        record.finish(Outcome::Finished);
    }

    fn response(head: &str, content: usize) -> Vec<u8> {
        // Content that looks like the end of a head must not be taken for one.
        let pattern = b"\r\n\r\nHTTP/1.1 200 OK\r\n\r\n";
        head.bytes().chain(pattern.iter().copied().cycle().take(content)).collect()
    }

    const HEAD: &str = "HTTP/1.1 206 Partial Content\r\ncontent-length: 9\r\n\r\n";
    const CONTINUE: &str = "HTTP/1.1 100 Continue\r\n\r\n";

    #[test]
    fn octets_are_shared_out_in_order_however_they_leave() {
        let whole =
            [response(HEAD, 100), response(CONTINUE, 0), response(HEAD, 0), response(HEAD, 1000)].concat();
        for step in [1, 2, 3, 7, 64, 150, whole.len()] {
            let (seen, recorder, tally) = connection();
            given(&recorder, &tally, "/a", 100);
            given(&recorder, &tally, "/none", 0);
            given(&recorder, &tally, "/b", 1000);
            for octets in whole.chunks(step) {
                let (left, right) = octets.split_at(octets.len() / 2);
                tally.wrote_vectored(
                    &[IoSlice::new(left), IoSlice::new(right), IoSlice::new(b"more")],
                    octets.len(),
                );
            }
            let finished = Outcome::Finished;
            let expected = [("/a", 100, finished), ("/none", 0, finished), ("/b", 1000, finished)];
            assert_eq!(
                seen.take(),
                expected.map(|(target, sent, end)| (target.to_owned(), sent, end)),
                "{step}"
            );
            assert_eq!(tally.waiting.load(Ordering::Relaxed), 0);
        }
    }

    #[test]
    fn nothing_is_recorded_before_the_last_octet_has_left() {
        let (seen, recorder, tally) = connection();
        given(&recorder, &tally, "/a", 100);
        let octets = [response(CONTINUE, 0), response(HEAD, 100)].concat();
        let (but_one, last) = octets.split_at(octets.len() - 1);
        tally.wrote(but_one);
        assert_eq!(seen.take(), []);
        tally.wrote(last);
        assert_eq!(seen.take().len(), 1);
        tally.ended();
        drop(tally);
        assert_eq!(seen.take(), [], "and once only");
    }

    #[test]
    fn what_never_left_is_not_sent() {
        for (cause, expected) in [(None, Outcome::AbortedByPeer), (Some(Outcome::Stalled), Outcome::Stalled)]
        {
            let (seen, recorder, tally) = connection();
            given(&recorder, &tally, "/a", 100);
            given(&recorder, &tally, "/b", 100);
            tally.wrote(&response(HEAD, 40));
            if let Some(cause) = cause {
                tally.end_as(cause);
                tally.end_as(Outcome::ShutDown);
            }
            tally.ended();
            assert_eq!(seen.take(), [("/a".to_owned(), 40, expected), ("/b".to_owned(), 0, expected)]);
            given(&recorder, &tally, "/late", 0);
            assert_eq!(seen.take(), [("/late".to_owned(), 0, expected)], "opened after the end, it ends too");
        }
    }

    #[test]
    fn a_record_that_outlives_its_connection_is_recorded_when_it_is_dropped() {
        let (seen, recorder, tally) = connection();
        let record = open(&recorder, "/a", Wire::Http1(Arc::clone(&tally)));
        record.add_sent(100);
        tally.wrote(&response(HEAD, 100));
        tally.ended();
        assert_eq!(seen.take(), [], "its body may still say how it ended");
        drop(record);
        assert_eq!(seen.take(), [("/a".to_owned(), 100, Outcome::AbortedByPeer)]);
    }

    #[test]
    fn content_that_nobody_asks_for_does_not_swallow_the_next_head() {
        // hyper drops the body of an answer to HEAD without asking it.
        let (seen, recorder, tally) = connection();
        drop(open(&recorder, "/head", Wire::Http1(Arc::clone(&tally))));
        given(&recorder, &tally, "/next", 9);
        tally.wrote(&[response(HEAD, 0), response(HEAD, 9)].concat());
        let ended: Vec<_> = seen.take().into_iter().map(|(target, sent, _)| (target, sent)).collect();
        assert_eq!(ended, [("/head".to_owned(), 0), ("/next".to_owned(), 9)]);
    }

    #[test]
    fn an_abort_resets_the_connection_and_names_the_cause() {
        let (seen, recorder, tally) = connection();
        let mut record = open(&recorder, "/a", Wire::Http1(Arc::clone(&tally)));
        record.add_sent(100);
        tally.wrote(&response(HEAD, 100));
        assert!(!tally.is_aborted());
        record.abort(Outcome::Changed, None);
        record.finish(Outcome::Finished);
        drop(record);
        assert!(tally.is_aborted());
        tally.ended();
        assert_eq!(seen.take(), [("/a".to_owned(), 100, Outcome::Changed)]);
    }

    #[test]
    fn on_http2_one_stream_aborts_alone_and_given_octets_count() {
        let (seen, recorder, tally) = connection();
        let mut one = open(&recorder, "/one", Wire::Http2(Arc::clone(&tally)));
        let other = open(&recorder, "/other", Wire::Http2(Arc::clone(&tally)));
        one.add_sent(5);
        one.abort(Outcome::Truncated, None);
        assert!(!tally.is_aborted());
        other.add_sent(7);
        tally.end_as(Outcome::Stalled);
        drop(other);
        tally.ended();
        assert_eq!(
            seen.take(),
            [("/one".to_owned(), 5, Outcome::Truncated), ("/other".to_owned(), 7, Outcome::Stalled)]
        );
    }

    #[test]
    fn octets_of_connections_without_records_are_not_looked_at() {
        let (seen, recorder, tally) = connection();
        tally.wrote(b"HTTP/1.1 400 Bad Request\r\n\r");
        given(&recorder, &tally, "/a", 3);
        tally.wrote(&response(HEAD, 3));
        assert_eq!(seen.take(), [("/a".to_owned(), 3, Outcome::Finished)]);
    }

    #[test]
    fn a_view_is_charged_while_octets_leave() {
        let views = Arc::new(Views::default());
        let token = views.issue().expect("random bits");
        let recorder = Recorder::new(Vec::new(), Some(Arc::clone(&views)));
        let tally = Tally::new();
        let record = open(&recorder, &format!("/clip.mp4?view={token}"), Wire::Http1(Arc::clone(&tally)));
        record.add_sent(1000);
        tally.wrote(&response(HEAD, 300));
        let spent = views.spent(&token).expect("issued");
        assert_eq!((spent.bytes, spent.requests), (300, 1));
        tally.ended();
        drop(record);
        assert_eq!(views.spent(&token).map(|spent| spent.bytes), Some(300), "what never left costs nothing");
    }
}
