//! What a range means.

use crate::{
    Fault, closed, fault, is_set,
    origin::{LENGTH, bare, honest},
    part, suffix, unsatisfied, whole,
};

pub(crate) const FAULTS: &[Fault] = &[
    fault("accept", "has no ranges", |r| honest(&r.without("range")).with("Accept-Ranges", "none")),
    fault("range-served", "sends the whole for a range in the middle", |r| match r.range("bytes=2-4") {
        true => whole(r),
        false => honest(r),
    }),
    fault("first-octet", "takes 0-0 for everything (axum-extra)", |r| match r.range("bytes=0-0") {
        true if r.method == "GET" && !r.has("if-match") => part(r, 0, LENGTH - 1),
        _ => honest(r),
    }),
    fault("last-octet", "takes the last octet for past the end", |r| {
        match r.range("bytes=19999-19999") || r.range("bytes=19999-") {
            true => unsatisfied(),
            false => honest(r),
        }
    }),
    fault("open-range", "begins an open range one octet early", |r| match r.range("bytes=19995-") {
        true => part(r, 19_994, 19_999),
        false => honest(r),
    }),
    fault("full-range", "sends 200 for a range over everything (SWS#529)", |r| {
        match r.range("bytes=0-19999") {
            true if r.method == "GET" => whole(r),
            _ => honest(r),
        }
    }),
    fault("clamped", "refuses a last position past the end (warp)", |r| match closed(r) {
        Some((first, last)) if first < LENGTH && last.parse().is_ok_and(|last: u64| last >= LENGTH) => {
            unsatisfied()
        }
        _ => honest(r),
    }),
    fault("clamped-huge", "overflows on a last position (nginx)", |r| match closed(r) {
        Some((first, last)) if first < LENGTH && last.trim_start_matches('0').len() >= 19 => unsatisfied(),
        _ => honest(r),
    }),
    fault("suffix", "sends one octet too many of a suffix", |r| {
        match suffix(r).and_then(|n| n.parse::<u64>().ok()) {
            Some(length @ 1..=48) => part(r, LENGTH - length - 1, LENGTH - 1),
            _ => honest(r),
        }
    }),
    fault("suffix-zeros", "refuses zeros before a suffix length", |r| match suffix(r) {
        Some(length) if length.starts_with("000") => unsatisfied(),
        _ => honest(r),
    }),
    fault("suffix-longer", "refuses a suffix longer than the whole (tower-http, http-serve, dufs)", |r| {
        match suffix(r).and_then(|length| length.parse::<u128>().ok()) {
            Some(length) if length > u128::from(LENGTH) => unsatisfied(),
            _ => honest(r),
        }
    }),
    fault("suffix-huge", "overflows on a suffix length (nginx)", |r| match suffix(r) {
        Some(length) if length.len() >= 20 => unsatisfied(),
        _ => honest(r),
    }),
    fault("suffix-zero", "answers -0 by an impossible part (golang#81262)", |r| match suffix(r).as_deref() {
        Some("0" | "00") => part(r, 0, 0)
            .holding(Vec::new())
            .with("Content-Range", format!("bytes {LENGTH}-{}/{LENGTH}", LENGTH - 1)),
        _ => honest(r),
    }),
    fault("unsatisfiable", "sends the last octet for a range past the end", |r| {
        let response = honest(r);
        match response.status == 416 && !is_set(r) && !r.has("if-range") && suffix(r).is_none() {
            true => part(r, LENGTH - 1, LENGTH - 1),
            false => response,
        }
    }),
    fault("unsatisfiable-set", "sends the whole for a set of which nothing is there", |r| {
        let response = honest(r);
        if response.status == 416 && is_set(r) { whole(r) } else { response }
    }),
    fault("unsatisfiable-huge", "calls a first position past 2^63 malformed", |r| {
        let huge = r.get("range").is_some_and(|range| range.len() > 24);
        let response = honest(r);
        if response.status == 416 && huge && !is_set(r) { bare(501) } else { response }
    }),
    fault("leading-zeros", "refuses leading zeros", |r| match r.get("range") {
        Some(range) if r.method == "GET" && range.starts_with("bytes=00") => unsatisfied(),
        _ => honest(r),
    }),
    fault("head-range", "honours Range on HEAD (nginx, Go, Caddy, tower-http)", |r| {
        match r.method == "HEAD" {
            true if r.has("range") => honest(&r.by("GET")),
            _ => honest(r),
        }
    }),
    fault("head-if-range", "honours Range on HEAD beside If-Range", |r| match r.method == "HEAD" {
        true if r.has("if-range") => honest(&r.by("GET").without("if-range")),
        _ => honest(r),
    }),
];
