//! Checks of fields that every answer or the whole has.

use super::{Evidence, Finding};
use crate::{
    client::{Exchange, Framing},
    parts,
};

pub(super) fn judge(id: &str, evidence: &Evidence<'_>) -> Option<Finding> {
    let all = || evidence.records.sound();
    let whole = || evidence.plain(|exchange| exchange.status == 200 && exchange.method == "GET");
    let learnt = evidence.learnt;
    Some(match id {
        "accept" => match learnt.ranges {
            true => Finding::Kept(Some(learnt.ranged)),
            false if learnt.length == 0 => Finding::moot("nothing can be cut from an empty representation"),
            false => {
                Finding::broken(format!("bytes=0-0 is answered by {}", learnt.range_status), learnt.ranged)
            }
        },
        "accept-ranges" => match evidence.own("accept-ranges") {
            Some(_) => Finding::Kept(Some(learnt.plain)),
            None => Finding::broken("ranges work, and no Accept-Ranges says so", learnt.plain),
        },
        "accept-ranges-true" => accept_ranges_true(evidence),
        "accept-ranges-unit" => match evidence.own("accept-ranges") {
            None => Finding::moot("there is no Accept-Ranges"),
            Some(value) if value.eq_ignore_ascii_case(b"bytes") || value.eq_ignore_ascii_case(b"none") => {
                Finding::Kept(Some(learnt.plain))
            }
            Some(value) => {
                Finding::broken(format!("`Accept-Ranges: {}`", String::from_utf8_lossy(value)), learnt.plain)
            }
        },
        "date" => evidence.each(
            all().filter(|(_, record)| record.exchange.status < 500 && !record.exchange.request.is_empty()),
            "nothing was answered",
            |record| {
                record
                    .exchange
                    .one("date")
                    .is_none()
                    .then(|| format!("a {} has no Date", record.exchange.status))
            },
        ),
        "content-length-one" => evidence.each(whole(), "there is no 200", |record| {
            let undelimited = record.exchange.framing == Framing::Close && record.exchange.minor == 1;
            undelimited.then(|| "only the end of the connection tells where the content ends".to_owned())
        }),
        "content-length-true" => evidence.each(whole(), "there is no 200", |record| {
            record.exchange.cut_short.then(|| {
                format!(
                    "the connection ends after {} octets of {:?}",
                    record.exchange.length, record.exchange.framing
                )
            })
        }),
        "length-and-chunks" => evidence.each(all(), "nothing was answered", |record| {
            let both = record.exchange.all("content-length").next().is_some()
                && record.exchange.all("transfer-encoding").next().is_some();
            both.then(|| "an answer has Content-Length and Transfer-Encoding".to_owned())
        }),
        "range-unasked" => evidence.each(
            all().filter(|(_, record)| record.exchange.method == "GET" && !record.exchange.asked("range")),
            "nothing was answered",
            |record| {
                (record.exchange.status == 206)
                    .then(|| "a request without Range is answered by 206".to_owned())
            },
        ),
        "content-range-elsewhere" => evidence.each(
            all().filter(|(_, record)| !matches!(record.exchange.status, 206 | 416)),
            "nothing was answered",
            |record| {
                let status = record.exchange.status;
                record
                    .exchange
                    .text("content-range")
                    .map(|value| format!("a {status} has `Content-Range: {value}`"))
            },
        ),
        "etag" | "etag-syntax" | "etag-strong" | "modified" | "modified-past" => validators(id, evidence)?,
        "head-content" | "head-length" | "head-fields" => head(id, evidence)?,
        _ => return None,
    })
}

fn accept_ranges_true(evidence: &Evidence<'_>) -> Finding {
    let Some(value) = evidence.own("accept-ranges") else {
        return Finding::moot("there is no Accept-Ranges");
    };
    let learnt = evidence.learnt;
    match (value.eq_ignore_ascii_case(b"none"), learnt.ranges) {
        (true, true) => Finding::broken("`Accept-Ranges: none`, and ranges work", learnt.plain),
        (false, false) if learnt.length > 0 => {
            let value = String::from_utf8_lossy(value);
            Finding::broken(format!("`Accept-Ranges: {value}`, and bytes=0-0 brings no part"), learnt.plain)
        }
        _ => Finding::Kept(Some(learnt.plain)),
    }
}

