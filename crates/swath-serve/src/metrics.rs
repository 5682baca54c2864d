//! Counters for operators, as OpenMetrics text.
//!
//! In: finished exchanges, connections that come and go, and at each scrape what the buffers and the log say.
//! Out: [`Metrics::render`]. Every label has a bounded set of values: methods beyond the registered ones are `other`,
//! everything else is a key of our own. docs/log.md lists the names.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use http::Method;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric};
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};

use crate::buffers::Buffers;
use crate::exchange::{Exchange, Outcome, Sink, Transport};
use crate::log::Log;

/// The media type [`Metrics::render`] writes.
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Counts what a server does.
pub struct Metrics {
    registry: Registry,
    requests: Family<Answer, Counter>,
    outcomes: Family<Ending, Counter>,
    transports: Family<Over, Counter>,
    planned: Counter<u64, AtomicU64>,
    sent: Counter<u64, AtomicU64>,
    in_flight: Gauge,
    connections: Gauge,
    connections_all: Counter,
    seconds: Histogram,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answer {
    method: &'static str,
    status: u16,
    because: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Ending {
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Over {
    transport: &'static str,
}

impl Metrics {
    /// Makes the counters; `buffers` and `log` are asked at each scrape.
    #[must_use]
    pub fn new(buffers: Arc<Buffers>, log: Option<Arc<Log>>) -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("swath"),
            requests: Family::default(),
            outcomes: Family::default(),
            transports: Family::default(),
            planned: Counter::default(),
            sent: Counter::default(),
            in_flight: Gauge::default(),
            connections: Gauge::default(),
            connections_all: Counter::default(),
            // From 100 µs in steps of four to 7.5 hours: a head on loopback, a disk image on a slow line.
            seconds: Histogram::new(exponential_buckets(1e-4, 4.0, 15)),
        };
        metrics.register();
        metrics.registry.register_collector(Box::new(Observed { buffers, log }));
        metrics
    }

    fn register(&mut self) {
        let registry = &mut self.registry;
        registry.register("requests", "Requests that ended, by answer and its reason", self.requests.clone());
        // Every outcome is there from the start, so that the first abort shows as a step.
        for outcome in Outcome::ALL {
            let _ = self.outcomes.get_or_create(&Ending { outcome: outcome.key() });
        }
        registry.register("outcomes", "How exchanges ended", self.outcomes.clone());
        for transport in Transport::ALL {
            let _ = self.transports.get_or_create(&Over { transport: transport.key() });
        }
        registry.register("answers", "Answers by what they went over", self.transports.clone());
        let planned = self.planned.clone();
        registry.register_with_unit("content_planned", "Octets of content promised", Unit::Bytes, planned);
        registry.register_with_unit("content_sent", "Octets of content sent", Unit::Bytes, self.sent.clone());
        registry.register("requests_in_flight", "Requests being answered", self.in_flight.clone());
        registry.register("connections_open", "Connections that are open", self.connections.clone());
        registry.register("connections", "Connections accepted", self.connections_all.clone());
        let seconds = self.seconds.clone();
        registry.register_with_unit("exchange", "From the head received to the end", Unit::Seconds, seconds);
    }

    /// Notes an accepted connection.
    pub fn connection_opened(&self) {
        self.connections.inc();
        self.connections_all.inc();
    }

    /// Notes that a connection is over.
    pub fn connection_closed(&self) {
        self.connections.dec();
    }

    /// Gives all counters as OpenMetrics text, of [`CONTENT_TYPE`].
    #[must_use]
    pub fn render(&self) -> String {
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _ = prometheus_client::encoding::text::encode(&mut text, &self.registry);
        text
    }
}

impl Sink for Metrics {
    fn record(&self, exchange: &Arc<Exchange>) {
        self.outcomes.get_or_create(&Ending { outcome: exchange.outcome.key() }).inc();
        if let Some(method) = &exchange.method {
            let answer = Answer {
                method: method_label(method),
                status: exchange.status.map_or(0, |status| status.as_u16()),
                because: exchange.because.unwrap_or("none"),
            };
            self.requests.get_or_create(&answer).inc();
            self.transports.get_or_create(&Over { transport: exchange.transport.key() }).inc();
            self.seconds.observe(exchange.elapsed.as_secs_f64());
        }
        self.planned.inc_by(exchange.bytes_planned);
        self.sent.inc_by(exchange.bytes_sent);
    }

    fn opened(&self) {
        self.in_flight.inc();
    }

