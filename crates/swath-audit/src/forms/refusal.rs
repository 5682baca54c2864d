//! Checks of the form of 304 and 416, and of coded forms.

use super::{Evidence, Finding};
use crate::client::Exchange;

/// What a 304 repeats (R-15.4.5-1); Expires moves with the clock and is looked for by name alone.
const REPEATED: [&str; 4] = ["etag", "cache-control", "content-location", "vary"];

pub(super) fn judge(id: &str, evidence: &Evidence<'_>) -> Option<Finding> {
    let not_modified = || evidence.plain(|exchange| exchange.status == 304 && exchange.method == "GET");
    let unsatisfied = || evidence.plain(|exchange| exchange.status == 416);
    let length = evidence.learnt.length;
    Some(match id {
        "unsatisfied-length" => evidence.each(unsatisfied(), "there is no 416", |record| {
            let due = format!("bytes */{length}");
            match record.exchange.text("content-range") {
                Some(value) if value.eq_ignore_ascii_case(&due) => None,
                Some(value) => Some(format!("a 416 has `Content-Range: {value}` where `{due}` is due")),
                None => Some(format!("a 416 lacks `Content-Range: {due}`")),
            }
        }),
        "unsatisfied-stored" => evidence.each(unsatisfied(), "there is no 416", |record| {
            let cached = record.exchange.text("cache-control").unwrap_or_default().to_ascii_lowercase();
            let fresh = ["max-age=", "s-maxage=", "public"].iter().any(|word| cached.contains(word))
                && !["no-store", "no-cache", "max-age=0"].iter().any(|word| cached.contains(word));
            fresh.then(|| format!("a 416 has `Cache-Control: {cached}`"))
        }),
        "not-modified-fields" => evidence.each(not_modified(), "there is no 304", |record| {
            let lacks = evidence.own("expires").is_some() && record.exchange.one("expires").is_none();
            let expires = lacks.then(|| "a 304 lacks Expires of the plain 200".to_owned());
            evidence.differs(&REPEATED, &record.exchange).or(expires)
        }),
        "not-modified-bare" => {
            evidence.each(not_modified(), "there is no 304", |record| bare(&record.exchange))
        }
        "not-modified-empty" => evidence.each(not_modified(), "there is no 304", |record| {
            let octets = record.exchange.surplus.len();
            (octets > 0).then(|| format!("{octets} octets follow the head of a 304"))
        }),
        "coded-tag" => {
            let coded = evidence.learnt.coded.as_ref()?;
            match (&coded.own.etag, &evidence.learnt.own.etag) {
                (Some(own), Some(plain)) if own == plain && !own.starts_with(b"W/") => Finding::broken(
                    format!("both have the strong tag {}", String::from_utf8_lossy(own)),
                    coded.record,
                ),
                _ => Finding::Kept(Some(coded.record)),
            }
        }
        "coded-vary" => {
            let coded = evidence.learnt.coded.as_ref()?;
            let varies = |value: Option<&[u8]>| {
                let value = String::from_utf8_lossy(value.unwrap_or_default()).to_ascii_lowercase();
                value.contains("accept-encoding") || value.trim() == "*"
            };
            match (varies(coded.own.field("vary")), varies(evidence.own("vary"))) {
                (true, true) => Finding::Kept(Some(coded.record)),
                (false, _) => Finding::broken("the coded form has no Vary: Accept-Encoding", coded.record),
                (_, false) => {
                    Finding::broken("the uncoded form has no Vary: Accept-Encoding", evidence.learnt.plain)
                }
            }
        }
        _ => return None,
    })
}

/// R-15.4.5-2: Last-Modified is of use where there is no tag.
fn bare(exchange: &Exchange) -> Option<String> {
    let extra = ["content-type", "content-encoding", "content-language", "content-range"];
    let found = extra.iter().find(|name| exchange.all(name).next().is_some());
    found.map(|name| format!("a 304 has {name}"))
}
