//! The record of one request while it is answered, and where finished records go.
//!
//! In: [`Received`] when the head has arrived, [`Answered`] when the answer is composed, octets as they are
//! given, an [`Outcome`] or a drop. Out: one [`Exchange`] to each [`Sink`] of the [`Recorder`].

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Instant;

use http::{HeaderMap, Version};

use super::gate::Gate;
use super::{Answered, Detail, Exchange, Fields, Open, Outcome, Received, Running, Transport, Views};
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

    /// Says whether it takes nothing at all, as a log that is off; asked once. Such a sink is left out, and an exchange that no
    /// other wants is not recorded at all.
    fn is_off(&self) -> bool {
        false
    }

    /// Says whether exchanges are to come with a [`Detail`]; asked once. What nobody wants costs nothing.
    fn wants_details(&self) -> bool {
        false
    }

    /// Counts an exchange that was not recorded, as nobody else wants it and there were too many to look at.
    fn passed_over(&self) {}

    /// Takes a look at an exchange that has just begun; called only for those with details, and those who want them.
    fn began(&self, _running: Running) {}
}

/// Opens records and hands finished ones to every sink.
#[derive(Clone)]
pub struct Recorder {
    sinks: Arc<[Arc<dyn Sink>]>,
    views: Option<Arc<Views>>,
    /// `None` while nobody wants details.
    gate: Option<Arc<Gate>>,
    /// Whether all who take records want them with details, so that one without is of no use.
    details_only: bool,
}

/// Says what counts the octets that really leave.
#[derive(Clone, Debug)]
pub enum Wire {
    /// HTTP/1.1 without an engine: what is added as sent is what the kernel took.
    FastPath,
    /// HTTP/1.1 on a connection whose writer reports to this tally.
    Http1(Arc<Tally>),
    /// HTTP/2 on a connection with this tally: octets given to the HTTP/2 layer count as sent.
    Http2(Arc<Tally>),
    /// Nothing is known of the connection (a service in somebody else's server): octets given count as sent.
    Unknown,
}

impl Wire {
    fn transport(&self) -> Transport {
        match self {
            Wire::FastPath => Transport::FastPath,
            Wire::Http1(_) => Transport::Http1,
            Wire::Http2(_) => Transport::Http2,
            Wire::Unknown => Transport::Service,
        }
    }
}

impl Recorder {
    /// Makes a recorder that hands each record to all of `sinks`, and charges views while octets leave.
    #[must_use]
    pub fn new(sinks: Vec<Arc<dyn Sink>>, views: Option<Arc<Views>>) -> Self {
        let sinks: Vec<_> = sinks.into_iter().filter(|sink| !sink.is_off()).collect();
        let gate = sinks.iter().any(|sink| sink.wants_details()).then(|| Arc::new(Gate::new()));
        let details_only = gate.is_some() && sinks.iter().all(|sink| sink.wants_details());
        Self { sinks: sinks.into(), views, gate, details_only }
    }

    /// Makes a recorder that keeps nothing.
    #[must_use]
    pub fn none() -> Self {
        Self::new(Vec::new(), None)
    }

    /// Opens the record of one request whose head was just `received`; `query` is that of its target.
    ///
    /// Where nobody takes records and no view is charged, nothing is copied of the request and nothing is kept.
    #[must_use]
    pub fn begin(
        &self,
        query: Option<&str>,
        wire: Wire,
        received: impl FnOnce(Instant) -> Received,
    ) -> Record {
        let nothing = |wire| Record { open: None, wire, closed: false };
        if self.sinks.is_empty() && !self.may_charge(query) {
            return nothing(wire);
        }
        let now = Instant::now();
        if self.details_only && !self.may_charge(query) {
            return match self.detail(now) {
                Some(detail) => self.open_with(received(now), wire, Some(detail)),
                None => {
                    self.sinks.iter().for_each(|sink| sink.passed_over());
                    nothing(wire)
                }
            };
        }
        self.open(received(now), wire)
    }

    /// Says whether the request may belong to a view.
    fn may_charge(&self, query: Option<&str>) -> bool {
        self.views.is_some() && query.is_some_and(|query| query.contains("view="))
    }

    /// Opens the record of one request.
    ///
    /// On HTTP/1.1 call it in the order of the requests on the connection, before the response is returned:
    /// the tally gives octets to records in that order.
    #[must_use]
    pub fn open(&self, received: Received, wire: Wire) -> Record {
        let detail = self.detail(received.instant);
        self.open_with(received, wire, detail)
    }

    fn open_with(&self, received: Received, wire: Wire, detail: Option<Box<Detail>>) -> Record {
        let cost = self.views.as_ref().and_then(|views| views.charge(&received.target));
        let exchange = Exchange {
            transport: wire.transport(),
            method: Some(received.method),
            target: Some(received.target),
            range: received.range,
            if_range: received.if_range,
            detail,
            ..Exchange::at(received.time, received.peer, Outcome::AbortedByPeer)
        };
        for sink in self.sinks.iter() {
            sink.opened();
        }
        let counted = matches!(wire, Wire::Http1(_));
        let open = Open::new(Arc::clone(&self.sinks), cost, counted, received.instant, exchange);
        let open = Arc::new(open);
        if open.is_detailed() {
            for sink in self.sinks.iter().filter(|sink| sink.wants_details()) {
                sink.began(Running::new(&open));
            }
        }
        if let Wire::Http1(tally) = &wire {
            tally.expect(Arc::clone(&open));
        }
        Record { open: Some(open), wire, closed: false }
    }

