//! Which condition comes first.

use crate::{Fault, OWN, fault, origin::honest};

pub(crate) const FAULTS: &[Fault] = &[
    fault("tag-before-modified", "lets the date decide beside a tag that differs (hyper-staticfile)", |r| {
        match (r.get("if-none-match"), r.has("if-modified-since")) {
            (Some(tag), true) if tag == "\"other\"" => honest(&r.without("if-none-match")),
            _ => honest(r),
        }
    }),
    fault("tag-before-earlier", "wants both tag and date to agree (nginx)", |r| {
        match (r.get("if-none-match"), r.has("if-modified-since")) {
            (Some(tag), true) if tag == OWN && r.is_plain_but("if-none-match if-modified-since") => {
                honest(&r.without("if-none-match"))
            }
            _ => honest(r),
        }
    }),
    fault("tag-before-unmodified", "evaluates If-Unmodified-Since beside If-Match (nginx)", |r| {
        match r.get("if-match") {
            Some(tag) if tag == OWN && !r.has("if-none-match") => honest(&r.without("if-match")),
            _ => honest(r),
        }
    }),
    fault("failed-before-not-modified", "evaluates If-None-Match first", |r| {
        match r.has("if-match") && (r.has("if-none-match") || r.has("if-modified-since")) {
            true if r.get("if-none-match").is_some_and(|tag| tag == OWN) => honest(&r.without("if-match")),
            _ => honest(r),
        }
    }),
    fault(
        "unmodified-before-not-modified",
        "evaluates If-None-Match before If-Unmodified-Since",
        |r| match r.has("if-unmodified-since") && r.get("if-none-match").is_some_and(|tag| tag == OWN) {
            true => honest(&r.without("if-unmodified-since")),
            false => honest(r),
        },
    ),
    fault("not-modified-first", "sends parts of what was not modified", |r| {
        match r.has("range")
            && r.is_plain_but("range if-none-match")
            && r.get("if-none-match").is_some_and(|tag| tag == OWN)
        {
            true => honest(&r.without("if-none-match")),
            false => honest(r),
        }
    }),
    fault("failed-first", "answers 416 before If-Match", |r| {
        let response = honest(&r.without("if-match"));
        if response.status == 416 && r.method == "GET" { response } else { honest(r) }
    }),
    fault("unmodified-first", "answers 416 before If-Unmodified-Since", |r| {
        let response = honest(&r.without("if-unmodified-since"));
        if response.status == 416 && r.method == "GET" { response } else { honest(r) }
    }),
    fault("passed-range", "drops Range once a precondition has passed", |r| match r.get("if-match") {
        Some(tag) if tag == OWN && r.is_plain_but("if-match range") => honest(&r.without("range")),
        _ => honest(r),
    }),
    fault("not-modified-if-range", "has If-Range suppress 304 (Apache)", |r| match r.has("if-range") {
        true if r.has("if-none-match") => honest(&r.without("if-none-match")),
        _ => honest(r),
    }),
    fault("failed-if-range", "has If-Range suppress 412", |r| match r.has("if-range") {
        true if r.has("if-match") => honest(&r.without("if-match")),
        _ => honest(r),
    }),
];
