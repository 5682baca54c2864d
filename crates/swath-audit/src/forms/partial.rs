//! Checks of the form of a 206 with a single part.

use swath_spec::{Answer, Slice};

use super::{
    Evidence, Finding,
    whole::{is_set, is_single},
};
use crate::{
    client::{Exchange, Framing},
    parts,
};

/// The fields that a 206 repeats besides its tag (R-15.3.7-2).
const CACHING: [&str; 3] = ["cache-control", "content-location", "vary"];
/// The other representation fields that a 206 repeats (R-15.3.7-3).
const METADATA: [&str; 4] = ["last-modified", "content-encoding", "content-language", "repr-digest"];

pub(super) fn judge(id: &str, evidence: &Evidence<'_>) -> Option<Finding> {
    const NONE: &str = "there is no 206";
    let single = || evidence.plain(is_single);
    let stated = |exchange: &Exchange| slice(exchange);
    let length = evidence.learnt.length;
    Some(match id {
        "content-range" => {
            evidence.each(single(), NONE, |record| match record.exchange.all("content-range").count() {
                1 => None,
                0 => Some("a 206 without Content-Range".to_owned()),
                many => Some(format!("a 206 with {many} Content-Range lines")),
            })
        }
        "content-range-valid" => evidence
            .each(single(), NONE, |record| parts::content_range(record.exchange.one("content-range")?).err()),
        "complete-length-stated" => evidence.each(single(), NONE, |record| {
            let (_, stated) = parts::content_range(record.exchange.one("content-range")?).ok()?;
            (!stated).then(|| "Content-Range has `*` for the complete length".to_owned())
        }),
        "complete-length-true" => evidence.each(single(), NONE, |record| {
            let (slice, stated) = parts::content_range(record.exchange.one("content-range")?).ok()?;
            (stated && slice.of != length)
                .then(|| format!("Content-Range says {}, the whole has {length} octets", slice.of))
        }),
        "partial-length" => evidence.each(single(), NONE, |record| {
            let slice = stated(&record.exchange)?;
            let (exchange, due) = (&record.exchange, slice.length());
            match exchange.framing {
                Framing::Length(length) if length != due => {
                    Some(format!("Content-Length {length} for {slice}, which is {due} octets"))
                }
                _ if exchange.cut_short => {
                    Some(format!("{} octets came for {slice}, then the connection ended", exchange.length))
                }
                _ if exchange.complete && exchange.length != due => {
                    Some(format!("{} octets came for {slice}, which is {due}", exchange.length))
                }
                _ => None,
            }
        }),
        "partial-octets" => evidence.each(single(), NONE, |record| {
            evidence.octets(stated(&record.exchange)?.first, &record.exchange.content)
        }),
        "partial-full" => evidence.each(single(), NONE, |record| {
            let (Some(Answer::Single(due)), seen) = (&record.due, stated(&record.exchange)?) else {
                return None;
            };
            (seen.length() < due.length()).then(|| format!("{seen} is sent where {due} was asked for"))
        }),
        "partial-tag" => {
            let partial = evidence.plain(|exchange| is_single(exchange) || is_set(exchange));
            evidence.each(partial, NONE, |record| evidence.differs(&["etag"], &record.exchange))
        }
        "partial-date" => {
            let partial = evidence.plain(|exchange| is_single(exchange) || is_set(exchange));
            evidence.each(partial, NONE, |record| {
                let lacks = |name| evidence.own(name).is_some() && record.exchange.one(name).is_none();
                let expires = lacks("expires").then(|| "a 206 lacks Expires of the plain 200".to_owned());
                evidence.differs(&CACHING, &record.exchange).or(expires)
            })
        }
        "partial-type" => {
            let without = evidence.plain(|exchange| is_single(exchange) && !exchange.asked("if-range"));
            evidence.each(without, NONE, |record| evidence.differs(&["content-type"], &record.exchange))
        }
        "partial-metadata" => {
            let without = evidence
                .plain(|exchange| (is_single(exchange) || is_set(exchange)) && !exchange.asked("if-range"));
            evidence.each(without, NONE, |record| evidence.differs(&METADATA, &record.exchange))
        }
        _ => return None,
    })
}

fn slice(exchange: &Exchange) -> Option<Slice> {
    parts::content_range(exchange.one("content-range")?).ok().map(|(slice, _)| slice)
}
