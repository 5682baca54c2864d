//! Why a decision was taken: one value that tests compare, `explain` prints and logs count.

use std::fmt;

/// Names the reason of a decision.
///
/// [`key`](Self::key) is stable and meant for logs; the `Display` form is one sentence for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Because {
    /// There is no Range field.
    NoRange,
    /// The method has no range handling.
    MethodIgnoresRange,
    /// Ranges are switched off.
    RangesOff,
    /// There is more than one Range line.
    RangeRepeated,
    /// The range unit is not bytes.
    OtherUnit,
    /// The Range field is no valid ranges-specifier.
    RangeInvalid,
    /// The Range field has more members than the limit.
    TooManySpecs,
    /// The representation is empty.
    RepresentationEmpty,
    /// If-Range holds another entity tag.
    IfRangeTagDiffers,
    /// If-Range holds this entity tag, but one of the two is weak.
    IfRangeTagWeak,
    /// If-Range holds another date.
    IfRangeDateDiffers,
    /// If-Range holds this date, which is too recent to be a strong validator.
    IfRangeDateWeak,
    /// If-Range holds no single entity tag or date.
    IfRangeNoValidator,
    /// If-Match names another representation.
    IfMatchFalse,
    /// The representation was modified after the date in If-Unmodified-Since.
    IfUnmodifiedSinceFalse,
    /// If-None-Match names this representation.
    IfNoneMatchFalse,
    /// The representation was not modified after the date in If-Modified-Since.
    IfModifiedSinceFalse,
    /// No range asked for overlaps the representation.
    Unsatisfiable,
    /// The one range asked for is sent.
    Satisfied,
    /// One of several ranges asked for is satisfiable, and sent.
    OneSatisfiable,
    /// The ranges asked for are sent as one, since little or nothing lies between them.
    Coalesced,
    /// Several parts are sent.
    Parts,
    /// More parts would be needed than the limit.
    TooManyParts,
    /// The parts with their heads would be longer than the whole.
    PartsLongerThanWhole,
    /// A coded representation is not sent in parts.
    CodedParts,
    /// An open-ended range is sent up to the server's cap.
    OpenRangeCapped,
    /// A request without Range is answered with the first octets.
    PartialFirst,
}

/// What is known of one reason.
struct Reason {
    key: &'static str,
    section: &'static str,
    requirement: &'static str,
    sentence: &'static str,
}

impl Because {
    /// Every reason, in the order of declaration.
    pub const ALL: [Self; 27] = [
        Self::NoRange,
        Self::MethodIgnoresRange,
        Self::RangesOff,
        Self::RangeRepeated,
        Self::OtherUnit,
        Self::RangeInvalid,
        Self::TooManySpecs,
        Self::RepresentationEmpty,
        Self::IfRangeTagDiffers,
        Self::IfRangeTagWeak,
        Self::IfRangeDateDiffers,
        Self::IfRangeDateWeak,
        Self::IfRangeNoValidator,
        Self::IfMatchFalse,
        Self::IfUnmodifiedSinceFalse,
        Self::IfNoneMatchFalse,
        Self::IfModifiedSinceFalse,
        Self::Unsatisfiable,
        Self::Satisfied,
        Self::OneSatisfiable,
        Self::Coalesced,
        Self::Parts,
        Self::TooManyParts,
        Self::PartsLongerThanWhole,
        Self::CodedParts,
        Self::OpenRangeCapped,
        Self::PartialFirst,
    ];

