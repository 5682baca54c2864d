//! The record of one request while it is answered, and where finished records go.
//!
//! In: [`Received`] when the head has arrived, [`Answered`] when the answer is composed, octets as they are
//! given, an [`Outcome`] or a drop. Out: one [`Exchange`] to each [`Sink`] of the [`Recorder`].

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use bytes::Bytes;
use http::{HeaderValue, Method, StatusCode};

use super::{Exchange, Open, Outcome, Views};
use crate::connection::Peer;
use crate::tally::Tally;

/// Takes the records of exchanges that ended: a log, metrics, an inspector.
///
/// Every method is called on the thread that serves: it must not block.
pub trait Sink: Send + Sync {
    /// Takes one finished exchange.
    fn record(&self, exchange: &Arc<Exchange>);

    /// Notes that an exchange began.
    fn opened(&self) {}

    /// Notes that an exchange that began has ended; its record follows.
    fn closed(&self) {}
}

/// Opens records and hands finished ones to every sink.
#[derive(Clone)]
pub struct Recorder {
    sinks: Arc<[Arc<dyn Sink>]>,
    views: Option<Arc<Views>>,
}

/// Says what counts the octets that really leave.
#[derive(Clone, Debug)]
pub enum Wire {
    /// HTTP/1.1 on a connection whose writer reports to this tally.
    Http1(Arc<Tally>),
    /// HTTP/2 on a connection with this tally: octets given to the HTTP/2 layer count as sent.
    Http2(Arc<Tally>),
    /// Nothing is known of the connection (a service in somebody else's server): octets given count as sent.
    Unknown,
}

/// Holds what was received: the request as far as the record goes.
#[derive(Clone, Debug)]
pub struct Received {
    /// When the head had been received.
    pub time: SystemTime,
    /// The same moment, for measuring.
    pub instant: Instant,
    /// Who asks; `None` where nothing is known of the connection.
    pub peer: Option<Peer>,
    /// The method.
    pub method: Method,
    /// The request target as it came.
    pub target: Bytes,
    /// The Range field as it came, several lines joined with `, `.
    pub range: Option<Bytes>,
    /// The If-Range field as it came.
    pub if_range: Option<Bytes>,
}

impl Received {
    /// Makes the record of a request whose head has just been received.
    #[must_use]
    pub fn now(peer: Option<Peer>, parts: &http::request::Parts) -> Self {
        let joined = |name| {
            let mut lines = parts.headers.get_all(name).iter().map(HeaderValue::as_bytes);
            let first = lines.next()?.to_vec();
            Some(Bytes::from(lines.fold(first, |mut all, line| {
                all.extend_from_slice(b", ");
                all.extend_from_slice(line);
                all
            })))
        };
        Self {
            time: SystemTime::now(),
            instant: Instant::now(),
            peer,
            method: parts.method.clone(),
            target: target_as_it_came(parts),
            range: joined(http::header::RANGE),
            if_range: joined(http::header::IF_RANGE),
        }
    }
}

/// Gives path and query, also for HTTP/2, where the URI is put together from fields; whole, if it came so in HTTP/1.1.
fn target_as_it_came(parts: &http::request::Parts) -> Bytes {
    let came_whole = parts.uri.scheme().is_some() && parts.version < http::Version::HTTP_2;
    match parts.uri.path_and_query() {
        Some(path) if !came_whole && !path.as_str().is_empty() => Bytes::from(path.as_str().to_owned()),
        _ => Bytes::from(parts.uri.to_string()),
    }
}

/// Holds what was decided: the answer as far as the record goes.
#[derive(Clone, Debug)]
pub struct Answered {
    /// The status.
    pub status: StatusCode,
    /// The Content-Range field, if the answer has one.
    pub content_range: Option<HeaderValue>,
    /// The stable key of the reason.
    pub because: Option<&'static str>,
    /// The section the reason stands in.
    pub section: Option<&'static str>,
    /// The octets of content promised; 0 for HEAD.
    pub bytes_planned: u64,
}

impl Recorder {
    /// Makes a recorder that hands each record to all of `sinks`, and charges views while octets leave.
    #[must_use]
    pub fn new(sinks: Vec<Arc<dyn Sink>>, views: Option<Arc<Views>>) -> Self {
        Self { sinks: sinks.into(), views }
    }

    /// Makes a recorder that keeps nothing.
    #[must_use]
    pub fn none() -> Self {
        Self::new(Vec::new(), None)
    }

