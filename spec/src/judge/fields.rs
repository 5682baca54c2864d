//! The header fields that an answer owes, by its status, held against those of the plain answer.

use super::{Findings, Observed, date, multipart};
use crate::own::Own;
use crate::row::Row;

/// The fields that a 206 and a 304 repeat if the 200 has them (R-15.3.7-2, R-15.4.5-1).
const CACHING: [&str; 5] = ["etag", "cache-control", "expires", "content-location", "vary"];
/// The further representation fields that a 206 repeats (R-15.3.7-3).
const REPRESENTATION: [&str; 5] =
    ["content-encoding", "content-language", "last-modified", "repr-digest", "content-disposition"];

pub(super) fn check(row: &Row, own: &Own, seen: &Observed, findings: &mut Findings) {
    dates(seen, findings);
    framing(row, seen, findings);
    match seen.status {
        200 => success(row, own, seen, findings),
        206 => partial(row, own, seen, findings),
        304 => not_modified(row, own, seen, findings),
        412 => refusal(seen, findings),
        416 => unsatisfiable(own, seen, findings),
        405 if seen.one("allow").is_none() => findings.wrong("a 405 without Allow"),
        300..=399 if seen.one("location").is_none() => findings.wrong("a redirection without Location"),
        _ => {}
    }
    if !matches!(seen.status, 206 | 416) && seen.all("content-range").next().is_some() {
        findings.wrong(format!("a {} with Content-Range", seen.status));
    }
}

/// R-6.6.1-1, R-8.8.2.1-1
fn dates(seen: &Observed, findings: &mut Findings) {
    let now = seen.one("date").and_then(date::read);
    if now.is_none() && seen.status < 500 {
        findings.wrong("no Date");
    }
    if let Some(value) = seen.all("last-modified").next() {
        match date::read(value) {
            None => findings.wrong("Last-Modified is no date"),
            Some(modified) if now.is_some_and(|now| modified > now) => {
                findings.wrong("Last-Modified later than Date");
            }
            Some(_) => {}
        }
    }
}

/// R-8.6-1, R-8.6-2, R-9.3.2-1, R-15.4.5-3
fn framing(row: &Row, seen: &Observed, findings: &mut Findings) {
    let bodiless = row.method == "HEAD" || seen.status == 304;
    if bodiless && seen.length != 0 {
        findings.wrong(format!("{} octets of content where none may be", seen.length));
    }
    let declared: Vec<_> = seen.all("content-length").collect();
    let length = match declared.as_slice() {
        [] => {
            if !bodiless && seen.status != 204 {
                findings.differs("no Content-Length");
            }
            return;
        }
        [one] => std::str::from_utf8(one).ok().and_then(crate::answer::digits),
        _ => None,
    };
    let Some(length) = length else { return findings.wrong("Content-Length is not one number") };
    let whole = row.fixture.length();
    let due = match (bodiless, seen.status) {
        (true, 200 | 304) => whole,
        (true, _) => None,
        (false, _) => Some(seen.length),
    };
    if due.is_some_and(|due| due != length) {
        findings
            .wrong(format!("Content-Length {length} where {due:?} octets are due", due = due.unwrap_or(0)));
    }
}

/// R-14.3-1, R-14.3-2, R-8.8.3-3
fn success(row: &Row, own: &Own, seen: &Observed, findings: &mut Findings) {
    if row.fixture.length().is_none() || !matches!(row.method, "GET" | "HEAD") {
        return;
    }
    let ranges: &[u8] = if row.fixture.has_ranges() { b"bytes" } else { b"none" };
    match seen.one("accept-ranges") {
        Some(value) if value.eq_ignore_ascii_case(ranges) => {}
        Some(_) => findings.wrong("Accept-Ranges says something else than what is done"),
        None => findings.differs("no Accept-Ranges"),
    }
    repeats(&CACHING, "200", own, seen, findings);
    repeats(&REPRESENTATION, "200", own, seen, findings);
    repeats(&["content-type"], "200", own, seen, findings);
    coding(row, seen, findings);
    if row.method == "HEAD" && seen.one("content-length").is_none() {
        findings.differs("no Content-Length on HEAD");
    }
}

