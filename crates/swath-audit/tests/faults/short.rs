//! Empty files, and servers without ranges.

use byteranges::Policy;

use crate::{
    Fault, fault,
    origin::{Facts, Request, Response, honest_with},
    unsatisfied,
};

pub(crate) const FAULTS: &[Fault] = &[
    fault("empty-range", "answers 206 for a part of nothing (tower-http)", |r| match r.range("bytes=0-") {
        true if r.method == "GET" => {
            Response { status: 206, ..empty(r) }.with("Content-Range", "bytes 0-0/0")
        }
        _ => empty(r),
    }),
    fault("empty-suffix", "answers 206 for the last of nothing (Go, actix-files, hyper-staticfile)", |r| {
        match r.range("bytes=-1") && r.method == "GET" {
            true => Response { status: 206, ..empty(r) }.with("Content-Range", "bytes 0--1/0"),
            false => empty(r),
        }
    }),
    fault("no-ranges-ignored", "refuses Range where it has no ranges", |r| match r.range("bytes=20089-") {
        true if r.method == "GET" => unsatisfied(),
        _ => without_ranges(r),
    }),
];

fn empty(request: &Request) -> Response {
    let facts = Facts { length: 0, ..Facts::default() };
    // Its coded form would not be empty, which is another matter.
    honest_with(&request.with("accept-encoding", "identity"), &facts)
}

fn without_ranges(request: &Request) -> Response {
    honest_with(request, &Facts { policy: Policy { ranges: false, ..Policy::default() }, ..Facts::default() })
}