    fn closed(&self) {
        self.in_flight.dec();
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}

/// Gives a method as a label; peers can make up methods without end.
fn method_label(method: &Method) -> &'static str {
    const KNOWN: [(Method, &str); 9] = [
        (Method::GET, "GET"),
        (Method::HEAD, "HEAD"),
        (Method::OPTIONS, "OPTIONS"),
        (Method::POST, "POST"),
        (Method::PUT, "PUT"),
        (Method::DELETE, "DELETE"),
        (Method::PATCH, "PATCH"),
        (Method::TRACE, "TRACE"),
        (Method::CONNECT, "CONNECT"),
    ];
    KNOWN.iter().find(|(known, _)| known == method).map_or("other", |(_, label)| label)
}

/// What is asked of others at each scrape.
#[derive(Debug)]
struct Observed {
    buffers: Arc<Buffers>,
    log: Option<Arc<Log>>,
}

impl Collector for Observed {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let usage = self.buffers.usage();
        let octets = [
            ("buffers_budget", "Memory that content may take", usage.budget),
            ("buffers_in_use", "Memory of buffers being filled or sent", usage.in_use),
            ("buffers_in_use_most", "The most memory that ever was in use", usage.most_in_use),
            ("buffers_idle", "Memory of buffers kept for reuse", usage.idle),
        ];
        for (name, help, octets) in octets {
            let gauge = ConstGauge::new(octets as u64);
            gauge.encode(encoder.encode_descriptor(
                name,
                help,
                Some(&Unit::Bytes),
                gauge.metric_type(),
            )?)?;
        }
        let bodies = ConstGauge::new(usage.bodies as u64);
        let help = "Responses that hold a share of the buffers";
        bodies.encode(encoder.encode_descriptor("buffers_shares", help, None, bodies.metric_type())?)?;
        let dropped = ConstCounter::new(self.log.as_ref().map_or(0, |log| log.lines_dropped()));
        let help = "Log lines that were never written";
        dropped.encode(encoder.encode_descriptor("log_lines_dropped", help, None, dropped.metric_type())?)
    }
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::*;

    fn line_of<'a>(text: &'a str, start: &str) -> Option<&'a str> {
        text.lines().find_map(|line| line.strip_prefix(start)).map(str::trim)
    }

    fn exchange(method: &[u8], outcome: Outcome) -> Arc<Exchange> {
        Arc::new(Exchange {
            method: Method::from_bytes(method).ok(),
            status: Some(StatusCode::PARTIAL_CONTENT),
            because: Some("satisfied"),
            bytes_planned: 100,
            bytes_sent: 40,
            ..Exchange::without_request(None, outcome)
        })
    }

    #[test]
    fn what_happened_is_counted_under_its_labels() {
        let metrics = Metrics::new(Arc::default(), None);
        metrics.opened();
        metrics.opened();
        metrics.closed();
        metrics.connection_opened();
        metrics.connection_opened();
        metrics.connection_closed();
        for outcome in [Outcome::Finished, Outcome::Changed, Outcome::Changed] {
            metrics.record(&exchange(b"GET", outcome));
        }
        metrics.record(&Arc::new(Exchange::without_request(None, Outcome::BadHead)));
        let text = metrics.render();
        for (start, value) in [
            ("swath_requests_total{method=\"GET\",status=\"206\",because=\"satisfied\"}", "3"),
            ("swath_answers_total{transport=\"service\"}", "3"),
            ("swath_answers_total{transport=\"fast-path\"}", "0"),
            ("swath_outcomes_total{outcome=\"changed\"}", "2"),
            ("swath_outcomes_total{outcome=\"bad-head\"}", "1"),
            ("swath_outcomes_total{outcome=\"stalled\"}", "0"),
            ("swath_content_planned_bytes_total", "300"),
            ("swath_content_sent_bytes_total", "120"),
            ("swath_requests_in_flight", "1"),
            ("swath_connections_open", "1"),
            ("swath_connections_total", "2"),
            ("swath_exchange_seconds_count", "3"),
            ("swath_buffers_budget_bytes", "67108864"),
            ("swath_buffers_in_use_bytes", "0"),
            ("swath_log_lines_dropped_total", "0"),
        ] {
            assert_eq!(line_of(&text, start), Some(value), "{start} in\n{text}");
        }
        assert!(text.ends_with("# EOF\n"));
    }

    #[test]
    fn methods_made_up_by_peers_add_one_label_only() {
        let metrics = Metrics::new(Arc::default(), None);
        for number in 0..1000 {
            metrics.record(&exchange(format!("BREW{number}").as_bytes(), Outcome::Finished));
        }
        let text = metrics.render();
        assert_eq!(text.lines().filter(|line| line.starts_with("swath_requests_total")).count(), 1);
        assert_eq!(
            line_of(&text, "swath_requests_total{method=\"other\",status=\"206\",because=\"satisfied\"}"),
            Some("1000")
        );
    }
}