/// R-15.3.7-2, R-15.3.7-3; for R-15.3.7-4 the fields that a 206 to If-Range may leave out only differ from ours.
fn partial(row: &Row, own: &Own, seen: &Observed, findings: &mut Findings) {
    if !row.asks("range") {
        findings.wrong("a 206 to a request without Range");
    }
    repeats(&CACHING, "206", own, seen, findings);
    let mut rest = Findings::default();
    repeats(&REPRESENTATION, "206", own, seen, &mut rest);
    coding(row, seen, &mut rest);
    let content_type = seen.one("content-type").unwrap_or_default();
    if content_type.to_ascii_lowercase().starts_with(b"multipart/byteranges") {
        part_types(own, seen, content_type, findings);
        if seen.all("content-encoding").next().is_some() {
            findings.wrong("a multipart with Content-Encoding");
        }
    } else {
        repeats(&["content-type"], "206", own, seen, &mut rest);
    }
    match row.asks("if-range") {
        true => findings.differs.append(&mut rest.wrong),
        false => findings.wrong.append(&mut rest.wrong),
    }
    if seen.one("accept-ranges").is_some_and(|value| !value.eq_ignore_ascii_case(b"bytes")) {
        findings.wrong("a 206 that says Accept-Ranges: none");
    }
}

/// R-15.3.7.2-4
fn part_types(own: &Own, seen: &Observed, content_type: &[u8], findings: &mut Findings) {
    let Some(expected) = own.field("content-type") else { return };
    let parts =
        multipart::boundary(content_type).and_then(|boundary| multipart::read(&seen.content, boundary));
    for part in parts.unwrap_or_default() {
        let found = part.fields.iter().find(|(name, _)| name == "content-type");
        if found.is_none_or(|(_, value)| value != expected) {
            findings.wrong(format!("the part {} has not the Content-Type of the 200", part.slice));
        }
    }
}

/// R-15.4.5-1, R-15.4.5-2
fn not_modified(row: &Row, own: &Own, seen: &Observed, findings: &mut Findings) {
    repeats(&CACHING, "304", own, seen, findings);
    if own.etag.is_some() && seen.one("last-modified").is_some() {
        findings.differs("a 304 with ETag and Last-Modified");
    }
    for name in ["content-type", "content-encoding", "content-language"] {
        if seen.all(name).next().is_some() {
            findings.differs(format!("a 304 with {name}"));
        }
    }
    if !matches!(row.method, "GET" | "HEAD") {
        findings.wrong(format!("a 304 to {}", row.method));
    }
}

/// R-15.5.17-4 and its like for 412: a refusal must not outlive what caused it in a cache.
fn refusal(seen: &Observed, findings: &mut Findings) {
    let stored =
        seen.one("cache-control").is_none_or(|value| !value.to_ascii_lowercase().ends_with(b"no-store"));
    if stored {
        findings.differs(format!("a {} without no-store", seen.status));
    }
    for name in ["last-modified", "repr-digest", "content-encoding"] {
        if seen.all(name).next().is_some() {
            findings.differs(format!("a {} with {name} of what it refuses", seen.status));
        }
    }
}

/// R-15.5.17-5: the tag lets a resuming client tell complete from replaced.
fn unsatisfiable(own: &Own, seen: &Observed, findings: &mut Findings) {
    refusal(seen, findings);
    if let Some(etag) = &own.etag {
        match seen.one("etag") {
            Some(value) if value == etag => {}
            Some(_) => findings.wrong("a 416 with another ETag than the 200"),
            None => findings.differs("a 416 without ETag"),
        }
    }
}

fn coding(row: &Row, seen: &Observed, findings: &mut Findings) {
    if seen.one("content-encoding") != row.fixture.coding().map(str::as_bytes) {
        findings.wrong("the Content-Encoding is not the fixture's");
    }
}

/// Checks that fields have the values that they have in the plain answer.
fn repeats(names: &[&str], status: &str, own: &Own, seen: &Observed, findings: &mut Findings) {
    for name in names {
        // A date that the server moves to its clock (R-8.8.2.1-1) is checked against Date instead.
        if *name == "last-modified" && own.last_modified.is_some_and(|modified| modified >= own.now) {
            continue;
        }
        if seen.one(name) != own.field(name) {
            findings.wrong(format!("the {status} has not the {name} of the plain 200"));
        }
    }
}
