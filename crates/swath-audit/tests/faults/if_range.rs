//! If-Range.

use crate::{
    Fault, OWN, fault,
    origin::{bare, honest},
    unsatisfied, whole,
};

pub(crate) const FAULTS: &[Fault] = &[
    fault("if-range-other", "has no If-Range (tower-http, axum-range, miniserve)", |r| {
        honest(&r.without("if-range"))
    }),
    fault("if-range-own", "never lets If-Range be true (SWS)", |r| match r.has("if-range") {
        true if r.method == "GET" => whole(&r.without("if-range")),
        _ => honest(r),
    }),
    fault("if-range-own-unsatisfiable", "answers 412 past the end", |r| {
        let response = honest(r);
        if response.status == 416 && r.has("if-range") { bare(412) } else { response }
    }),
    fault("if-range-own-unit", "refuses an unknown unit beside If-Range", |r| match r.range("lines=0-1") {
        true if r.has("if-range") => unsatisfied(),
        _ => honest(r),
    }),
    fault("if-range-weak", "compares If-Range weakly (nginx, hyper-staticfile)", |r| {
        match r.get("if-range") {
            Some(tag) if tag == "W/\"v1\"" => honest(&r.without("if-range")),
            _ => honest(r),
        }
    }),
    fault("if-range-exact", "compares the beginning of If-Range", |r| match r.get("if-range") {
        Some(tag) if tag == "\"v1x\"" => honest(&r.without("if-range")),
        _ => honest(r),
    }),
    fault("if-range-date-own", "refuses a date in If-Range", |r| match r.get("if-range") {
        Some(date) if date.ends_with(" GMT") && !honest(r).content.len().eq(&20_000) => bare(400),
        _ => honest(r),
    }),
    fault("if-range-date-other", "takes a later date for its own (headers, H2O)", |r| {
        match r.get("if-range") {
            Some(date) if date.ends_with("00:00:01 GMT") => honest(&r.without("if-range")),
            _ => honest(r),
        }
    }),
    fault("if-range-invalid", "takes what it cannot read for absent (warp, dufs, SWS)", |r| {
        match r.get("if-range") {
            Some(value) if value == "garbage" => honest(&r.without("if-range")),
            _ => honest(r),
        }
    }),
    fault("if-range-list", "looks for its tag anywhere in If-Range (send)", |r| match r.get("if-range") {
        Some(tags) if tags.contains(", ") && tags.contains(OWN) => honest(&r.without("if-range")),
        _ => honest(r),
    }),
    fault("if-range-alone", "fails on If-Range without Range", |r| {
        match r.has("if-range") && !r.has("range") {
            true => bare(412),
            false => honest(r),
        }
    }),
];
