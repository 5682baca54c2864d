//! Step 4: the decision, a plain value with its reason.
//!
//! In: what is asked, the facts, the policy, the clock. Out: which answer to give, and why. It is meant for requests
//! whose plain answer would be a 200 (§13.2.1, §14.2): errors and redirects are settled before.

use std::time::SystemTime;

use crate::asked::{Asked, AskedMethod};
use crate::precondition::{self, Verdict};
use crate::satisfy::{satisfy, satisfy_set};
use crate::{Because, ByteRange, Policy, RangeSet, RangesSpecifier, Representation, multipart};

/// Holds what to answer, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The answer to give.
    pub outcome: Outcome,
    /// The reason for it.
    pub because: Because,
}

/// Tells which answer to give.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// 200 with the whole representation.
    Whole,
    /// 206 with one range.
    Single(ByteRange),
    /// 206 with several parts, at least two, in the order asked.
    Multipart(Vec<ByteRange>),
    /// 304.
    NotModified,
    /// 412.
    PreconditionFailed,
    /// 416.
    Unsatisfiable,
    /// 400, for an invalid Range where the policy rejects it.
    Rejected,
}

impl Decision {
    const fn new(outcome: Outcome, because: Because) -> Self {
        Self { outcome, because }
    }

    const fn whole(because: Because) -> Self {
        Self::new(Outcome::Whole, because)
    }
}

/// Decides about a request whose plain answer would be 200.
///
/// Preconditions come first, in the order of §13.2.2; Range counts only for GET and only when they let it (§14.2).
///
/// ```
/// use std::time::SystemTime;
/// use byteranges::{Asked, AskedMethod, Because, ByteRange, Outcome, Policy, Representation, decide};
/// let asked = Asked::new(AskedMethod::Get).with("Range", "bytes=1024-4096");
/// let decision = decide(&asked, &Representation::new(2048), &Policy::default(), SystemTime::now());
/// assert_eq!(decision.outcome, Outcome::Single(ByteRange::new(1024, 2047).unwrap()));
/// assert_eq!(decision.because, Because::Satisfied);
/// ```
///
/// What some values of Range come to, of ten octets:
///
/// ```
/// # use std::time::SystemTime;
/// # use byteranges::{Asked, AskedMethod, Outcome, Policy, Representation, decide};
/// for (range, answer) in [
///     ("bytes=0-4", "206 0-4/10"),
///     ("bytes=5-", "206 5-9/10"),
///     ("bytes=-1", "206 9-9/10"),
///     ("bytes=5-100", "206 5-9/10"),
///     ("bytes=-11", "206 0-9/10"),
///     ("bytes=0-18446744073709551616", "206 0-9/10"),
///     ("bytes=0-1,50-60", "206 0-1/10"),
///     ("bytes=0-0,-1", "206 0-9/10"),
///     ("bytes=10-", "416 */10"),
///     ("bytes=-0", "416 */10"),
///     ("bytes=5-4", "200"),
///     ("bytes=0-1,x", "200"),
///     ("lines=0-1", "200"),
/// ] {
///     let asked = Asked::new(AskedMethod::Get).with("Range", range);
///     let decision = decide(&asked, &Representation::new(10), &Policy::default(), SystemTime::now());
///     let decided = match decision.outcome {
///         Outcome::Whole => "200".to_owned(),
///         Outcome::Single(range) => format!("206 {range}/10"),
///         Outcome::Unsatisfiable => "416 */10".to_owned(),
///         other => format!("{other:?}"),
///     };
///     assert_eq!(decided, answer, "{range}");
/// }
/// ```
// R-14.2-10
pub fn decide(
    asked: &Asked<'_>,
    representation: &Representation,
    policy: &Policy,
    now: SystemTime,
) -> Decision {
    match precondition::evaluate(asked, representation, now) {
        Verdict::NotModified(because) => Decision::new(Outcome::NotModified, because),
        Verdict::Failed(because) => Decision::new(Outcome::PreconditionFailed, because),
        Verdict::Proceed if asked.range.is_present() => decide_range(asked, representation, policy, now),
        Verdict::Proceed => decide_plain(asked, representation, policy),
    }
}

