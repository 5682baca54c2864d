//! Rules that one exchange shows by itself.
//!
//! In: its facts. Out: each rule that is broken, with what was seen.

use byteranges::{ContentRange, EntityTag, RangeSpec, RangesSpecifier};

use super::facts::Facts;
use super::table::{
    ACCEPT_NONE, ANOTHER_RANGE, BROKE_OFF, CODED, CONTENT_RANGE_WRONG, CORS_HIDDEN, HEAD_RANGE,
    IF_RANGE_WEAK, NO_CONTENT_RANGE, NO_LENGTH, NO_TAG, NO_VARY, ORIGIN_FAILED, PART_LENGTH, RANGE_IGNORED,
    RANGE_INVALID, Rule, UNASKED, UNSATISFIED_LENGTH, WEAK_TAG,
};

/// A rule and what was seen.
pub(super) type Hit = (&'static Rule, String);

/// Looks at one exchange.
pub(super) fn look(facts: &Facts<'_>) -> Vec<Hit> {
    let mut hits = Vec::new();
    asked(facts, &mut hits);
    ended(facts, &mut hits);
    match facts.status() {
        200 => whole(facts, &mut hits),
        206 => part(facts, &mut hits),
        416 if facts.content_range.is_none() => {
            hits.push((&UNSATISFIED_LENGTH, "416 without Content-Range".to_owned()));
        }
        _ => {}
    }
    if matches!(facts.status(), 200 | 206) {
        validators(facts, &mut hits);
        fields(facts, &mut hits);
    }
    hits
}

fn asked(facts: &Facts<'_>, hits: &mut Vec<Hit>) {
    let entry = facts.entry;
    if let (Some(RangesSpecifier::Invalid), Some(range)) = (&facts.specifier, &entry.range) {
        hits.push((&RANGE_INVALID, format!("Range: {range}")));
    }
    if let Some(field) = &entry.if_range
        && EntityTag::parse(field.as_bytes()).is_some_and(|tag| tag.is_weak())
    {
        hits.push((&IF_RANGE_WEAK, format!("If-Range: {field}")));
    }
}

fn ended(facts: &Facts<'_>, hits: &mut Vec<Hit>) {
    let entry = facts.entry;
    let because = entry.because.as_deref().unwrap_or_default();
    let outcome = entry.outcome.as_deref().unwrap_or_default();
    if because.starts_with("origin-") || outcome.starts_with("origin-") {
        let fault = entry.fault.as_deref().unwrap_or(if outcome.is_empty() { because } else { outcome });
        hits.push((&ORIGIN_FAILED, fault.to_owned()));
    } else if matches!(outcome, "changed" | "truncated" | "read-error" | "stalled") {
        let (sent, planned) = (entry.bytes_sent, entry.bytes_planned);
        hits.push((&BROKE_OFF, format!("{outcome} after {sent} of {planned} bytes")));
    }
}

/// A 200.
fn whole(facts: &Facts<'_>, hits: &mut Vec<Hit>) {
    let entry = facts.entry;
    if facts.is_get()
        && let (Some(RangesSpecifier::Bytes(_)), Some(range)) = (&facts.specifier, &entry.range)
        && if_range_holds(facts)
    {
        // What this server has a reason of its own for says so; an origin's 200 does not.
        let ours = entry.because.as_deref().filter(|because| *because != "forwarded");
        if ours.is_none_or(|because| because == "ranges-off") {
            hits.push((&RANGE_IGNORED, format!("Range: {range} was answered by 200")));
        }
    }
    if !facts.is_media() {
        return;
    }
    if let Some(coding) = facts.coding() {
        hits.push((&CODED, format!("Content-Encoding: {coding}")));
    }
    match entry.answered("accept-ranges") {
        Some(units) if units.eq_ignore_ascii_case("none") => {
            hits.push((&ACCEPT_NONE, "Accept-Ranges: none".to_owned()));
        }
        None if facts.coding().is_some() => {
            hits.push((&ACCEPT_NONE, "there is no Accept-Ranges".to_owned()));
        }
        _ => {}
    }
    if entry.answered("content-length").is_none() && entry.version.as_deref() != Some("HTTP/2.0") {
        hits.push((&NO_LENGTH, "there is no Content-Length".to_owned()));
    }
}

/// Says whether If-Range stands in the way of a 206: not where there is none, or it has the strong tag of the answer.
fn if_range_holds(facts: &Facts<'_>) -> bool {
    let Some(field) = &facts.entry.if_range else { return true };
    let asked = EntityTag::parse(field.as_bytes());
    matches!((asked, &facts.tag), (Some(asked), Some(tag)) if asked.strong_eq(tag))
}

/// A 206.
fn part(facts: &Facts<'_>, hits: &mut Vec<Hit>) {
    let entry = facts.entry;
    if entry.method.as_deref() == Some("HEAD") {
        hits.push((&HEAD_RANGE, "HEAD was answered by 206".to_owned()));
        return;
    }
    if entry.range.is_none() {
        hits.push((&UNASKED, "206 though there was no Range".to_owned()));
    }
    if facts.is_multipart() {
        return;
    }
    let Some(field) = &entry.content_range else {
        hits.push((&NO_CONTENT_RANGE, "206 without Content-Range".to_owned()));
        return;
    };
    let Some(ContentRange::Range { range, complete_length }) = facts.content_range else {
        hits.push((&CONTENT_RANGE_WRONG, format!("Content-Range: {field}")));
        return;
    };
    let length = entry.answered("content-length").and_then(|length| length.parse::<u64>().ok());
    if let Some(length) = length.filter(|length| *length != range.length()) {
        hits.push((&PART_LENGTH, format!("Content-Length: {length}, Content-Range: {field}")));
    }
    let begins = match facts.single {
        Some(RangeSpec::Int { first, .. }) => Some(first),
        Some(RangeSpec::Suffix { length }) => complete_length.map(|whole| whole.saturating_sub(length)),
        None => None,
    };
    if let (Some(first), Some(asked)) = (begins.filter(|first| *first != range.first()), &entry.range) {
        hits.push((&ANOTHER_RANGE, format!("Range: {asked} begins at {first}, Content-Range: {field}")));
    }
}

fn validators(facts: &Facts<'_>, hits: &mut Vec<Hit>) {
    if !facts.is_media() && facts.status() != 206 {
        return;
    }
    match (&facts.tag, facts.entry.answered("last-modified")) {
        (Some(tag), _) if tag.is_weak() => {
            let tag = facts.entry.answered("etag").unwrap_or_default();
            hits.push((&WEAK_TAG, format!("ETag: {tag}")));
        }
        (None, None) => hits.push((&NO_TAG, "neither ETag nor Last-Modified".to_owned())),
        _ => {}
    }
}

fn fields(facts: &Facts<'_>, hits: &mut Vec<Hit>) {
    let entry = facts.entry;
    let names = |field: &str, name: &str| {
        entry.answered(field).is_some_and(|list| {
            list.split(',')
                .any(|one| matches!(one.trim(), one if one == "*" || one.eq_ignore_ascii_case(name)))
        })
    };
    if let Some(coding) = facts.coding()
        && entry.asked("accept-encoding").is_some()
        && !names("vary", "accept-encoding")
    {
        hits.push((&NO_VARY, format!("Content-Encoding: {coding} without Vary: Accept-Encoding")));
    }
    if facts.status() == 206
        && entry.asked("origin").is_some()
        && entry.answered("access-control-allow-origin").is_some()
        && !names("access-control-expose-headers", "content-range")
    {
        hits.push((&CORS_HIDDEN, "Access-Control-Expose-Headers does not name Content-Range".to_owned()));
    }
}
