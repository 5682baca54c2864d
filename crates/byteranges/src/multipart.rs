//! multipart/byteranges (§14.6, §15.3.7.2): part heads, delimiters, and their exact length in advance.
//!
//! In: the ranges, the complete length, the part's Content-Type, a boundary. Out: literals to put between the ranges.

use std::fmt;

use bytes::{BufMut, BytesMut};

use crate::content::{Content, Piece};
use crate::{ByteRange, ContentRange, Representation};

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

    /// The written form.
    fn digits(self) -> [u8; 32] {
        const DIGITS: [u8; 16] = *b"0123456789abcdef";
        let mut bits = self.0;
        let mut written = [b'0'; 32];
        for place in written.iter_mut().rev() {
            *place =
                usize::try_from(bits & 15).ok().and_then(|digit| DIGITS.get(digit)).copied().unwrap_or(b'0');
            bits >>= 4_u32;
        }
        written
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
        formatter.write_str(std::str::from_utf8(&self.digits()).unwrap_or_default())
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
    let before = beginning(representation, boundary);
    let complete_length = Some(representation.complete_length);
    // All heads are written one after another and shared out: one allocation, however many parts there are.
    let mut written = BytesMut::with_capacity(
        before.len().saturating_add(HEAD_NUMERALS).saturating_mul(ranges.len().saturating_add(1)),
    );
    let mut content = Content::with_room(ranges.len().saturating_mul(2).saturating_add(1));
    for range in ranges {
        // The first delimiter needs no line break before it.
        written.put_slice(if content.is_empty() { before.trim_ascii_start() } else { &before });
        ContentRange::Range { range: *range, complete_length }.write(&mut written);
        written.put_slice(b"\r\n\r\n");
        content.push(Piece::Literal(written.split().freeze()));
        content.push(Piece::Range(*range));
    }
    written.put_slice(b"\r\n--");
    written.put_slice(&boundary.digits());
    written.put_slice(b"--\r\n");
    content.push(Piece::Literal(written.freeze()));
    content
}

/// Room for `bytes first-last/complete` and two line breaks.
const HEAD_NUMERALS: usize = 72;

/// What every part head begins with, from the line break to the value of Content-Range.
fn beginning(representation: &Representation, boundary: Boundary) -> Vec<u8> {
    let mut before = Vec::with_capacity(160);
    before.extend_from_slice(b"\r\n--");
    before.extend_from_slice(&boundary.digits());
    if let Some(content_type) = &representation.content_type {
        before.extend_from_slice(b"\r\nContent-Type: ");
        before.extend_from_slice(content_type.as_bytes());
    }
    before.extend_from_slice(b"\r\nContent-Range: ");
    before
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
    use http::HeaderValue;

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
            assert_eq!(Boundary::from_random(bits).to_string(), format!("{bits:032x}"));
        }
    }

    #[test]
    fn digits_are_counted_at_the_edges() {
        for number in [0, 1, 9, 10, 99, 100, u64::MAX] {
            assert_eq!(digits(number), u64::try_from(number.to_string().len()).unwrap());
        }
    }
}
