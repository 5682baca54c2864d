//! Step 2: the preconditions of §13.1, in the order of §13.2.2.
//!
//! In: the request's fields, the facts, the clock. Out: go on, not modified, or failed, with the reason; and, apart
//! from these, whether If-Range lets the Range field count.

use std::time::{Duration, SystemTime};

use crate::asked::{Asked, AskedMethod, Lines};
use crate::entity_tag::{TagList, TagRef};
use crate::validator::is_settled;
use crate::{Because, EntityTag, HttpDate, Representation};

/// What the preconditions say of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Perform the method.
    Proceed,
    /// Answer 304: the client holds this representation already.
    NotModified(Because),
    /// Answer 412.
    Failed(Because),
}

/// Evaluates all preconditions but If-Range, for a request whose plain answer would be 200.
// R-13.2.2-1
pub(crate) fn evaluate(asked: &Asked<'_>, representation: &Representation, now: SystemTime) -> Verdict {
    if asked.if_match.is_present() {
        if !if_match(&asked.if_match, representation) {
            return Verdict::Failed(Because::IfMatchFalse);
        }
    } else if if_unmodified_since(&asked.if_unmodified_since, representation, now) == Some(false) {
        return Verdict::Failed(Because::IfUnmodifiedSinceFalse);
    }
    if asked.if_none_match.is_present() {
        if !if_none_match(&asked.if_none_match, representation) {
            // R-13.1.2-2
            return match asked.method {
                AskedMethod::Get | AskedMethod::Head => Verdict::NotModified(Because::IfNoneMatchFalse),
                AskedMethod::Other => Verdict::Failed(Because::IfNoneMatchFalse),
            };
        }
    } else if asked.method != AskedMethod::Other
        && if_modified_since(&asked.if_modified_since, representation, now) == Some(false)
    {
        return Verdict::NotModified(Because::IfModifiedSinceFalse);
    }
    Verdict::Proceed
}

/// §13.1.1: true when a listed tag is the representation's by the strong comparison, or for `*`.
// R-13.1.1-1, R-13.1.1-2
fn if_match(lines: &Lines<'_>, representation: &Representation) -> bool {
    matches_any(lines, representation, |tag, own| tag.strong_eq(own))
}

/// §13.1.2: false when a listed tag is the representation's by the weak comparison, or for `*`.
// R-13.1.2-1
fn if_none_match(lines: &Lines<'_>, representation: &Representation) -> bool {
    !matches_any(lines, representation, |tag, own| tag.weak_eq(own))
}

/// Whether the field, over all its lines, names the representation. A field that breaks the grammar names nothing.
fn matches_any(
    lines: &Lines<'_>,
    representation: &Representation,
    equal: impl Fn(TagRef<'_>, TagRef<'_>) -> bool,
) -> bool {
    let own = representation.etag.as_ref().and_then(EntityTag::as_ref);
    let mut found = false;
    for line in lines.as_slice() {
        match TagList::parse(line) {
            TagList::Any => return lines.single().is_some(),
            TagList::Tags(mut tags) => found |= own.is_some_and(|own| tags.any(|tag| equal(tag, own))),
            TagList::Invalid => return false,
        }
    }
    found
}

/// §13.1.4: `None` where the field is to be ignored.
// R-13.1.4-1, R-13.1.4-2
fn if_unmodified_since(lines: &Lines<'_>, representation: &Representation, now: SystemTime) -> Option<bool> {
    Some(representation.last_modified? <= date(lines.single()?, now)?)
}

/// §13.1.3: `None` where the field is to be ignored.
// R-13.1.3-1, R-13.1.3-2
fn if_modified_since(lines: &Lines<'_>, representation: &Representation, now: SystemTime) -> Option<bool> {
    Some(representation.last_modified? > date(lines.single()?, now)?)
}

fn date(octets: &[u8], now: SystemTime) -> Option<HttpDate> {
    HttpDate::parse(octets, HttpDate::from_system_time(now)?)
}

/// §13.1.5: whether the Range field counts. `Err` says why it does not.
// R-13.1.5-3: called only when there is a Range field.
pub(crate) fn if_range(
    asked: &Asked<'_>,
    representation: &Representation,
    now: SystemTime,
    date_settle: Duration,
) -> Result<(), Because> {
    if !asked.if_range.is_present() {
        return Ok(());
    }
    // R-13.1.5-10
    let value = asked.if_range.single().ok_or(Because::IfRangeNoValidator)?;
    // R-13.1.5-1
    if value.iter().take(3).any(|octet| *octet == b'"') {
        if_range_tag(value, representation)
    } else {
        if_range_date(value, representation, now, date_settle)
    }
}

// R-13.1.5-8
fn if_range_tag(value: &[u8], representation: &Representation) -> Result<(), Because> {
    let tag = TagRef::parse(value).ok_or(Because::IfRangeNoValidator)?;
    let own = representation.etag.as_ref().and_then(EntityTag::as_ref).ok_or(Because::IfRangeTagDiffers)?;
    if tag.strong_eq(own) {
        Ok(())
    } else if tag.weak_eq(own) {
        Err(Because::IfRangeTagWeak)
    } else {
        Err(Because::IfRangeTagDiffers)
    }
}

// R-13.1.5-9, R-8.8.2.2-1
fn if_range_date(
    value: &[u8],
    representation: &Representation,
    now: SystemTime,
    date_settle: Duration,
) -> Result<(), Because> {
    let date = date(value, now).ok_or(Because::IfRangeNoValidator)?;
    let own = representation.last_modified.ok_or(Because::IfRangeDateDiffers)?;
    if date != own {
        return Err(Because::IfRangeDateDiffers);
    }
    let settled = is_settled(own.to_system_time(), now, date_settle)
        && representation.changed.is_none_or(|changed| is_settled(changed, now, date_settle));
    if settled { Ok(()) } else { Err(Because::IfRangeDateWeak) }
}
