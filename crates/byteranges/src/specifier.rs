//! Step 1: the ranges-specifier of a Range field (§14.1.1, §14.1.2).
//!
//! In: the octets of one Range field value. Out: what was asked for, as a value; other unit, invalid and
//! unsatisfiable stay three different facts. Linear in the octets, and stopped early by a limit.

use crate::lex::{Numeral, split_once, trim_ows_start};

/// How many empty list members are passed over before the field is taken as an attack (§5.6.1.2).
const EMPTY_MEMBERS_MAX: usize = 64;

/// Tells what one Range field value asks for.
///
/// ```
/// use byteranges::{RangeSpec, RangesSpecifier};
/// let RangesSpecifier::Bytes(set) = RangesSpecifier::parse(b"bytes=0-499,-1", 200) else { unreachable!() };
/// let specs: Vec<_> = set.iter().collect();
/// assert_eq!(specs, [RangeSpec::Int { first: 0, last: Some(499) }, RangeSpec::Suffix { length: 1 }]);
/// assert_eq!(RangesSpecifier::parse(b"seconds=1-2", 200), RangesSpecifier::OtherUnit);
/// assert_eq!(RangesSpecifier::parse(b"bytes=5-4", 200), RangesSpecifier::Invalid);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RangesSpecifier {
    /// A valid set of byte ranges, with at least one member.
    Bytes(RangeSet),
    /// A range unit other than bytes: the field is to be ignored (§14.2).
    OtherUnit,
    /// No ranges-specifier, or one with a member that means nothing in bytes (§14.1.1).
    Invalid,
    /// More range-specs than the limit, or more than 64 empty members; reading stopped there.
    TooMany,
}

impl RangesSpecifier {
    /// Reads a field value, stopping after `specs_max` range-specs.
    ///
    /// One invalid member makes the whole invalid. Optional whitespace is accepted around commas and, since the RFC's
    /// own example has it (erratum 7306), after the equals sign; nowhere else.
    // R-14.1.1-2, R-14.1.1-5, R-14.1.1-6, R-5.6.1.2-1, R-5.6.1.2-2, R-5.6.1.2-3, R-5.6.3-1
    pub fn parse(octets: &[u8], specs_max: usize) -> Self {
        let octets = trim_ows_start(octets);
        match octets.split_first_chunk() {
            // R-14.1-1
            Some((b"bytes=", set)) => Self::parse_set(set, specs_max),
            Some((unit, set)) if unit.eq_ignore_ascii_case(b"bytes=") => Self::parse_set(set, specs_max),
            _ => Self::parse_other(octets),
        }
    }

    /// Reads what is not about bytes.
    fn parse_other(octets: &[u8]) -> Self {
        match split_once(octets, b'=') {
            Some((unit, _)) if !unit.is_empty() && unit.iter().all(|octet| is_token_octet(*octet)) => {
                Self::OtherUnit
            }
            _ => Self::Invalid,
        }
    }

    fn parse_set(mut rest: &[u8], specs_max: usize) -> Self {
        let (mut first, mut others) = (None, Vec::new());
        let (mut count, mut empty) = (0_usize, 0_usize);
        loop {
            rest = trim_ows_start(rest);
            if rest.is_empty() || rest.starts_with(b",") {
                empty = empty.saturating_add(1);
                if empty > EMPTY_MEMBERS_MAX {
                    return Self::TooMany;
                }
            } else {
                if count >= specs_max {
                    return Self::TooMany;
                }
                count = count.saturating_add(1);
                let Some((spec, after)) = RangeSpec::take(rest) else {
                    return Self::Invalid;
                };
                match first {
                    Some(_) => others.push(spec),
                    None => first = Some(spec),
                }
                rest = trim_ows_start(after);
            }
            match rest {
                [] => {
                    return first
                        .map_or(Self::Invalid, |first| Self::Bytes(RangeSet { first, rest: others }));
                }
                [b',', after @ ..] => rest = after,
                _ => return Self::Invalid,
            }
        }
    }
}

/// Holds the range-specs of a valid specifier in the order asked: at least one, by construction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RangeSet {
    first: RangeSpec,
    rest: Vec<RangeSpec>,
}

impl RangeSet {
    /// Goes through the range-specs in the order asked.
    pub fn iter(&self) -> impl Iterator<Item = RangeSpec> + '_ {
        std::iter::once(self.first).chain(self.rest.iter().copied())
    }

    /// The only range-spec, where just one was asked for.
    pub fn single(&self) -> Option<RangeSpec> {
        self.rest.is_empty().then_some(self.first)
    }

    /// The number of range-specs, at least one.
    pub fn count(&self) -> usize {
        self.rest.len().saturating_add(1)
    }
}

