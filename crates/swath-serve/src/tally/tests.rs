//! Octets that leave, and what of them each response is said to have sent.

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
        assert_eq!(seen.take(), expected.map(|(target, sent, end)| (target.to_owned(), sent, end)), "{step}");
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
    for (cause, expected) in [(None, Outcome::AbortedByPeer), (Some(Outcome::Stalled), Outcome::Stalled)] {
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
