//! Cases of the tables are about small fixtures: in, a case's positions; out, those of the resource at hand.
//!
//! Positions in the first half of a fixture stay, those in the second half keep their distance from the end, and
//! those beyond the end keep theirs beyond it. So `5-100` of ten octets becomes the last five of any number, and what
//! was reversed, satisfiable or overlapping before is so after.

use swath_spec::{Answer, Fixture, Slice};

/// Numerals of this size are about overflow, not about the resource.
const HUGE: u64 = 1 << 62;

/// Maps positions within a fixture to positions within the resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Scale {
    from: u64,
    pivot: u64,
    to: u64,
}

impl Scale {
    /// Gives the scale from a fixture to a length; `None` where the resource is too short for the fixture's cases.
    pub(crate) fn new(fixture: Fixture, to: u64) -> Option<Self> {
        let from = fixture.length()?;
        let (pivot, least) = match fixture {
            Fixture::F0 => return (to == 0).then_some(Self { from, pivot: 0, to }),
            Fixture::F2048 => (1_024, from),
            Fixture::F10k | Fixture::FCrlf | Fixture::FGzIdentity => (9_000, from),
            Fixture::FBig | Fixture::FHuge => (from.saturating_sub(64), from),
            Fixture::FGzGzip => (from / 2, 200),
            _ => (from / 2, from),
        };
        (to >= least).then_some(Self { from, pivot, to })
    }

    fn position(self, at: u64) -> u64 {
        if at >= HUGE || at < self.pivot {
            at
        } else if at >= self.from {
            self.to.saturating_add(at - self.from)
        } else {
            self.to.saturating_sub(self.from - at)
        }
    }

    fn suffix(self, length: u64) -> u64 {
        match length.checked_sub(self.from) {
            Some(over) if length < HUGE => self.to.saturating_add(over),
            _ => length,
        }
    }

    fn slice(self, slice: Slice) -> Slice {
        Slice { first: self.position(slice.first), last: self.position(slice.last), of: self.to }
    }

    /// Scales an answer.
    pub(crate) fn answer(self, answer: &Answer) -> Answer {
        match answer {
            Answer::Single(slice) => Answer::Single(self.slice(*slice)),
            Answer::Multipart(slices) => {
                Answer::Multipart(slices.iter().map(|slice| self.slice(*slice)).collect())
            }
            Answer::Unsatisfiable(Some(_)) => Answer::Unsatisfiable(Some(self.to)),
            other => other.clone(),
        }
    }

    /// Scales every numeral of a Range value; all else, well formed or not, stays as it is.
    pub(crate) fn range(self, value: &[u8]) -> Vec<u8> {
        let start = value.iter().position(|octet| *octet == b'=').map_or(0, |at| at + 1);
        let (unit, set) = value.split_at(start.min(value.len()));
        let mut out = unit.to_vec();
        let mut rest = set;
        while let Some(octet) = rest.first() {
            let digits = rest.iter().take_while(|octet| octet.is_ascii_digit()).count();
            if digits == 0 {
                out.push(*octet);
                rest = rest.get(1..).unwrap_or_default();
                continue;
            }
            let (numeral, after) = rest.split_at(digits);
            self.numeral(numeral, is_suffix(&out), &mut out);
            rest = after;
        }
        out
    }

    fn numeral(self, numeral: &[u8], suffix: bool, out: &mut Vec<u8>) {
        let number = std::str::from_utf8(numeral).ok().and_then(|text| text.parse::<u64>().ok());
        let scaled = number.map(|number| match suffix {
            true => self.suffix(number),
            false => self.position(number),
        });
        match scaled {
            // Leading zeros are what some cases are about.
            Some(scaled) if Some(scaled) != number => out.extend_from_slice(scaled.to_string().as_bytes()),
            _ => out.extend_from_slice(numeral),
        }
    }
}

/// Tells whether what was written so far makes the next numeral a suffix length.
fn is_suffix(before: &[u8]) -> bool {
    let Some(before) = before.trim_ascii_end().strip_suffix(b"-") else { return false };
    matches!(before.trim_ascii_end().last(), None | Some(b'=' | b','))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scaled(fixture: Fixture, to: u64, value: &str) -> String {
        String::from_utf8(Scale::new(fixture, to).unwrap().range(value.as_bytes())).unwrap()
    }

    #[test]
    fn positions_keep_their_distance_from_the_nearer_end() {
        for (from, to) in [
            ("bytes=0-4", "bytes=0-4"),
            ("bytes=5-9", "bytes=995-999"),
            ("bytes=5-100", "bytes=995-1090"),
            ("bytes=10-", "bytes=1000-"),
            ("bytes=-1", "bytes=-1"),
            ("bytes=-10, -11", "bytes=-1000, -1001"),
            ("bytes=5-4", "bytes=995-4"),
            ("bytes=20-10", "bytes=1010-1000"),
            ("bytes=000-0004", "bytes=000-0004"),
            ("bytes=0-18446744073709551616", "bytes=0-18446744073709551616"),
            ("bytes=0-9223372036854775807", "bytes=0-9223372036854775807"),
            ("bytes=1-2-3", "bytes=1-2-3"),
            ("lines", "lines"),
        ] {
            assert_eq!(scaled(Fixture::F10, 1_000, from), to, "{from}");
        }
        assert_eq!(scaled(Fixture::F10k, 20_000, "bytes=0-9,9990-,500-509"), "bytes=0-9,19990-,500-509");
    }

    #[test]
    fn a_fixture_at_its_own_length_is_not_changed() {
        for row in swath_spec::rows().unwrap() {
            let Some(scale) = row.fixture.length().and_then(|length| Scale::new(row.fixture, length)) else {
                continue;
            };
            for value in row.literals("range") {
                assert_eq!(scale.range(&value), value, "{}", row.id);
            }
            for answer in std::iter::once(&row.ours).chain(&row.also) {
                assert_eq!(&scale.answer(answer), answer, "{}", row.id);
            }
        }
    }

    #[test]
    fn answers_are_scaled_with_their_questions() {
        // What a set asks for and what is due stay the same octets: the suffix of five is the last five.
        let rows = swath_spec::rows().unwrap();
        let row = rows.iter().find(|row| row.id == "suffix-five").unwrap();
        let scale = Scale::new(row.fixture, 77).unwrap();
        assert_eq!(scale.answer(&row.ours).to_string(), "206 72-76/77");
    }

    #[test]
    fn a_resource_that_is_too_short_has_no_scale() {
        assert!(Scale::new(Fixture::F10, 9).is_none());
        assert!(Scale::new(Fixture::F10k, 9_999).is_none());
        assert!(Scale::new(Fixture::F0, 1).is_none());
        assert!(Scale::new(Fixture::Missing, 1).is_none());
    }
}
