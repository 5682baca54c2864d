//! Runs every case of `spec/` that needs no socket, by decide and compose, in both renderings.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    clippy::string_slice,
    reason = "a test may panic"
)]

mod common;

use common::{answer, asked, method, own, perform, policy, representation};
use swath_spec::{Observed, Row, Transport, Verdict, judge, rows};

/// The most octets of content that a case is performed to; beyond it only heads are asked for.
const PERFORM_MAX: u64 = 1 << 20;

fn cases() -> Vec<Row> {
    rows().unwrap().into_iter().filter(|row| row.transports.contains(Transport::Unit)).collect()
}

fn fields_of(headers: &http::HeaderMap) -> Vec<(String, Vec<u8>)> {
    headers.iter().map(|(name, value)| (name.to_string(), value.as_bytes().to_vec())).collect()
}

fn observe(row: &Row) -> (Observed, Observed) {
    let facts = representation(row.fixture);
    let fields = row.request(&own(&facts)).unwrap();
    let (_, answer) = answer(&asked(method(row.method), &fields), &facts, &policy(row.fixture));
    let mut head = Vec::new();
    answer.write_head(&mut head);

    let length = answer.content.length();
    let content =
        if length <= PERFORM_MAX { perform(answer.content.clone(), row.fixture) } else { Vec::new() };
    let response = answer.into_response();
    assert_eq!(response.body().length(), length, "{}", row.id);
    let (status, fields) = parse_head(&head);
    let by_response = Observed {
        status: response.status().as_u16(),
        fields: fields_of(response.headers()),
        content: content.clone(),
        length,
    };
    (by_response, Observed { status, fields, content, length })
}

/// Reads a head with another project's parser.
fn parse_head(head: &[u8]) -> (u16, Vec<(String, Vec<u8>)>) {
    let mut lines = [httparse::EMPTY_HEADER; 64];
    let mut response = httparse::Response::new(&mut lines);
    let status = response.parse(head).unwrap();
    assert_eq!(status, httparse::Status::Complete(head.len()), "nothing follows the empty line");
    let fields = response.headers.iter().map(|line| (line.name.to_owned(), line.value.to_vec())).collect();
    (response.code.unwrap(), fields)
}

#[test]
fn every_case_gets_our_answer() {
    let mut failures = Vec::new();
    let cases = cases();
    assert!(cases.len() > 400, "{} cases", cases.len());
    for row in cases {
        let own = own(&representation(row.fixture));
        let verdict = judge(&row, &own, &observe(&row).0);
        if verdict != Verdict::Ours {
            failures.push(format!("{}: {verdict:?}", row.id));
        }
    }
    assert!(failures.is_empty(), "{} cases:\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn both_renderings_say_the_same() {
    for row in cases() {
        let (by_response, by_head) = observe(&row);
        let sorted = |mut seen: Observed| {
            seen.fields.sort();
            seen
        };
        assert_eq!(sorted(by_response), sorted(by_head), "{}", row.id);
    }
}

#[test]
fn content_is_as_long_as_it_says() {
    for row in cases() {
        let (seen, _) = observe(&row);
        if seen.length <= PERFORM_MAX {
            assert_eq!(seen.content.len() as u64, seen.length, "{}", row.id);
        }
        let declared = seen.one("content-length").map(|value| String::from_utf8(value.to_vec()).unwrap());
        if row.method != "HEAD" && seen.status != 304 {
            assert_eq!(declared, Some(seen.length.to_string()), "{}", row.id);
        }
    }
}

/// The header map of a request says the same as its lines.
#[test]
fn requests_are_read_the_same_from_a_header_map() {
    for row in cases() {
        let facts = representation(row.fixture);
        let fields = row.request(&own(&facts)).unwrap();
        let mut headers = http::HeaderMap::new();
        for (name, value) in &fields {
            // The rows with control characters cannot become header values.
            let Ok(value) = http::HeaderValue::from_bytes(value) else { continue };
            headers.append(http::HeaderName::from_bytes(name.as_bytes()).unwrap(), value);
        }
        if headers.len() != fields.len() {
            continue;
        }
        let verb = row.method.parse().unwrap();
        let by_map = byteranges::Asked::from_request(&verb, &headers);
        let policy = policy(row.fixture);
        let lines = asked(method(row.method), &fields);
        assert_eq!(answer(&by_map, &facts, &policy).0, answer(&lines, &facts, &policy).0, "{}", row.id);
    }
}