    /// The stable name, in kebab case.
    pub const fn key(self) -> &'static str {
        self.reason().key
    }

    /// The section of RFC 9110 that the reason rests on.
    pub const fn section(self) -> &'static str {
        self.reason().section
    }

    /// The id of the requirement that the reason rests on, as in `spec/requirements.tsv`.
    pub const fn requirement(self) -> &'static str {
        self.reason().requirement
    }

    const fn reason(self) -> Reason {
        const fn reason(
            key: &'static str,
            section: &'static str,
            requirement: &'static str,
            sentence: &'static str,
        ) -> Reason {
            Reason { key, section, requirement, sentence }
        }
        match self {
            Self::NoRange => {
                reason("no-range", "9.3.1", "R-15.3.7-1", "the request has no Range, so the whole is sent")
            }
            Self::MethodIgnoresRange => reason(
                "method-ignores-range",
                "14.2",
                "R-14.2-4",
                "Range counts for GET only, so it is ignored",
            ),
            Self::RangesOff => {
                reason("ranges-off", "14.2", "R-14.2-2", "ranges are switched off here, so Range is ignored")
            }
            Self::RangeRepeated => reason(
                "range-repeated",
                "14.2",
                "R-14.2-dup",
                "Range is given more than once, so it is ignored",
            ),
            Self::OtherUnit => {
                reason("other-unit", "14.2", "R-14.2-5", "the range unit is not bytes, so Range is ignored")
            }
            Self::RangeInvalid => {
                reason("range-invalid", "14.2", "R-14.2-7", "Range is not a valid set of byte ranges")
            }
            Self::TooManySpecs => reason(
                "too-many-specs",
                "17.15",
                "R-17.15-1",
                "Range has more members than the limit, so it is ignored",
            ),
            Self::RepresentationEmpty => reason(
                "representation-empty",
                "14.2",
                "R-14.2-1",
                "the representation is empty, so Range is ignored",
            ),
            Self::IfRangeTagDiffers => reason(
                "if-range-tag-differs",
                "13.1.5",
                "R-13.1.5-8",
                "the entity tag in If-Range is not the current one, so the whole is sent",
            ),
            Self::IfRangeTagWeak => reason(
                "if-range-tag-weak",
                "13.1.5",
                "R-13.1.5-8",
                "a weak entity tag cannot make If-Range true, so the whole is sent",
            ),
            Self::IfRangeDateDiffers => reason(
                "if-range-date-differs",
                "13.1.5",
                "R-13.1.5-9",
                "the date in If-Range is not exactly Last-Modified, so the whole is sent",
            ),
            Self::IfRangeDateWeak => reason(
                "if-range-date-weak",
                "8.8.2.2",
                "R-8.8.2.2-1",
                "Last-Modified is too recent to be a strong validator, so the whole is sent",
            ),
            Self::IfRangeNoValidator => reason(
                "if-range-no-validator",
                "13.1.5",
                "R-13.1.5-10",
                "If-Range holds neither one entity tag nor one date, so the whole is sent",
            ),
            Self::IfMatchFalse => reason(
                "if-match-false",
                "13.1.1",
                "R-13.1.1-3",
                "If-Match does not name the current representation",
            ),
            Self::IfUnmodifiedSinceFalse => reason(
                "if-unmodified-since-false",
                "13.1.4",
                "R-13.1.4-2",
                "the representation was modified after the date in If-Unmodified-Since",
            ),
            Self::IfNoneMatchFalse => reason(
                "if-none-match-false",
                "13.1.2",
                "R-13.1.2-2",
                "If-None-Match names the current representation",
            ),
            Self::IfModifiedSinceFalse => reason(
                "if-modified-since-false",
                "13.1.3",
                "R-13.1.3-2",
                "the representation was not modified after the date in If-Modified-Since",
            ),
            Self::Unsatisfiable => reason(
                "unsatisfiable",
                "15.5.17",
                "R-14.2-13",
                "no range asked for overlaps the representation",
            ),
            Self::Satisfied => reason("satisfied", "14.2", "R-14.2-11", "the range asked for is sent"),
            Self::OneSatisfiable => reason(
                "one-satisfiable",
                "14.1.1",
                "R-14.1.1-3",
                "one of the ranges asked for is satisfiable, and sent",
            ),
            Self::Coalesced => reason(
                "coalesced",
                "15.3.7.2",
                "R-15.3.7.2-5",
                "the ranges asked for overlap or nearly touch, so they are sent as one",
            ),
            Self::Parts => reason("parts", "15.3.7.2", "R-15.3.7.2-1", "several ranges are sent as parts"),
            Self::TooManyParts => reason(
                "too-many-parts",
                "17.15",
                "R-17.15-1",
                "more parts are asked for than the limit, so the whole is sent",
            ),
            Self::PartsLongerThanWhole => reason(
                "parts-longer-than-whole",
                "17.15",
                "R-17.15-1",
                "the parts with their heads would be longer than the whole, which is sent instead",
            ),
            Self::CodedParts => reason(
                "coded-parts",
                "15.3.7.2",
                "R-14.2-2",
                "a coded representation is not sent in several parts, so the whole is sent",
            ),
            Self::OpenRangeCapped => reason(
                "open-range-capped",
                "15.3.7",
                "R-14.2-12",
                "an open-ended range is sent up to this server's cap; ask on from there",
            ),
            Self::PartialFirst => reason(
                "partial-first",
                "15.3.7",
                "R-15.3.7-1",
                "this server is set to answer a request without Range in part, against the RFC",
            ),
        }
    }
}

impl fmt::Display for Because {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.reason().sentence)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_reason_has_a_key_of_its_own() {
        let keys: HashSet<_> = Because::ALL.iter().map(|because| because.key()).collect();
        assert_eq!(keys.len(), Because::ALL.len());
        assert!(keys.iter().all(|key| key.bytes().all(|octet| octet.is_ascii_lowercase() || octet == b'-')));
    }
}
