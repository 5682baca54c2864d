//! What a server does to an answer after compose: adds fields, replaces the content of a refusal.

#![allow(clippy::indexing_slicing, clippy::string_slice, reason = "a test may panic")]

mod common;

use byteranges::{Answer, Asked, AskedMethod, Policy};
use common::{answer, now, representation};
use http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_RANGE, DATE, SERVER};
use http::{HeaderValue, StatusCode};
use swath_spec::Fixture;

fn partial() -> Answer {
    let asked = Asked::new(AskedMethod::Get).with("Range", "bytes=0-4");
    answer(&asked, &representation(Fixture::F10), &Policy::default()).1
}

#[test]
fn a_field_that_is_set_stands_once_and_in_both_renderings() {
    let mut answer = partial();
    answer.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    answer.insert(SERVER, HeaderValue::from_static("swath"));
    assert_eq!(answer.get(&CACHE_CONTROL), Some(HeaderValue::from_static("no-cache")));
    let mut head = Vec::new();
    answer.write_head(&mut head);
    let head = String::from_utf8(head).unwrap_or_default();
    assert_eq!(head.matches("cache-control").count(), 1, "{head}");
    assert!(head.ends_with("server: swath\r\n\r\n"), "{head}");
    let response = answer.into_response();
    let values: Vec<_> = response.headers().get_all(CACHE_CONTROL).iter().collect();
    assert_eq!(values, ["no-cache"]);
    assert_eq!(response.headers()[SERVER], "swath");
}

#[test]
fn fields_are_read_as_they_will_be_written() {
    let answer = partial();
    let content_range = HeaderValue::from_static("bytes 0-4/10");
    assert_eq!(answer.get(&CONTENT_RANGE), Some(content_range));
    assert_eq!(answer.content_range().map(|range| range.to_string()), Some("bytes 0-4/10".to_owned()));
    assert_eq!(answer.get(&CONTENT_LENGTH), Some(HeaderValue::from_static("5")));
    assert_eq!(answer.get(&DATE), Some(HeaderValue::from_static("Sat, 21 Nov 2026 12:00:00 GMT")));
    assert_eq!(answer.get(&SERVER), None);
}

/// R-9.3.2-1, R-9.3.2-2: HEAD is told the length of the page that GET gets.
#[test]
fn content_that_replaces_another_is_counted_and_not_sent_to_head() {
    for (method, sent) in [(AskedMethod::Get, 11), (AskedMethod::Other, 11), (AskedMethod::Head, 0)] {
        let mut answer = Answer::dated(StatusCode::NOT_FOUND, now());
        answer.set_content(method, HeaderValue::from_static("text/plain"), "first, gone");
        answer.set_content(method, HeaderValue::from_static("text/html"), "nothing it\n");
        assert_eq!(answer.content.length(), sent, "{method:?}");
        let response = answer.into_response();
        assert_eq!(response.headers().get_all(CONTENT_LENGTH).iter().collect::<Vec<_>>(), ["11"]);
        assert_eq!(response.headers()["content-type"], "text/html");
    }
}
