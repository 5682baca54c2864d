//! Whether an answer may be used, and for which octets.
//!
//! In: what was asked, the head of the answer, the identity. Out: one verdict; nothing is changed here.

use std::time::Duration;

use super::identity::Likeness;
use super::{Asked, Head, Identity, Misbehaviour, Placement, Precondition, Proof};
use crate::{ByteRange, ContentRange};

/// What is to be done with an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Its content may be used.
    Granted(Granted),
    /// The range asked for is past the end, and the end is where all that is held ends.
    Complete {
        /// Octets of the whole.
        complete_length: u64,
    },
    /// Another version is there now.
    Changed,
    /// The server dislikes the precondition, though nothing changed: ask again with a weaker one.
    Downgrade,
    /// The server sends the whole, though it has the same version and was asked for a part.
    RangesIgnored(Granted),
    /// It makes no sense.
    Misbehaved(Misbehaviour),
    /// A range cannot be had, and nothing is known that would tell why: ask without.
    AskWhole,
    /// The server is busy, with this status, for so long.
    Busy(u16, Option<Duration>),
    /// The server failed, perhaps for a while.
    Failing(u16),
    /// The server refuses.
    Refused(u16),
}

/// What the content of an answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Granted {
    /// Position of its first octet.
    pub(super) first: u64,
    /// Position after its last octet, where the head says so.
    pub(super) end: Option<u64>,
    /// Octets of the whole, where the head says so.
    pub(super) complete_length: Option<u64>,
    pub(super) proof: Proof,
}

/// What was asked.
#[derive(Clone, Debug)]
pub(super) struct Request<'a> {
    pub(super) range: Asked,
    pub(super) precondition: &'a Precondition,
    /// Nothing is held and no identity known, or all of it is to be compared.
    pub(super) identity: Option<&'a Identity>,
    /// The position after the last octet that has arrived: no length below it can be true of the same version.
    pub(super) arrived_end: u64,
}

/// Judges an answer by its head.
// R-15-1, R-15.3.7-8
pub(super) fn judge(request: &Request<'_>, head: &Head) -> Verdict {
    match head.status {
        200 | 206 if head.coded => Verdict::Misbehaved(Misbehaviour::Coded),
        206 => partial(request, head),
        200 => whole(request, head),
        416 => unsatisfiable(request, head),
        412 => failed_precondition(request, head),
        429 | 503 => Verdict::Busy(head.status, head.retry_after),
        // Success, and no content that anything could be made of; or nothing new, where nothing was told to be known.
        status @ (201..=299 | 304) => Verdict::Misbehaved(Misbehaviour::Status(status)),
        408 | 425 | 500..=599 => Verdict::Failing(head.status),
        status => Verdict::Refused(status),
    }
}

// R-15.3.7-6, R-15.3.7.2-0, R-14.4-3
fn partial(request: &Request<'_>, head: &Head) -> Verdict {
    let Placement::Valid(ContentRange::Range { range, complete_length }) = head.placement else {
        return Verdict::Misbehaved(Misbehaviour::ContentRange);
    };
    if head.multipart || request.range == Asked::Whole {
        return Verdict::Misbehaved(Misbehaviour::ContentRange);
    }
    // R-14.4-7
    if head.content_length.is_some_and(|length| length != range.length()) {
        return Verdict::Misbehaved(Misbehaviour::Length);
    }
    if range.first() > request.range.first() || range.last() < request.range.first() {
        return Verdict::Misbehaved(Misbehaviour::WrongRange);
    }
    let granted = |proof| {
        Verdict::Granted(Granted {
            first: range.first(),
            end: Some(range.half_open().end),
            complete_length,
            proof,
        })
    };
    match likeness(request, head, complete_length) {
        None => granted(first_proof(head)),
        Some(Likeness::Same) => granted(proof(request.precondition)),
        Some(Likeness::NotOther) => granted(Proof::Unproved),
        Some(Likeness::Unknown) => Verdict::Misbehaved(Misbehaviour::NoValidator),
        Some(Likeness::Other) => Verdict::Changed,
    }
}

// R-14.2-2
fn whole(request: &Request<'_>, head: &Head) -> Verdict {
    let length = head.content_length;
    if !is_whole(&head.placement, length) {
        return Verdict::Misbehaved(Misbehaviour::ContentRange);
    }
    let granted = |proof| Granted { first: 0, end: length, complete_length: length, proof };
    let asked_for_part = request.range != Asked::Whole;
    match likeness(request, head, length) {
        None => Verdict::Granted(granted(first_proof(head))),
        Some(Likeness::Other) => Verdict::Changed,
        Some(Likeness::Unknown) => Verdict::Misbehaved(Misbehaviour::NoValidator),
        Some(Likeness::Same) if matches!(request.precondition, Precondition::IfRange(_)) => {
            Verdict::Downgrade
        }
        Some(Likeness::Same) if asked_for_part => Verdict::RangesIgnored(granted(Proof::Compared)),
        Some(Likeness::Same) => Verdict::Granted(granted(Proof::Compared)),
        Some(Likeness::NotOther) if asked_for_part => Verdict::RangesIgnored(granted(Proof::Unproved)),
        Some(Likeness::NotOther) => Verdict::Granted(granted(Proof::Unproved)),
    }
}

