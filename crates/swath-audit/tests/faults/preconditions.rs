//! The preconditions, one at a time.

use crate::{
    Fault, OWN, fault,
    origin::{bare, honest},
};

pub(crate) const FAULTS: &[Fault] = &[
    fault("if-match-other", "has no If-Match (lighttpd)", |r| {
        match r.method == "GET" && r.target == "/clip" {
            true if r.get("if-match").is_none_or(|tag| tag != "*") => honest(&r.without("if-match")),
            _ => honest(r),
        }
    }),
    fault("if-match-own", "never finds its tag in If-Match", |r| match r.get("if-match") {
        Some(tag) if tag == OWN && r.is_plain_but("if-match") => bare(412),
        _ => honest(r),
    }),
    fault("if-match-list", "looks at the first member of If-Match alone", |r| match r.get("if-match") {
        Some(tags) if tags.starts_with("\"zz\", \"v1\"") => bare(412),
        _ => honest(r),
    }),
    fault("if-match-lines", "refuses If-Match on two lines (nginx)", |r| {
        let lines = r.fields.iter().filter(|(name, _)| name.eq_ignore_ascii_case("if-match")).count();
        if lines > 1 { bare(400) } else { honest(r) }
    }),
    fault("if-match-star", "takes the asterisk for a tag", |r| match r.get("if-match") {
        Some(tag) if tag == "*" && r.target == "/clip" => bare(412),
        _ => honest(r),
    }),
    fault("if-match-weak", "compares If-Match weakly (send)", |r| match r.get("if-match") {
        Some(tag) if tag == "W/\"v1\"" => honest(&r.with("if-match", OWN)),
        _ => honest(r),
    }),
    fault("if-match-exact", "looks for its tag anywhere in If-Match", |r| match r.get("if-match") {
        Some(tag) if tag == "\"v1x\"" => honest(&r.with("if-match", OWN)),
        _ => honest(r),
    }),
    fault("if-none-match-own", "has no If-None-Match", |r| match r.get("if-none-match") {
        Some(tag) if tag == OWN && r.method != "OPTIONS" => honest(&r.without("if-none-match")),
        _ => honest(r),
    }),
    fault("if-none-match-other", "takes any If-None-Match for its own", |r| match r.get("if-none-match") {
        Some(tag) if tag != "*" && r.method == "GET" => honest(&r.with("if-none-match", "*")),
        _ => honest(r),
    }),
    fault("if-none-match-list", "looks at the first member of If-None-Match alone", |r| {
        match r.get("if-none-match") {
            Some(tags) if tags.starts_with("\"zz\", \"v1\"") => honest(&r.without("if-none-match")),
            _ => honest(r),
        }
    }),
    fault("if-none-match-lines", "refuses If-None-Match on two lines (nginx)", |r| {
        let lines = r.fields.iter().filter(|(name, _)| name.eq_ignore_ascii_case("if-none-match")).count();
        if lines > 1 { bare(400) } else { honest(r) }
    }),
    fault("if-none-match-star", "knows no asterisk (Python's http.server)", |r| {
        match r.get("if-none-match") {
            Some(tag) if tag == "*" && r.method == "GET" && r.target == "/clip" => {
                honest(&r.without("if-none-match"))
            }
            _ => honest(r),
        }
    }),
    fault("if-none-match-weak", "compares If-None-Match strongly", |r| match r.get("if-none-match") {
        Some(tag) if tag == "W/\"v1\"" => honest(&r.without("if-none-match")),
        _ => honest(r),
    }),
    fault("if-none-match-weak-range", "compares If-None-Match strongly beside Range (Apache)", |r| {
        match r.get("if-none-match") {
            Some(tag) if tag == "W/\"v1\"" && r.has("range") => honest(&r.without("if-none-match")),
            _ => honest(r),
        }
    }),
    fault("if-modified-since", "compares below the second (http-serve)", |r| {
        match r.is_plain_but("if-modified-since") {
            true => honest(&r.without("if-modified-since")),
            false => honest(r),
        }
    }),
    fault("if-modified-since-earlier", "takes every date for its own", |r| {
        match r.get("if-modified-since") {
            Some(date)
                if r.is_plain_but("if-modified-since")
                    && date.matches(" GMT").count() == 1
                    && !date.starts_with('"') =>
            {
                honest(&r.with("if-none-match", "*"))
            }
            _ => honest(r),
        }
    }),
    fault("if-modified-since-invalid", "takes garbage for a date", |r| match r.get("if-modified-since") {
        Some(date) if date == "garbage" => honest(&r.with("if-none-match", "*")),
        _ => honest(r),
    }),
    fault("if-modified-since-list", "reads the first of two dates (nginx)", |r| {
        match r.get("if-modified-since") {
            Some(date) if date.matches("GMT").count() == 2 => honest(&r.with("if-none-match", "*")),
            _ => honest(r),
        }
    }),
    fault("if-modified-since-forms", "takes every two-digit year for this century", |r| {
        match r.get("if-modified-since") {
            Some(date) if date.contains("-94 ") => honest(&r.with("if-none-match", "*")),
            _ => honest(r),
        }
    }),
    fault("if-unmodified-since", "has no If-Unmodified-Since (lighttpd)", |r| match r.method == "GET" {
        true if r.get("if-unmodified-since").is_some_and(|date| date.ends_with("GMT"))
            && !r.has("if-match") =>
        {
            honest(&r.without("if-unmodified-since"))
        }
        _ => honest(r),
    }),
    fault("if-unmodified-since-own", "compares below the second (http-serve)", |r| {
        match r.is_plain_but("if-unmodified-since")
            && r.get("if-unmodified-since")
                .is_some_and(|date| date.matches(" GMT").count() == 1 && !date.contains('-'))
        {
            true => bare(412),
            false => honest(r),
        }
    }),
    fault("if-unmodified-since-invalid", "takes garbage for an early date (nginx)", |r| {
        match r.get("if-unmodified-since") {
            Some(date) if date == "garbage" => bare(412),
            _ => honest(r),
        }
    }),
    fault("if-unmodified-since-list", "reads the first of two dates", |r| {
        match r.get("if-unmodified-since") {
            Some(date) if date.matches("GMT").count() == 2 => bare(412),
            _ => honest(r),
        }
    }),
    fault("if-unmodified-since-forms", "knows one form of dates", |r| match r.get("if-unmodified-since") {
        Some(date) if date.contains("day, ") => bare(412),
        _ => honest(r),
    }),
];
