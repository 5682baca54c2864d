//! The Content-Range field (§14.4), as a server writes it and a client reads it.
//!
//! In: a range and a complete length, or octets from a response. Out: a value that is always well formed.

use std::fmt;

use bytes::BufMut;

use crate::ByteRange;
use crate::lex::{Numeral, split_once};
use crate::write::write_number;

/// Holds the meaning of one Content-Range field in bytes.
///
/// ```
/// use byteranges::ContentRange;
/// let read = ContentRange::parse(b"bytes 2-4/10").unwrap();
/// assert_eq!(read.to_string(), "bytes 2-4/10");
/// assert!(ContentRange::parse(b"bytes 5-4/10").is_none());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ContentRange {
    /// `bytes first-last/complete-length`, or `/*` when the sender does not know the complete length.
    Range {
        /// The octets enclosed.
        range: ByteRange,
        /// The complete length of the representation, above `range.last()`.
        complete_length: Option<u64>,
    },
    /// `bytes */complete-length`, as a 416 carries it.
    Unsatisfied {
        /// The current complete length.
        complete_length: u64,
    },
}

impl ContentRange {
    /// Reads a field value; `None` when it is malformed, invalid by §14.4 (last before first, or complete length not
    /// above last), of another unit, or has numerals past 2⁶⁴. The content of such an answer is not to be combined.
    // R-14.4-1, R-14.4-2
    pub fn parse(octets: &[u8]) -> Option<Self> {
        let (unit, rest) = split_once(octets, b' ')?;
        if !unit.eq_ignore_ascii_case(b"bytes") {
            return None;
        }
        let (span, complete) = split_once(rest, b'/')?;
        if span == b"*" {
            return Some(Self::Unsatisfied { complete_length: exact(complete)? });
        }
        let (first, last) = split_once(span, b'-')?;
        let range = ByteRange::new(exact(first)?, exact(last)?)?;
        let complete_length = if complete == b"*" { None } else { Some(exact(complete)?) };
        match complete_length {
            Some(length) if length <= range.last() => None,
            _ => Some(Self::Range { range, complete_length }),
        }
    }
}

/// A numeral that has to be exact: a saturated one would place octets wrongly.
fn exact(digits: &[u8]) -> Option<u64> {
    Numeral::read(digits).map(|numeral| numeral.value).filter(|value| *value < u64::MAX)
}

impl ContentRange {
    /// Writes what `Display` does, without its detours: it is part of every partial answer.
    pub(crate) fn write(&self, out: &mut impl BufMut) {
        out.put_slice(b"bytes ");
        let complete_length = match self {
            Self::Range { range, complete_length } => {
                write_number(range.first(), out);
                out.put_slice(b"-");
                write_number(range.last(), out);
                *complete_length
            }
            Self::Unsatisfied { complete_length } => {
                out.put_slice(b"*");
                Some(*complete_length)
            }
        };
        out.put_slice(b"/");
        match complete_length {
            Some(length) => write_number(length, out),
            None => out.put_slice(b"*"),
        }
    }
}

impl fmt::Display for ContentRange {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Range { range, complete_length: Some(length) } => {
                write!(formatter, "bytes {range}/{length}")
            }
            Self::Range { range, complete_length: None } => write!(formatter, "bytes {range}/*"),
            Self::Unsatisfied { complete_length } => write!(formatter, "bytes */{complete_length}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn valid_values_are_read_and_written_alike() {
        for text in [
            "bytes 0-0/1",
            "bytes 2-4/10",
            "bytes 0-9/*",
            "bytes */0",
            "bytes 8589934592-8589934596/8589934600",
        ] {
            let read = ContentRange::parse(text.as_bytes()).unwrap();
            let mut written = Vec::new();
            read.write(&mut written);
            assert_eq!((read.to_string().as_str(), written.as_slice()), (text, text.as_bytes()));
        }
        assert_eq!(ContentRange::parse(b"BYTES 0-0/1"), ContentRange::parse(b"bytes 0-0/1"));
    }

    #[test]
    fn invalid_values_are_refused() {
        for text in [
            "",
            "bytes",
            "bytes=0-1/2",
            "bytes 5-4/10",
            "bytes 0-10/10",
            "bytes 0-1",
            "bytes */*",
            "bytes 0 -1/2",
            "bytes  0-1/2",
            "bytes -1/2",
            "bytes 0-/2",
            "seconds 0-1/2",
            "bytes 0-1/-2",
            "bytes 0-1/18446744073709551616",
            "bytes 0--1/0",
            "bytes 0-1/2 ",
        ] {
            assert_eq!(ContentRange::parse(text.as_bytes()), None, "{text}");
        }
    }
}
