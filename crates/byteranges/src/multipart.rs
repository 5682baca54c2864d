//! multipart/byteranges (§14.6, §15.3.7.2): part heads, delimiters, and their exact length in advance.
//!
//! In: the ranges, the complete length, the part's Content-Type, a boundary. Out: literals to put between the ranges.

use std::fmt;
use std::io::Write as _;

use bytes::Bytes;
use http::HeaderValue;

use crate::content::{Content, Piece};
use crate::{ByteRange, Representation};

/// Holds a multipart boundary: 32 hexadecimal digits, never quoted (§14.6).
///
/// It has to be drawn at random for each answer, so that nobody can prepare content that contains it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Boundary(u128);

impl Boundary {
    /// Creates a boundary from 128 bits that nobody else can guess.
    pub const fn from_random(bits: u128) -> Self {
        Self(bits)
    }

    /// The Content-Type of a multipart answer with this boundary.
    // R-14.6-2, R-15.3.7.2-1
    pub(crate) fn content_type(self) -> String {
        format!("multipart/byteranges; boundary={self}")
    }
}

/// Octets of a boundary in its written form.
const BOUNDARY_LENGTH: u64 = 32;

impl fmt::Display for Boundary {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:032x}", self.0)
    }
}

/// The exact length of the multipart content, or `None` where it exceeds `u64`.
// R-8.6-1
pub(crate) fn length(ranges: &[ByteRange], representation: &Representation) -> Option<u64> {
    let complete = digits(representation.complete_length);
    let content_type = match &representation.content_type {
        Some(value) => len(b"Content-Type: \r\n").checked_add(len(value.as_bytes()))?,
        None => 0,
    };
    // Delimiter "\r\n--B\r\n" (the first part has no leading line break, the closing one has "--" more).
    let delimiter = BOUNDARY_LENGTH.checked_add(len(b"\r\n--\r\n"))?;
    let fixed = delimiter.checked_add(content_type)?.checked_add(len(b"Content-Range: bytes -/\r\n\r\n"))?;
    let mut total = BOUNDARY_LENGTH.checked_add(len(b"----\r\n"))?;
    for range in ranges {
        let head = fixed
            .checked_add(digits(range.first()))?
            .checked_add(digits(range.last()))?
            .checked_add(complete)?;
        total = total.checked_add(head)?.checked_add(range.length())?;
    }
    Some(total)
}

/// Builds the content: each range after its part head, then the closing delimiter.
// R-15.3.7.2-3, R-15.3.7.2-4, R-8.3.3-1, R-2046-1
pub(crate) fn content(ranges: &[ByteRange], representation: &Representation, boundary: Boundary) -> Content {
    let mut content = Content::default();
    let mut line_break = "";
    for range in ranges {
        content.push(Piece::Literal(part_head(line_break, *range, representation, boundary)));
        content.push(Piece::Range(*range));
        line_break = "\r\n";
    }
    content.push(Piece::Literal(Bytes::from(format!("\r\n--{boundary}--\r\n"))));
    content
}

fn part_head(
    line_break: &str,
    range: ByteRange,
    representation: &Representation,
    boundary: Boundary,
) -> Bytes {
    let content_type = representation.content_type.as_ref().map(HeaderValue::as_bytes);
    let complete_length = representation.complete_length;
    let mut head = Vec::with_capacity(content_type.map_or(0, <[u8]>::len).saturating_add(160));
    // Writing to a Vec cannot fail.
    let _ = write!(head, "{line_break}--{boundary}\r\n");
    if let Some(content_type) = content_type {
        head.extend_from_slice(b"Content-Type: ");
        head.extend_from_slice(content_type);
        head.extend_from_slice(b"\r\n");
    }
    let _ = write!(head, "Content-Range: bytes {range}/{complete_length}\r\n\r\n");
    Bytes::from(head)
}

/// How many decimal digits a number is written with.
fn digits(number: u64) -> u64 {
    number.checked_ilog10().map_or(1, |log| u64::from(log).saturating_add(1))
}

fn len(octets: &[u8]) -> u64 {
    u64::try_from(octets.len()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_computed_is_the_length_written() {
        for content_type in [None, Some(HeaderValue::from_static("video/mp4"))] {
            let representation = Representation { content_type, ..Representation::new(10_000) };
            let ranges =
                [(0, 0), (9, 99), (9_999, 9_999)].map(|(first, last)| ByteRange::new(first, last).unwrap());
            for count in 1..=3 {
                let ranges = &ranges[..count];
                let content = content(ranges, &representation, Boundary::from_random(7));
                assert_eq!(length(ranges, &representation), Some(content.length()));
            }
        }
    }

    #[test]
    fn a_boundary_is_always_as_long() {
        for bits in [0, 1, u128::MAX] {
            assert_eq!(Boundary::from_random(bits).to_string().len(), 32);
        }
    }

    #[test]
    fn digits_are_counted_at_the_edges() {
        for number in [0, 1, 9, 10, 99, 100, u64::MAX] {
            assert_eq!(digits(number), u64::try_from(number.to_string().len()).unwrap());
        }
    }
}
