//! Checks of the form of a multipart.

use super::{Evidence, Finding, whole::is_set};
use crate::{client::Framing, parts, parts::Parts, record::Record};

pub(super) fn judge(id: &str, evidence: &Evidence<'_>) -> Option<Finding> {
    if !id.starts_with("parts-") || id == "parts-bounded" {
        return None;
    }
    // One that was not read to its end looks broken and is not.
    let sets = evidence.plain(|exchange| is_set(exchange) && (exchange.complete || exchange.cut_short));
    let wrong = |record: &Record| {
        let read = parts::read(record.exchange.one("content-type")?, &record.exchange.content);
        fault(id, evidence, record, read)
    };
    Some(evidence.each(sets, "there is no multipart", wrong))
}

fn fault(id: &str, evidence: &Evidence<'_>, record: &Record, read: Parts) -> Option<String> {
    match id {
        "parts-boundary" => read.boundary,
        "parts-lines" => read.lines,
        "parts-closed" => read.open.filter(|_| !record.exchange.cut_short),
        "parts-top" => {
            let value = record.exchange.text("content-range")?;
            Some(format!("a multipart has `Content-Range: {value}` in its header section"))
        }
        "parts-range" => read.parts.into_iter().find_map(|part| part.slice.err()),
        "parts-type" => {
            let own = evidence.own("content-type")?;
            let other = read.parts.iter().find(|part| part.field("content-type") != Some(own))?;
            Some(match other.field("content-type") {
                None => "a part has no Content-Type".to_owned(),
                Some(value) => format!("a part has `Content-Type: {}`", String::from_utf8_lossy(value)),
            })
        }
        "parts-octets" => read.parts.iter().find_map(|part| {
            let slice = part.slice.as_ref().ok()?;
            match u64::try_from(part.octets.len()) {
                Ok(length) if length == slice.length() => evidence.octets(slice.first, &part.octets),
                _ => Some(format!("the part {slice} has {} octets", part.octets.len())),
            }
        }),
        "parts-length" => match record.exchange.framing {
            Framing::Length(_) if record.exchange.cut_short => {
                Some(format!("the connection ends after {} octets of the multipart", record.exchange.length))
            }
            // Chunks are allowed; only the end of the connection leaves it open.
            Framing::Close => {
                Some("only the end of the connection tells where the multipart ends".to_owned())
            }
            _ => None,
        },
        _ => None,
    }
}