fn decide_plain(asked: &Asked<'_>, representation: &Representation, policy: &Policy) -> Decision {
    let partial = match (asked.method, policy.partial_first) {
        (AskedMethod::Get, Some(length))
            if policy.ranges && length.get() < representation.complete_length =>
        {
            ByteRange::with_length(0, length.get())
        }
        _ => None,
    };
    match partial {
        Some(range) => Decision::new(Outcome::Single(range), Because::PartialFirst),
        None => Decision::whole(Because::NoRange),
    }
}

/// Whether the Range field counts, and for what. Everything that makes it count for nothing is a 200 with the whole.
fn decide_range(
    asked: &Asked<'_>,
    representation: &Representation,
    policy: &Policy,
    now: SystemTime,
) -> Decision {
    // R-14.2-4, R-14.2-4b
    if asked.method != AskedMethod::Get {
        return Decision::whole(Because::MethodIgnoresRange);
    }
    // R-14.2-2, R-13.1.5-4
    if !policy.ranges {
        return Decision::whole(Because::RangesOff);
    }
    // R-14.2-dup
    let Some(range) = asked.range.single() else {
        return Decision::whole(Because::RangeRepeated);
    };
    // R-13.1.5-7, R-13.1.5-11
    if let Err(because) = precondition::if_range(asked, representation, now, policy.date_settle) {
        return Decision::whole(because);
    }
    match RangesSpecifier::parse(range, policy.specs_max) {
        // R-14.2-5
        RangesSpecifier::OtherUnit => Decision::whole(Because::OtherUnit),
        // R-14.2-7
        RangesSpecifier::Invalid if policy.reject_invalid => {
            Decision::new(Outcome::Rejected, Because::RangeInvalid)
        }
        RangesSpecifier::Invalid => Decision::whole(Because::RangeInvalid),
        RangesSpecifier::TooMany => Decision::whole(Because::TooManySpecs),
        // R-14.2-1
        RangesSpecifier::Bytes(_) if representation.complete_length == 0 => {
            Decision::whole(Because::RepresentationEmpty)
        }
        // R-13.1.5-12
        RangesSpecifier::Bytes(set) => decide_set(&set, representation, policy),
    }
}

// R-14.2-11, R-14.2-13, R-15.3.7.2-6, R-15.3.7.2-7, R-15.5.17-1
fn decide_set(set: &RangeSet, representation: &Representation, policy: &Policy) -> Decision {
    let Some(spec) = set.single() else {
        return decide_several(set, representation, policy);
    };
    let Some(range) = satisfy(spec, representation.complete_length) else {
        return Decision::new(Outcome::Unsatisfiable, Because::Unsatisfiable);
    };
    // R-14.2-12
    let capped = match policy.max_open_range {
        Some(cap) if spec.is_open_ended() => range.truncated(cap.get()).unwrap_or(range),
        _ => range,
    };
    let because = if capped == range { Because::Satisfied } else { Because::OpenRangeCapped };
    Decision::new(Outcome::Single(capped), because)
}

// R-17.15-1, R-8.4-1
fn decide_several(set: &RangeSet, representation: &Representation, policy: &Policy) -> Decision {
    let satisfied = satisfy_set(set, representation.complete_length, policy.coalesce_gap);
    match satisfied.ranges.as_slice() {
        [] => Decision::new(Outcome::Unsatisfiable, Because::Unsatisfiable),
        [range] => {
            let because =
                if satisfied.satisfiable == 1 { Because::OneSatisfiable } else { Because::Coalesced };
            Decision::new(Outcome::Single(*range), because)
        }
        ranges if ranges.len() > policy.parts_max => Decision::whole(Because::TooManyParts),
        _ if representation.content_encoding.is_some() => Decision::whole(Because::CodedParts),
        ranges => match multipart::length(ranges, representation) {
            Some(length) if length <= representation.complete_length => {
                Decision::new(Outcome::Multipart(satisfied.ranges), Because::Parts)
            }
            _ => Decision::whole(Because::PartsLongerThanWhole),
        },
    }
}
