//! Validators, fields of every answer, HEAD.

use crate::{
    Fault, OWN, fault,
    origin::{Facts, LENGTH, Response, honest, honest_with, octet},
};

pub(crate) const FAULTS: &[Fault] = &[
    fault("accept-ranges", "does not say that it has ranges", |r| honest(r).without("Accept-Ranges")),
    fault("accept-ranges-true", "says none and has ranges", |r| match honest(r) {
        response if response.status == 200 => response.with("Accept-Ranges", "none"),
        response => response,
    }),
    fault("accept-ranges-unit", "offers units of its own", |r| match honest(r) {
        response if response.status == 200 => response.with("Accept-Ranges", "bytes, seconds"),
        response => response,
    }),
    fault("etag", "has no tag (Go, Python's http.server)", |r| {
        honest_with(r, &Facts { etag: None, ..Facts::default() })
    }),
    fault("etag-syntax", "forgets the quotes of its tag", |r| match honest(r) {
        response if response.get("etag").is_some_and(|tag| tag == OWN) => response.with("ETag", "v1"),
        response => response,
    }),
    fault("etag-strong", "has a weak tag (warp, Express)", |r| {
        honest_with(r, &Facts { weak: true, ..Facts::default() })
    }),
    fault("etag-constant", "has machines that disagree on the tag", |r| match honest(r) {
        response if r.place.0 > 0 && r.place.1 == 0 && r.range("bytes=0-0") => {
            response.with("ETag", "\"v2\"")
        }
        response => response,
    }),
    fault("modified", "has no modification date", |r| {
        honest_with(r, &Facts { modified: false, ..Facts::default() })
    }),
    fault("modified-past", "has another clock than its disk", |r| match honest(r) {
        response if r.has("if-range") && response.status == 200 => {
            response.with("Date", "Sun, 06 Nov 1994 08:49:37 GMT")
        }
        response => response,
    }),
    fault("modified-constant", "has machines that disagree on the date", |r| match honest(r) {
        response if r.place.0 > 0 && r.place.1 == 0 && r.range("bytes=0-0") => {
            response.with("Last-Modified", "Sun, 06 Nov 1994 08:49:37 GMT")
        }
        response => response,
    }),
    fault("date", "has no Date on a 416", |r| match honest(r) {
        response if response.status == 416 => response.without("Date"),
        response => response,
    }),
    fault("content-length-one", "leaves the whole's end to the connection", |r| match r.get("range") {
        Some(range) if range == "lines=0-1" => {
            Response { close: true, ..honest(r).without("Content-Length") }
        }
        _ => honest(r),
    }),
    fault("content-length-true", "promises more than it sends", |r| match r.get("range") {
        Some(range) if range == "lines=0-1" && r.method == "GET" => {
            Response { close: true, ..honest(r).with("Content-Length", (LENGTH + 1).to_string()) }
        }
        _ => honest(r),
    }),
    fault("length-and-chunks", "sends Content-Length and chunks (wai#346)", |r| match r.range("lines=0-1") {
        true if r.method == "GET" => {
            let response = honest(r);
            let mut content = format!("{:x}\r\n", response.content.len()).into_bytes();
            content.extend_from_slice(&response.content);
            content.extend_from_slice(b"\r\n0\r\n\r\n");
            Response { content, ..response }.with("Transfer-Encoding", "chunked")
        }
        _ => honest(r),
    }),
    fault("range-unasked", "answers 206 to a plain request (caddy#7250)", |r| {
        match r.is_plain()
            && r.place.0 == 0
            && r.get("accept-encoding").is_some_and(|coding| coding == "identity")
        {
            true => honest(&r.with("range", "bytes=0-")),
            false => honest(r),
        }
    }),
    fault("content-range-elsewhere", "sends Content-Range on a 200 (miniserve)", |r| {
        match r.range("lines=0-1") {
            true => honest(r).with("Content-Range", "bytes 0-19999/20000"),
            false => honest(r),
        }
    }),
    fault("head-content", "sends content in answer to HEAD", |r| match r.method == "HEAD" {
        true => Response { unbidden: vec![octet(0); 8], close: true, ..honest(r) },
        false => honest(r),
    }),
    fault("head-length", "says 0 as the length on HEAD", |r| match r.method == "HEAD" {
        true => honest(r).with("Content-Length", "0"),
        false => honest(r),
    }),
    fault("head-fields", "leaves the tag out on HEAD", |r| match r.method == "HEAD" {
        true => honest(r).without("ETag"),
        false => honest(r),
    }),
];