    /// Opens the record of one request.
    ///
    /// On HTTP/1.1 call it in the order of the requests on the connection, before the response is returned:
    /// the tally gives octets to records in that order.
    #[must_use]
    pub fn open(&self, received: Received, wire: Wire) -> Record {
        let cost = self.views.as_ref().and_then(|views| views.charge(&received.target));
        let exchange = Exchange {
            time: received.time,
            method: Some(received.method),
            target: Some(received.target),
            range: received.range,
            if_range: received.if_range,
            ..Exchange::without_request(received.peer, Outcome::AbortedByPeer)
        };
        for sink in self.sinks.iter() {
            sink.opened();
        }
        let counted = matches!(wire, Wire::Http1(_));
        let open = Open::new(Arc::clone(&self.sinks), cost, counted, received.instant, exchange);
        let open = Arc::new(open);
        if let Wire::Http1(tally) = &wire {
            tally.expect(Arc::clone(&open));
        }
        Record { open, wire, closed: false }
    }

    /// Hands over the record of a connection or head that never became a request.
    pub fn note(&self, exchange: Exchange) {
        let exchange = Arc::new(exchange);
        for sink in self.sinks.iter() {
            sink.record(&exchange);
        }
    }
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder").field("sinks", &self.sinks.len()).finish_non_exhaustive()
    }
}

/// Records one request; whoever sends its content owns it.
///
/// However it ends, exactly one [`Exchange`] goes to the sinks: on HTTP/1.1 when the last octet has left or the
/// connection is over, elsewhere when the record is finished or dropped. Dropped before [`Record::finish`], it
/// ends as what ended the connection, or as aborted by the peer.
pub struct Record {
    open: Arc<Open>,
    wire: Wire,
    closed: bool,
}

impl Record {
    /// Makes a record that goes nowhere, for content that nobody counts.
    #[must_use]
    pub fn none() -> Self {
        let exchange = Exchange::without_request(None, Outcome::AbortedByPeer);
        let open = Open::new(Arc::new([]), None, false, Instant::now(), exchange);
        Self { open: Arc::new(open), wire: Wire::Unknown, closed: false }
    }

    /// Notes the answer, before its head is returned.
    pub fn answered(&self, answered: Answered) {
        self.open.answered(answered);
    }

    /// Notes octets of content given to the HTTP layer.
    pub fn add_sent(&self, octets: u64) {
        self.open.give(octets);
    }

    /// Ends the record: all was given, or this side gave up. Only the first end counts.
    pub fn finish(&mut self, outcome: Outcome) {
        if !self.closed {
            self.closed = true;
            self.open.close(outcome);
        }
    }

    /// Ends the record because this side gives up, and has an HTTP/1.1 connection reset.
    ///
    /// `fault` is what the system said, if it was asked.
    pub fn abort(&mut self, outcome: Outcome, fault: Option<&io::Error>) {
        if let Some(fault) = fault {
            self.open.fault(fault.to_string());
        }
        if let Wire::Http1(tally) = &self.wire {
            tally.end_as(outcome);
            tally.abort();
        }
        self.finish(outcome);
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        let cause = match &self.wire {
            Wire::Http1(tally) | Wire::Http2(tally) => tally.cause(),
            Wire::Unknown => Outcome::AbortedByPeer,
        };
        self.finish(cause);
    }
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Record").field("closed", &self.closed).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn received(request: http::request::Builder) -> Received {
        let (parts, ()) = request.body(()).expect("a request").into_parts();
        Received::now(None, &parts)
    }

    #[test]
    fn the_target_is_recorded_as_it_came() {
        use http::Version;
        for (version, uri, expected) in [
            (Version::HTTP_11, "/a%20b?c=d&e", "/a%20b?c=d&e"),
            (Version::HTTP_11, "*", "*"),
            (Version::HTTP_11, "http://example.com/a?b", "http://example.com/a?b"),
            (Version::HTTP_2, "https://example.com/a?b", "/a?b"),
            (Version::HTTP_11, "example.com:443", "example.com:443"),
        ] {
            let target = received(http::Request::builder().version(version).uri(uri)).target;
            assert_eq!(target, expected, "{version:?} {uri}");
        }
    }

    #[test]
    fn several_lines_of_a_field_are_joined() {
        let two =
            received(http::Request::builder().header("Range", "bytes=0-1").header("Range", "bytes=5-\u{e9}"));
        assert_eq!(two.range.as_deref(), Some("bytes=0-1, bytes=5-\u{e9}".as_bytes()));
        assert_eq!(two.if_range, None);
    }
}
