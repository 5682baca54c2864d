//! The form of 206, 304 and 416.

use crate::{
    Fault, fault,
    origin::{Response, honest},
    part, single,
};

pub(crate) const FAULTS: &[Fault] = &[
    fault("content-range", "forgets Content-Range", |r| match r.range("bytes=2-4") {
        true => honest(r).without("Content-Range"),
        false => honest(r),
    }),
    fault("content-range-valid", "writes Content-Range like Range", |r| match r.range("bytes=2-4") {
        true => honest(r).with("Content-Range", "bytes=2-4/20000"),
        false => honest(r),
    }),
    fault("complete-length-stated", "keeps the complete length to itself", |r| match r.range("bytes=2-4") {
        true => honest(r).with("Content-Range", "bytes 2-4/*"),
        false => honest(r),
    }),
    fault("complete-length-true", "states the part's length as the complete one (zealphp)", |r| {
        match r.range("bytes=2-4") {
            true => honest(r).with("Content-Range", "bytes 2-4/5"),
            false => honest(r),
        }
    }),
    fault("partial-length", "sends one octet less than it says", |r| match r.range("bytes=2-4") {
        true => honest(r).holding(vec![2, 3]),
        false => honest(r),
    }),
    fault("partial-octets", "sends the octets of another place", |r| match r.range("bytes=2-4") {
        true => honest(r).holding(vec![3, 4, 5]),
        false => honest(r),
    }),
    fault("partial-full", "cuts open ranges short (S3 gateways, swath --max-open-range)", |r| {
        match r.range("bytes=0-") {
            true if r.method == "GET" => part(r, 0, 999),
            _ => honest(r),
        }
    }),
    fault("partial-tag", "leaves the tag out of a 206", |r| match honest(r) {
        response if single(&response) && !r.range("bytes=0-0") => response.without("ETag"),
        response => response,
    }),
    fault("partial-date", "leaves Cache-Control out of a 206", |r| match honest(r) {
        response if single(&response) => response.without("Cache-Control"),
        response => response,
    }),
    fault("partial-type", "calls a part application/octet-stream", |r| match honest(r) {
        response if single(&response) => response.with("Content-Type", "application/octet-stream"),
        response => response,
    }),
    fault("partial-metadata", "leaves Last-Modified out of a 206", |r| match honest(r) {
        response if single(&response) && !r.range("bytes=0-0") => response.without("Last-Modified"),
        response => response,
    }),
    fault("unsatisfied-length", "sends 416 without Content-Range (lighttpd, Go)", |r| match honest(r) {
        response if response.status == 416 => response.without("Content-Range"),
        response => response,
    }),
    fault("unsatisfied-stored", "lets caches keep a 416", |r| match honest(r) {
        response if response.status == 416 => response.with("Cache-Control", "public, max-age=3600"),
        response => response,
    }),
    fault("not-modified-fields", "leaves the tag out of a 304", |r| match honest(r) {
        response if response.status == 304 && r.target == "/clip" => response.without("ETag"),
        response => response,
    }),
    fault("not-modified-bare", "sends Content-Type with a 304", |r| match honest(r) {
        response if response.status == 304 => response.with("Content-Type", "video/mp4"),
        response => response,
    }),
    fault("not-modified-empty", "sends content with a 304", |r| match honest(r) {
        response if response.status == 304 => {
            Response { unbidden: b"not modified".to_vec(), close: true, ..response }
        }
        response => response,
    }),
];