    /// Hands over the record of a connection or head that never became a request.
    pub fn note(&self, mut exchange: Exchange) {
        exchange.detail = self.detail(Instant::now());
        let exchange = Arc::new(exchange);
        for sink in self.sinks.iter() {
            sink.record(&exchange);
        }
    }

    fn detail(&self, now: Instant) -> Option<Box<Detail>> {
        self.gate.as_ref()?.admit(now).map(|id| Box::new(Detail::new(id)))
    }
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder").field("sinks", &self.sinks.len()).finish_non_exhaustive()
    }
}

/// Gives fields as a record takes them.
pub fn lines(fields: &HeaderMap) -> impl Iterator<Item = (&str, &[u8])> {
    fields.iter().map(|(name, value)| (name.as_str(), value.as_bytes()))
}

/// Records one request; whoever sends its content owns it.
///
/// However it ends, exactly one [`Exchange`] goes to the sinks: on HTTP/1.1 when the last octet has left or the
/// connection is over, elsewhere when the record is finished or dropped. Dropped before [`Record::finish`], it
/// ends as what ended the connection, or as aborted by the peer.
pub struct Record {
    /// `None` where nobody wants to know.
    open: Option<Arc<Open>>,
    wire: Wire,
    closed: bool,
}

impl Record {
    /// Makes a record that goes nowhere, for content that nobody counts.
    #[must_use]
    pub fn none() -> Self {
        Self { open: None, wire: Wire::Unknown, closed: false }
    }

    /// Notes what was asked in detail: on which connection, in which version, with which fields; their names are in lower
    /// case. Nothing is looked at unless an inspector wants it.
    pub fn asked<'a>(
        &self,
        connection: Option<u64>,
        version: Version,
        fields: impl IntoIterator<Item = (&'a str, &'a [u8])>,
    ) {
        if let Some(open) = self.detailed() {
            let request = Fields::gather(fields.into_iter());
            open.describe(|detail| {
                detail.connection = connection;
                detail.version = Some(version);
                detail.request = request;
            });
        }
    }

    /// Says whether an inspector wants the details of this exchange.
    pub(crate) fn is_detailed(&self) -> bool {
        self.detailed().is_some()
    }

    /// Says whether anybody will read what is noted.
    pub(crate) fn is_kept(&self) -> bool {
        self.open.is_some()
    }

    fn detailed(&self) -> Option<&Open> {
        self.open.as_deref().filter(|open| open.is_detailed())
    }

    /// Notes that the head of the answer has left, where the one who sends it sees that.
    pub(crate) fn wrote_head(&self) {
        self.open.iter().for_each(|open| open.wrote_head());
    }

    /// Notes the fields of the answer. Nothing is looked at unless an inspector wants it.
    pub fn answered_with<'a>(&self, fields: impl IntoIterator<Item = (&'a str, &'a [u8])>) {
        if let Some(open) = self.detailed() {
            let answer = Fields::gather(fields.into_iter());
            open.describe(|detail| detail.answer = answer);
        }
    }

    /// Notes the answer, before its head is returned.
    pub fn answered(&self, answered: Answered) {
        if let Some(open) = &self.open {
            open.answered(answered);
        }
    }

    /// Notes octets of content that have come to be sent, where the answer promised no length.
    pub fn add_planned(&self, octets: u64) {
        self.open.iter().for_each(|open| open.plan(octets));
    }

    /// Notes what is wrong with where the answer comes from.
    pub fn fault(&self, fault: String) {
        if let Some(open) = &self.open {
            open.fault(fault);
        }
    }

    /// Notes octets of content given to the HTTP layer.
    pub fn add_sent(&self, octets: u64) {
        self.open.iter().for_each(|open| open.give(octets));
    }

    /// Ends the record: all was given, or this side gave up. Only the first end counts.
    pub fn finish(&mut self, outcome: Outcome) {
        if !self.closed {
            self.closed = true;
            self.open.iter().for_each(|open| open.close(outcome));
        }
    }

    /// Ends the record because this side gives up, and has an HTTP/1.1 connection reset.
    ///
    /// `fault` is what the system said, if it was asked.
    pub fn abort(&mut self, outcome: Outcome, fault: Option<&io::Error>) {
        if let (Some(open), Some(fault)) = (&self.open, fault) {
            open.fault(fault.to_string());
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
            Wire::FastPath | Wire::Unknown => Outcome::AbortedByPeer,
        };
        self.finish(cause);
    }
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Record").field("closed", &self.closed).finish_non_exhaustive()
    }
}
