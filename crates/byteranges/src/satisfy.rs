//! Step 3: range-specs against a complete length (§14.1.2), and the coalescing of several (§15.3.7.2).
//!
//! In: what was asked for and how long the representation is. Out: ranges that exist.

use crate::{ByteRange, RangeSet, RangeSpec};

/// Resolves one range-spec; `None` when it is unsatisfiable for that length.
///
/// ```
/// use byteranges::{ByteRange, RangeSpec, satisfy};
/// let clamped = satisfy(RangeSpec::Int { first: 1024, last: Some(4096) }, 2048);
/// assert_eq!(clamped, ByteRange::new(1024, 2047));
/// assert_eq!(satisfy(RangeSpec::Suffix { length: 0 }, 2048), None);
/// ```
// R-14.1.2-4, R-14.1.2-5, R-14.1.2-6, R-14.1.2-7, R-14.1.2-8
pub fn satisfy(spec: RangeSpec, complete_length: u64) -> Option<ByteRange> {
    let end = complete_length.checked_sub(1)?;
    match spec {
        RangeSpec::Int { first, last } => ByteRange::new(first, last.unwrap_or(end).min(end)),
        RangeSpec::Suffix { length } => {
            ByteRange::with_length(complete_length.saturating_sub(length), length.min(complete_length))
        }
    }
}

/// Resolves a set: unsatisfiable members are dropped, then ranges that overlap or lie at most `gap` octets apart
/// become one, which stands where the first of them was asked for.
// R-14.1.1-3, R-15.3.7.2-5, R-15.3.7.2-9
pub(crate) fn satisfy_set(set: &RangeSet, complete_length: u64, gap: u64) -> Satisfied {
    let ranges: Vec<_> = set.iter().filter_map(|spec| satisfy(spec, complete_length)).collect();
    Satisfied { satisfiable: ranges.len(), ranges: coalesce(&ranges, gap) }
}

/// What became of a set.
pub(crate) struct Satisfied {
    /// How many members were satisfiable, before coalescing.
    pub(crate) satisfiable: usize,
    /// The ranges to send, in the order asked.
    pub(crate) ranges: Vec<ByteRange>,
}

/// Merges in one sweep over the ranges sorted by position, then restores the order asked.
fn coalesce(ranges: &[ByteRange], gap: u64) -> Vec<ByteRange> {
    let mut sorted: Vec<(usize, ByteRange)> = ranges.iter().copied().enumerate().collect();
    sorted.sort_by_key(|(_, range)| range.first());
    let mut merged: Vec<(usize, ByteRange)> = Vec::with_capacity(sorted.len());
    for (asked, range) in sorted {
        match merged.last_mut() {
            Some((place, last)) if last.gap_to(range) <= gap => {
                *place = (*place).min(asked);
                *last = last.enclosing(range);
            }
            _ => merged.push((asked, range)),
        }
    }
    merged.sort_by_key(|(asked, _)| *asked);
    merged.into_iter().map(|(_, range)| range).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ranges(pairs: &[(u64, u64)]) -> Vec<ByteRange> {
        pairs.iter().map(|(first, last)| ByteRange::new(*first, *last).unwrap()).collect()
    }

    #[test]
    fn a_merged_range_stands_where_its_first_member_was_asked_for() {
        let asked = ranges(&[(9000, 9099), (0, 9), (9150, 9199), (5000, 5009)]);
        assert_eq!(coalesce(&asked, 80), ranges(&[(9000, 9199), (0, 9), (5000, 5009)]));
    }

    #[test]
    fn a_range_can_bridge_two_others() {
        assert_eq!(coalesce(&ranges(&[(0, 9), (200, 209), (50, 150)]), 80), ranges(&[(0, 209)]));
    }

    #[test]
    fn the_gap_counts_the_octets_between() {
        assert_eq!(coalesce(&ranges(&[(0, 0), (81, 81)]), 80).len(), 1);
        assert_eq!(coalesce(&ranges(&[(0, 0), (82, 82)]), 80).len(), 2);
        assert_eq!(coalesce(&ranges(&[(0, 0), (1, 1)]), 0).len(), 1);
    }
}