fn validators(id: &str, evidence: &Evidence<'_>) -> Option<Finding> {
    let at = evidence.learnt.plain;
    let tag = evidence.learnt.own.etag.as_deref();
    let kept = Finding::Kept(Some(at));
    Some(match (id, tag) {
        ("etag", None) => Finding::broken("there is no ETag", at),
        ("etag-syntax" | "etag-strong", None) => Finding::moot("there is no ETag"),
        ("etag-syntax", Some(tag)) if !is_tag(tag) => {
            Finding::broken(format!("`ETag: {}` is no entity tag", String::from_utf8_lossy(tag)), at)
        }
        ("etag-strong", Some(tag)) if tag.starts_with(b"W/") => Finding::broken(
            format!("`ETag: {}` is weak: no If-Range can use it", String::from_utf8_lossy(tag)),
            at,
        ),
        ("modified", _) => match (evidence.own("last-modified"), evidence.learnt.own.last_modified) {
            (None, _) => Finding::broken("there is no Last-Modified", at),
            (Some(value), None) => {
                Finding::broken(format!("`Last-Modified: {}` is no date", String::from_utf8_lossy(value)), at)
            }
            _ => kept,
        },
        ("modified-past", _) => {
            evidence.each(evidence.plain(|exchange| exchange.status == 200), "there is no 200", |record| {
                let read = |name| httpdate::parse_http_date(&record.exchange.text(name)?).ok();
                let (modified, date) = (read("last-modified")?, read("date")?);
                (modified > date).then(|| "Last-Modified lies after Date".to_owned())
            })
        }
        _ => kept,
    })
}

/// R-8.8.3-1, R-8.8.3-2
fn is_tag(tag: &[u8]) -> bool {
    let opaque = tag.strip_prefix(b"W/").unwrap_or(tag);
    let inside = opaque.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\""));
    inside.is_some_and(|inside| inside.iter().all(|octet| matches!(octet, 0x21 | 0x23..=0x7e | 0x80..)))
}

fn head(id: &str, evidence: &Evidence<'_>) -> Option<Finding> {
    let learnt = evidence.learnt;
    let Some((at, head)) = learnt.head.and_then(|at| Some((at, evidence.records.exchange(at)?))) else {
        return Some(Finding::moot("HEAD got no answer"));
    };
    if id != "head-content" && head.status != 200 {
        return Some(Finding::broken(format!("HEAD is answered by {}, GET by 200", head.status), at));
    }
    Some(match id {
        "head-content" if head.surplus.is_empty() => Finding::Kept(Some(at)),
        "head-content" => Finding::broken(format!("{} octets follow the head", head.surplus.len()), at),
        "head-length" => match head.text("content-length") {
            None => Finding::moot("HEAD states no Content-Length, which is allowed"),
            Some(value) if value == learnt.length.to_string() => Finding::Kept(Some(at)),
            Some(value) => {
                Finding::broken(format!("`Content-Length: {value}` where GET brings {}", learnt.length), at)
            }
        },
        "head-fields" => {
            let names = [
                "etag",
                "last-modified",
                "content-type",
                "accept-ranges",
                "cache-control",
                "vary",
                "content-encoding",
                "content-language",
                "expires",
            ];
            match fields(&names, evidence, head) {
                Some(said) => Finding::broken(said, at),
                None => Finding::Kept(Some(at)),
            }
        }
        _ => return None,
    })
}

fn fields(names: &[&str], evidence: &Evidence<'_>, head: &Exchange) -> Option<String> {
    // Expires moves with the clock.
    let stable: Vec<_> = names.iter().copied().filter(|name| *name != "expires").collect();
    evidence.differs(&stable, head).or_else(|| {
        let lacks = evidence.own("expires").is_some() && head.one("expires").is_none();
        lacks.then(|| "HEAD lacks Expires of the plain 200".to_owned())
    })
}

/// Tells whether an answer is a single part.
pub(super) fn is_single(exchange: &Exchange) -> bool {
    exchange.status == 206 && exchange.method == "GET" && !is_set(exchange)
}

/// Tells whether an answer is a multipart.
pub(super) fn is_set(exchange: &Exchange) -> bool {
    exchange.status == 206 && parts::is_multipart(exchange.one("content-type"))
}
