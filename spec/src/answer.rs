//! The notation of an answer: `200`, `206 0-4/10`, `206 multipart 0-0/10 9-9/10`, `416 */10`, `3xx`.

use std::fmt;

/// States an answer that a case allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// 200 with the whole representation (to HEAD: its fields).
    Whole,
    /// 206 with this one slice in the content.
    Single(Slice),
    /// 206 with these parts, in this order.
    Multipart(Vec<Slice>),
    /// 416; with the complete length, or with anything if that is `None`.
    Unsatisfiable(Option<u64>),
    /// Any other status.
    Status(u16),
    /// Any status of a class, except those of conditional and range requests (206, 304, 412, 416).
    Class(u16),
}

/// States an inclusive slice of a representation, and the representation's length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slice {
    /// The offset of the first octet.
    pub first: u64,
    /// The offset of the last octet.
    pub last: u64,
    /// The complete length.
    pub of: u64,
}

impl Slice {
    /// Counts the octets.
    pub fn length(self) -> u64 {
        (self.last - self.first).saturating_add(1)
    }

    /// Reads `0-4/10`; fails where last < first or the complete length is not beyond last (R-14.4-2).
    pub fn read(text: &str) -> Result<Self, String> {
        let parts = || {
            let (range, of) = text.split_once('/')?;
            let (first, last) = range.split_once('-')?;
            Some(Self { first: digits(first)?, last: digits(last)?, of: digits(of)? })
        };
        match parts() {
            Some(slice) if slice.first <= slice.last && slice.last < slice.of => Ok(slice),
            _ => Err(format!("`{text}` is no slice of a representation")),
        }
    }
}

impl fmt::Display for Slice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}/{}", self.first, self.last, self.of)
    }
}

/// Reads `1*DIGIT` that fits 64 bits.
pub(crate) fn digits(text: &str) -> Option<u64> {
    text.bytes().all(|octet| octet.is_ascii_digit()).then(|| text.parse().ok())?
}

impl Answer {
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        let bad = || format!("`{text}` is no answer");
        let (status, rest) = text.split_once(' ').unwrap_or((text, ""));
        match (status, rest) {
            ("200", "") => Ok(Self::Whole),
            ("206", "") => Err(bad()),
            ("206", rest) => match rest.strip_prefix("multipart ") {
                Some(parts) => {
                    parts.split(' ').map(Slice::read).collect::<Result<_, _>>().map(Self::Multipart)
                }
                None => Slice::read(rest).map(Self::Single),
            },
            ("416", "") => Ok(Self::Unsatisfiable(None)),
            ("416", rest) => {
                rest.strip_prefix("*/").and_then(digits).map(Some).map(Self::Unsatisfiable).ok_or_else(bad)
            }
            ("2xx", "") => Ok(Self::Class(2)),
            ("3xx", "") => Ok(Self::Class(3)),
            (status, "") => match digits(status) {
                Some(code @ 100..=599) => Ok(Self::Status(u16::try_from(code).map_err(|_| bad())?)),
                _ => Err(bad()),
            },
            _ => Err(bad()),
        }
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole => f.write_str("200"),
            Self::Single(slice) => write!(f, "206 {slice}"),
            Self::Multipart(slices) => {
                f.write_str("206 multipart")?;
                slices.iter().try_for_each(|slice| write!(f, " {slice}"))
            }
            Self::Unsatisfiable(Some(of)) => write!(f, "416 */{of}"),
            Self::Unsatisfiable(None) => f.write_str("416"),
            Self::Status(status) => write!(f, "{status}"),
            Self::Class(class) => write!(f, "{class}xx"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_answer_is_written_as_it_was_read() {
        for row in crate::rows().unwrap() {
            for answer in std::iter::once(&row.ours).chain(&row.also) {
                assert_eq!(Answer::read(&answer.to_string()).as_ref(), Ok(answer), "{}", row.id);
            }
        }
    }

    #[test]
    fn impossible_answers_are_refused() {
        for bad in
            ["206", "206 5-4/10", "206 0-10/10", "206 multipart", "416 10", "4xx", "999", "200 0-4/10", ""]
        {
            assert!(Answer::read(bad).is_err(), "{bad}");
        }
    }
}
