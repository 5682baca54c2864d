//! How Range is read.

use crate::{
    Fault, fault,
    origin::{LENGTH, bare, honest},
    part, unsatisfied,
};

pub(crate) const FAULTS: &[Fault] = &[
    fault("unit-case", "knows lower-case units only (Go)", |r| match r.get("range") {
        Some(range) if range.starts_with(['B', 'b']) && !range.starts_with("byte") => unsatisfied(),
        _ => honest(r),
    }),
    fault("unit-unknown", "answers an unknown unit by 416 (golang#81508, tower-http)", |r| {
        match r.get("range") {
            Some(range) if r.method == "GET" && range.starts_with("seconds=1") && !r.has("if-range") => {
                unsatisfied()
            }
            _ => honest(r),
        }
    }),
    fault("reversed", "swaps a reversed range", |r| match r.range("bytes=19995-4") && r.method == "GET" {
        true => part(r, 4, 8),
        false => honest(r),
    }),
    fault("reversed-huge", "saturates before it compares", |r| match r.get("range") {
        Some(range) if range == "bytes=18446744073709551617-18446744073709551616" => {
            part(r, LENGTH - 1, LENGTH - 1)
        }
        _ => honest(r),
    }),
    fault("invalid-member", "skips invalid members (nginx, RFC 7233 readers)", |r| {
        match ["bytes=0-1,x", "bytes=0-1,abc", "bytes=x,0-1"].iter().any(|range| r.range(range)) {
            true => part(r, 0, 1),
            false => honest(r),
        }
    }),
    fault("invalid", "takes a bare number for a range", |r| match r.range("bytes=1") {
        true => part(r, 1, 1),
        false => honest(r),
    }),
    fault("invalid-sign", "takes a plus sign (headers)", |r| match r.range("bytes=+0-1") {
        true => part(r, 0, 1),
        false => honest(r),
    }),
    fault("invalid-parameter", "passes over what follows a semicolon", |r| match r.range("bytes=0-1;q=1") {
        true => part(r, 0, 1),
        false => honest(r),
    }),
    fault("invalid-unit-again", "stops reading where it understands no more", |r| {
        match r.range("bytes=0-4, bytes=19996-19997") {
            true => part(r, 0, 4),
            false => honest(r),
        }
    }),
    fault("invalid-empty", "takes an empty set for everything (http-range)", |r| match r.range("bytes=") {
        true => part(r, 0, LENGTH - 1),
        false => honest(r),
    }),
    fault("invalid-specifier", "needs no unit", |r| match r.range("0-1") {
        true => part(r, 0, 1),
        false => honest(r),
    }),
    fault("invalid-spaces", "reads digits over a space", |r| match r.range("bytes=0-1 2") {
        true => part(r, 0, 12),
        false => honest(r),
    }),
    fault("invalid-octets", "reads digits of every script", |r| match r.get("range") {
        Some(range) if range.contains('\u{660}') => part(r, 0, 1),
        _ => honest(r),
    }),
    fault("space-after-equals", "refuses the RFC's own example", |r| match r.range("bytes= 0-1") {
        true => unsatisfied(),
        false => honest(r),
    }),
    fault("empty-members", "refuses empty members (nginx)", |r| match r.range("bytes=0-1,") {
        true => unsatisfied(),
        false => honest(r),
    }),
    fault("list-whitespace", "knows no tab (nginx)", |r| match r.range("bytes=0-1\t,\t300-400") {
        true => unsatisfied(),
        false => honest(r),
    }),
    fault("many-empty-members", "falls over thousands of commas", |r| match r.get("range") {
        Some(range) if range.len() > 3_000 && range.contains(",,,,") => bare(500),
        _ => honest(r),
    }),
    fault("range-lines", "reads the first of two Range lines (nginx, Go)", |r| {
        let mut ranges = r.fields.iter().filter(|(name, _)| name.eq_ignore_ascii_case("range"));
        match (ranges.next(), ranges.next()) {
            (Some((_, first)), Some(_)) => honest(&r.with("range", &String::from_utf8_lossy(first))),
            _ => honest(r),
        }
    }),
];