/// Tells what one range-spec asks for, before the representation's length is known.
///
/// Numerals past 2⁶⁴ read as `u64::MAX`, which no representation reaches (§14.1.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RangeSpec {
    /// `first-last`, or `first-` to the end.
    Int {
        /// Position of the first octet asked for.
        first: u64,
        /// Position of the last octet asked for; not before `first`.
        last: Option<u64>,
    },
    /// `-length`: the last octets.
    Suffix {
        /// How many; zero is valid, and unsatisfiable.
        length: u64,
    },
}

impl RangeSpec {
    /// Reads one list member at the start, and returns what follows it; `None` when it means nothing in bytes (§14.1.2
    /// leaves other-range undefined).
    // R-14.1.1-1, R-14.1.1-4, R-14.1.1-8, R-14.1.2-1, R-14.1.2-2
    fn take(octets: &[u8]) -> Option<(Self, &[u8])> {
        if let Some(length) = octets.strip_prefix(b"-") {
            let (length, rest) = Numeral::take(length)?;
            return Some((Self::Suffix { length: length.value }, rest));
        }
        let (first, rest) = Numeral::take(octets)?;
        let rest = rest.strip_prefix(b"-")?;
        let Some((last, rest)) = Numeral::take(rest) else {
            return Some((Self::Int { first: first.value, last: None }, rest));
        };
        if last.is_less_than(first) {
            return None;
        }
        Some((Self::Int { first: first.value, last: Some(last.value) }, rest))
    }

    /// Whether the end is left open, as in `500-`.
    pub fn is_open_ended(self) -> bool {
        matches!(self, Self::Int { last: None, .. })
    }
}

/// Whether the octet may stand in a token (§5.6.2).
fn is_token_octet(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&octet)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn specs(text: &str) -> Vec<RangeSpec> {
        match RangesSpecifier::parse(text.as_bytes(), 200) {
            RangesSpecifier::Bytes(set) => set.iter().collect(),
            other => panic!("{text}: {other:?}"),
        }
    }

    fn int(first: u64, last: u64) -> RangeSpec {
        RangeSpec::Int { first, last: Some(last) }
    }

    #[test]
    fn valid_sets_keep_their_order() {
        assert_eq!(specs("bytes=-1,0-0"), [RangeSpec::Suffix { length: 1 }, int(0, 0)]);
        assert_eq!(specs("bytes= 0-1\t,\t3-4 "), [int(0, 1), int(3, 4)]);
        assert_eq!(specs("bYtEs=,0-1,,3-,"), [int(0, 1), RangeSpec::Int { first: 3, last: None }]);
    }

    #[test]
    fn numerals_of_any_size_are_read() {
        assert_eq!(specs("bytes=000-0004"), [int(0, 4)]);
        assert_eq!(specs("bytes=0-18446744073709551616"), [int(0, u64::MAX)]);
        assert_eq!(specs("bytes=18446744073709551616-18446744073709551616"), [int(u64::MAX, u64::MAX)]);
        let reversed = b"bytes=18446744073709551617-18446744073709551616";
        assert_eq!(RangesSpecifier::parse(reversed, 200), RangesSpecifier::Invalid);
    }

    #[test]
    fn one_bad_member_spoils_the_set() {
        for text in [
            "bytes=0-1,5-4",
            "bytes=0-1,x",
            "bytes=",
            "bytes=,",
            "bytes",
            "=0-1",
            "0-1",
            "",
            "bytes=-",
            "bytes=--1",
            "bytes=1",
            "bytes=1-2-3",
            "bytes=+0-1",
            "bytes =0-1",
            "bytes=0 -1",
            "bytes=0- 1",
            "bytes=- 1",
            "bytes=0-4, bytes=6-7",
        ] {
            assert_eq!(RangesSpecifier::parse(text.as_bytes(), 200), RangesSpecifier::Invalid, "{text}");
        }
    }

    #[test]
    fn reading_stops_at_the_limits() {
        assert_eq!(RangesSpecifier::parse(b"bytes=0-0,1-1,2-2", 2), RangesSpecifier::TooMany);
        // Reading stopped before the bad member was seen.
        assert_eq!(RangesSpecifier::parse(b"bytes=0-0,1-1,2-2,x", 2), RangesSpecifier::TooMany);
        let commas = [b"bytes=0-0".to_vec(), vec![b','; 10_000]].concat();
        assert_eq!(RangesSpecifier::parse(&commas, 200), RangesSpecifier::TooMany);
        let commas = [b"bytes=0-0".to_vec(), vec![b','; 64]].concat();
        assert_eq!(
            RangesSpecifier::parse(&commas, 200),
            RangesSpecifier::Bytes(RangeSet { first: int(0, 0), rest: vec![] })
        );
    }
}
