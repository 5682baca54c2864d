//! docs/log.md says what there is: every key, outcome and metric, and none that is not.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{HeaderValue, Method, StatusCode};
use swath_serve::buffers::Buffers;
use swath_serve::connection::Peer;
use swath_serve::exchange::{Exchange, Outcome, Sink};
use swath_serve::log::{JSON_KEYS, text};
use swath_serve::metrics::Metrics;

const PAGE: &str = include_str!("../../../../docs/log.md");

/// Gives the names in the first column of the table under a heading.
fn named_under(heading: &str) -> BTreeSet<&'static str> {
    let (_, section) = PAGE.split_once(&format!("\n## {heading}\n")).expect(heading);
    let section = section.split("\n## ").next().expect("a section");
    let cells = section.lines().filter_map(|line| line.strip_prefix("| `")?.split(" | ").next());
    cells.flat_map(|cell| cell.split(['`', ',', ' ', '|'])).filter(|name| !name.is_empty()).collect()
}

#[test]
fn every_key_and_outcome_is_described_and_no_other() {
    assert_eq!(named_under("A line of JSON"), JSON_KEYS.into_iter().collect());
    assert_eq!(named_under("Outcomes"), Outcome::ALL.map(Outcome::key).into_iter().collect());
}

#[test]
fn the_line_that_is_shown_is_one_that_is_written() {
    let exchange = Exchange {
        time: SystemTime::UNIX_EPOCH + Duration::from_millis(1_795_297_464_123),
        method: Some(Method::GET),
        target: Some(Bytes::from_static(b"/clip.mp4")),
        range: Some(Bytes::from_static(b"bytes=0-99")),
        status: Some(StatusCode::PARTIAL_CONTENT),
        content_range: Some(HeaderValue::from_static("bytes 0-99/1000")),
        because: Some(byteranges::Because::Satisfied.key()),
        section: Some(byteranges::Because::Satisfied.section()),
        bytes_planned: 100,
        bytes_sent: 60,
        elapsed: Duration::from_micros(1235),
        ..Exchange::without_request(Some(Peer::Tcp(([192, 0, 2, 7], 50_312).into())), Outcome::AbortedByPeer)
    };
    let line = text(&exchange);
    assert!(PAGE.contains(&format!("```\n{line}```")), "{line}");
}

#[test]
fn every_metric_is_described_and_no_other() {
    let metrics = Metrics::new(Arc::new(Buffers::default()), None);
    metrics.record(&Arc::new(Exchange {
        method: Some(Method::GET),
        ..Exchange::without_request(None, Outcome::Finished)
    }));
    let text = metrics.render();
    let rendered: BTreeSet<_> = text
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split(['{', ' ']).next())
        .map(|name| {
            ["_bucket", "_count", "_sum"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name)
        })
        .collect();
    let described = named_under("Metrics").into_iter().filter_map(|name| name.split('{').next());
    assert_eq!(described.filter(|name| name.starts_with("swath_")).collect::<BTreeSet<_>>(), rendered);
}
