//! Coded forms, other methods and targets, the connection, CORS.

use crate::{
    Fault, fault,
    origin::{Facts, Request, Response, bare, honest, honest_with},
    unsatisfied,
};

pub(crate) const FAULTS: &[Fault] = &[
    fault("coded-tag", "has one strong tag for both forms", |r| {
        honest_with(r, &Facts { coded_etag: "v1", ..Facts::default() })
    }),
    fault("coded-vary", "forgets Vary on the coded form", |r| match honest(r) {
        response if response.get("content-encoding").is_some() => response.without("Vary"),
        response => response,
    }),
    fault("coded-range", "counts positions of the plain form", |r| {
        match r.has("accept-encoding") && r.range("bytes=-10") {
            true if r.get("accept-encoding").is_some_and(|coding| coding == "gzip") => {
                honest(r).with("Content-Range", "bytes 19990-19999/20000")
            }
            _ => honest(r),
        }
    }),
    fault("coded-slices", "codes what it has cut out", |r| match r.range("bytes=0-63") {
        true => honest(r).holding(vec![0x1f; 64]),
        false => honest(r),
    }),
    fault("coded-if-none-match", "does not know its coded form's tag", |r| match r.get("if-none-match") {
        Some(tag) if tag.contains("gzip") => honest(&r.without("if-none-match")),
        _ => honest(r),
    }),
    fault("content-range-asked", "refuses Content-Range in a GET", |r| match r.has("content-range") {
        true => bare(400),
        false => honest(r),
    }),
    fault("options-range", "applies Range to OPTIONS", |r| match r.method == "OPTIONS" && r.has("range") {
        true => unsatisfied(),
        false => honest(r),
    }),
    fault("options-conditions", "applies preconditions to OPTIONS", |r| match r.method == "OPTIONS" {
        true if r.has("if-match") => bare(412),
        _ => honest(r),
    }),
    fault("missing-range", "answers 416 for what is not there", |r| {
        match r.target != "/clip" && r.range("bytes=99-") {
            true => bare(416),
            false => honest(r),
        }
    }),
    fault("missing-conditions", "answers 412 for what is not there", |r| match r.target.contains("audit") {
        true if r.has("if-match") => bare(412),
        _ => honest(r),
    }),
    fault("http-1.0", "sends chunks to HTTP/1.0", |r| match r.minor == 0 {
        true => honest(r).without("Content-Length").with("Transfer-Encoding", "chunked").chunked(),
        false => honest(r),
    }),
    fault("host", "needs no Host (Python's http.server)", |r| match r.has("host") {
        true => honest(r),
        false => honest(&r.with("host", "any.example")),
    }),
    fault("host-twice", "takes one of two Hosts (Python's http.server)", |r| {
        let hosts = r.fields.iter().filter(|(name, _)| name.eq_ignore_ascii_case("host")).count();
        if hosts > 1 { honest(&r.with("host", "any.example")) } else { honest(r) }
    }),
    fault("space-before-colon", "passes over a space before a colon (Python's http.server)", |r| {
        honest(&Request { space: false, ..r.clone() })
    }),
    fault("absolute-form", "does not know absolute targets (Python's http.server)", |r| {
        if r.target.starts_with("http:") { bare(404) } else { honest(r) }
    }),
    fault("connection-close", "does not close when asked to", |r| Response { stay: true, ..honest(r) }),
    fault("cors-allowed", "lets no script in", |r| honest(&r.without("origin"))),
    fault("cors-exposed", "shows scripts no Content-Range", |r| {
        honest(r).without("Access-Control-Expose-Headers")
    }),
    fault("cors-preflight", "does not grant If-Range", |r| match honest(r) {
        response if r.method == "OPTIONS" => response.with("Access-Control-Allow-Headers", "Range"),
        response => response,
    }),
];
