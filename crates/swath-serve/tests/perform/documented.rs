//! docs/log.md says what there is: every key, outcome and metric, and none that is not.

use std::collections::BTreeSet;
use std::sync::Arc;

use swath_serve::buffers::Buffers;
use swath_serve::exchange::{Exchange, Outcome, Sink};
use swath_serve::log::JSON_KEYS;
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
fn every_metric_is_described_and_no_other() {
    let metrics = Metrics::new(Arc::new(Buffers::default()), None);
    metrics.record(&Arc::new(Exchange {
        method: Some(http::Method::GET),
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
