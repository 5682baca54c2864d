//! One resolved byte range: never empty, both ends known.
//!
//! In: first and last position, or a half-open span. Out: the one value that every later step passes on,
//! and the only border between inclusive and half-open counting.

use std::fmt;
use std::ops::Range;

/// Holds one non-empty, inclusive range of octets of a representation (§14.1.2).
///
/// Positions count from zero. `first <= last < u64::MAX` always holds, so the length fits in a `u64`,
/// and the malformed ranges seen in the field (`bytes 100-99/100`, `bytes 0--1/0`) cannot be expressed.
///
/// ```
/// use byteranges::ByteRange;
/// let range = ByteRange::new(2, 4).unwrap();
/// assert_eq!((range.length(), range.half_open()), (3, 2..5));
/// assert!(ByteRange::new(5, 4).is_none());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ByteRange {
    first: u64,
    last: u64,
}

impl ByteRange {
    /// Creates the range from `first` to `last`, both included; `None` when it would be empty or reach `u64::MAX`.
    // R-14.1.2-3
    pub const fn new(first: u64, last: u64) -> Option<Self> {
        if first <= last && last < u64::MAX { Some(Self { first, last }) } else { None }
    }

    /// Creates the range of `length` octets that starts at `first`; `None` when it is empty or too far out.
    pub fn with_length(first: u64, length: u64) -> Option<Self> {
        Self::new(first, first.checked_add(length.checked_sub(1)?)?)
    }

    /// Creates the range that covers a whole representation; `None` when that is empty.
    pub fn whole(complete_length: u64) -> Option<Self> {
        Self::with_length(0, complete_length)
    }

    /// Position of the first octet.
    pub const fn first(self) -> u64 {
        self.first
    }

    /// Position of the last octet, which is part of the range.
    pub const fn last(self) -> u64 {
        self.last
    }

    /// Number of octets, at least one.
    pub const fn length(self) -> u64 {
        self.last.saturating_sub(self.first).saturating_add(1)
    }

    /// The same range with the end excluded, as files and slices count.
    pub const fn half_open(self) -> Range<u64> {
        self.first..self.last.saturating_add(1)
    }

    /// Whether every octet of `other` is in this range.
    pub const fn covers(self, other: Self) -> bool {
        self.first <= other.first && other.last <= self.last
    }

    /// Octets strictly between the two ranges: 0 when they touch or overlap.
    pub const fn gap_to(self, other: Self) -> u64 {
        if self.last < other.first {
            other.first.saturating_sub(self.last).saturating_sub(1)
        } else {
            self.first.saturating_sub(other.last).saturating_sub(1)
        }
    }

    /// The smallest range that covers both.
    pub fn enclosing(self, other: Self) -> Self {
        Self { first: self.first.min(other.first), last: self.last.max(other.last) }
    }

    /// The leading part of at most `length` octets; `None` when `length` is zero.
    pub fn truncated(self, length: u64) -> Option<Self> {
        Self::with_length(self.first, length.min(self.length()))
    }
}

impl fmt::Display for ByteRange {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}-{}", self.first, self.last)
    }
}

impl fmt::Debug for ByteRange {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "ByteRange({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(first: u64, last: u64) -> ByteRange {
        ByteRange::new(first, last).unwrap()
    }

    #[test]
    fn empty_and_unreachable_ranges_cannot_be_made() {
        assert!(ByteRange::new(1, 0).is_none());
        assert!(ByteRange::new(0, u64::MAX).is_none());
        assert!(ByteRange::with_length(5, 0).is_none());
        assert!(ByteRange::with_length(u64::MAX, 1).is_none());
        assert!(ByteRange::whole(0).is_none());
        assert_eq!(ByteRange::whole(u64::MAX).unwrap().length(), u64::MAX);
    }

    #[test]
    fn gaps_are_symmetric_and_zero_when_ranges_touch() {
        assert_eq!(range(0, 4).gap_to(range(5, 9)), 0);
        assert_eq!(range(5, 9).gap_to(range(0, 4)), 0);
        assert_eq!(range(0, 4).gap_to(range(3, 9)), 0);
        assert_eq!(range(0, 0).gap_to(range(81, 81)), 80);
        assert_eq!(range(81, 81).gap_to(range(0, 0)), 80);
    }
}