// R-14.4-7
/// Whether the content of a 200 can be the whole: a Content-Range means nothing there, but one that names a part gives away a 206 under a
/// wrong status.
fn is_whole(placement: &Placement, length: Option<u64>) -> bool {
    let Placement::Valid(ContentRange::Range { range, complete_length }) = placement else { return true };
    let complete_length = complete_length.or(length);
    range.first() == 0 && complete_length.is_none_or(|complete| range.half_open().end == complete)
}

// R-15.5.17-3, R-15.5.17-5, R-14.4-8
fn unsatisfiable(request: &Request<'_>, head: &Head) -> Verdict {
    let Placement::Valid(ContentRange::Unsatisfied { complete_length }) = head.placement else {
        return Verdict::Misbehaved(Misbehaviour::Status(416));
    };
    let first = request.range.first();
    let Some(identity) = request.identity else {
        // The whole may be empty, or the server takes ranges wrongly: only the whole tells.
        return if request.range == Asked::Whole {
            Verdict::Misbehaved(Misbehaviour::Status(416))
        } else {
            Verdict::AskWhole
        };
    };
    match identity.compare(head, Some(complete_length)) {
        // Had the version changed, If-Match would have failed before the range was looked at (§13.2.2): the length alone shows nothing.
        Likeness::Other if matches!(request.precondition, Precondition::IfMatch(_)) && !head.has_etag => {
            Verdict::Misbehaved(Misbehaviour::Status(416))
        }
        Likeness::Other => Verdict::Changed,
        // The tag may be left out of a 416; the position of the end then speaks for itself.
        _ if identity.complete_length.is_none() && complete_length == first => {
            Verdict::Complete { complete_length }
        }
        _ if identity.complete_length.is_none() && complete_length < first => Verdict::Changed,
        _ => Verdict::Misbehaved(Misbehaviour::Status(416)),
    }
}

// R-13.1.1-4
fn failed_precondition(request: &Request<'_>, head: &Head) -> Verdict {
    match (request.precondition, request.identity) {
        // Not yet believed: If-Range gets an answer that carries its evidence.
        (Precondition::IfMatch(_), _) => Verdict::Downgrade,
        (Precondition::IfUnmodifiedSince(_), Some(identity)) => match identity.compare(head, None) {
            Likeness::Other => Verdict::Changed,
            _ if head.last_modified.is_some() => Verdict::Downgrade,
            _ => Verdict::Changed,
        },
        _ => Verdict::Misbehaved(Misbehaviour::Status(412)),
    }
}

fn likeness(request: &Request<'_>, head: &Head, complete_length: Option<u64>) -> Option<Likeness> {
    let identity = request.identity?;
    // An error page with status 200 has another length, and no tag: it says nothing of the representation. Only where
    // the simplest request of all is answered so, there is nobody else to ask.
    if identity.strong_tag().is_some() && head.etag.is_none() && request.range != Asked::Whole {
        return Some(Likeness::Unknown);
    }
    // The same strong tag with another length is no other version: one of the two answers is wrong. Until the whole itself
    // says so, it is this one.
    let same = identity.strong_tag().zip(head.etag.as_ref()).is_some_and(|(own, other)| own.strong_eq(other));
    let lengths = identity.complete_length.zip(complete_length);
    if same && request.range != Asked::Whole && lengths.is_some_and(|(own, other)| own != other) {
        return Some(Likeness::Unknown);
    }
    if complete_length.is_some_and(|length| length < request.arrived_end) {
        return Some(Likeness::Other);
    }
    Some(identity.compare(head, complete_length))
}

fn first_proof(head: &Head) -> Proof {
    if head.etag.as_ref().is_some_and(|tag| !tag.is_weak()) { Proof::First } else { Proof::Unproved }
}

fn proof(precondition: &Precondition) -> Proof {
    match precondition {
        Precondition::IfRange(_) | Precondition::IfMatch(_) => Proof::Pinned,
        _ => Proof::Compared,
    }
}

/// Octets whose being equal by chance need not be feared.
const EVIDENCE: u64 = 16;

/// Where the content of an answer has to be compared before its use: a 206 that begins before what was asked for may lie
/// about its place, and only octets that are held can tell. A 200 has one place only, and is compared where it can be.
/// `None` when too few octets are held to tell.
pub(super) fn lead(
    head: &Head,
    granted: &Granted,
    asked: Asked,
    start: u64,
    before: u64,
    limit: u64,
) -> Option<Option<ByteRange>> {
    let shift = start.saturating_sub(granted.first);
    if shift == 0 {
        return Some(None);
    }
    let compared = shift.min(limit.max(EVIDENCE)).min(before);
    let as_asked = granted.first >= asked.first();
    let tells = head.status == 200 || as_asked || compared >= EVIDENCE;
    tells.then(|| ByteRange::with_length(start.saturating_sub(compared), compared))
}

#[cfg(test)]
mod tests;
