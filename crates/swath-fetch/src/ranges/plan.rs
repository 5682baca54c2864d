//! Which requests bring the ranges that are wanted.
//!
//! In: range-specs, and later what they mean. Out: the first request, and those that follow. Pure.

use byteranges::{ByteRange, ByteSet, RangeSet, RangeSpec, satisfy};

/// The most octets that one request asks for: several are under way at once, and all are held in memory.
pub(super) const SEGMENT: u64 = 4 << 20;
/// The most octets wanted for which several ranges are asked for in one request: for more, connections side by side are
/// faster than parts one after the other.
const TOGETHER_MOST: u64 = 8 << 20;
/// The most ranges in one request: servers take more for an attack.
const TOGETHER_RANGES: usize = 64;
/// Octets between two ranges that are rather fetched, too, than asked around: about what a request costs.
const NEAR: u64 = 64 * 1024;

/// Describes the first request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct First {
    /// The value of its Range.
    pub(super) field: String,
    /// What the answer has to begin with and may not go beyond, where that is known without the length.
    pub(super) asked: Option<ByteRange>,
    /// Whether it asks for several ranges.
    pub(super) several: bool,
    /// The most octets of the answer that are of use.
    pub(super) most: u64,
}

/// Decides on the first request: for all ranges if they are few octets, else for the beginning of the first one.
pub(super) fn first(set: &RangeSet, together: bool) -> First {
    let sum = set.iter().map(length).try_fold(0_u64, |sum, length| sum.checked_add(length?));
    if let Some(sum) = sum.filter(|sum| *sum <= TOGETHER_MOST)
        && together
        && (2..=TOGETHER_RANGES).contains(&set.count())
    {
        let specs: Vec<String> = set.iter().map(written).collect();
        let most = sum.saturating_add(NEAR.saturating_mul(64));
        return First { field: format!("bytes={}", specs.join(",")), asked: None, several: true, most };
    }
    match set.iter().next() {
        Some(RangeSpec::Int { first, last }) => {
            let last = last.unwrap_or(u64::MAX).min(first.saturating_add(SEGMENT - 1));
            let asked = ByteRange::new(first, last);
            First { field: format!("bytes={first}-{last}"), asked, several: false, most: SEGMENT }
        }
        Some(RangeSpec::Suffix { length }) => {
            First { field: format!("bytes=-{length}"), asked: None, several: false, most: SEGMENT }
        }
        None => First { field: "bytes=0-".to_owned(), asked: None, several: false, most: SEGMENT },
    }
}

/// How many octets a range-spec is about at most, where that is known without the complete length.
const fn length(spec: RangeSpec) -> Option<u64> {
    match spec {
        RangeSpec::Int { first, last: Some(last) } => Some(last.saturating_sub(first).saturating_add(1)),
        RangeSpec::Int { last: None, .. } => None,
        RangeSpec::Suffix { length } => Some(length),
    }
}

fn written(spec: RangeSpec) -> String {
    match spec {
        RangeSpec::Int { first, last: Some(last) } => format!("{first}-{last}"),
        RangeSpec::Int { first, last: None } => format!("{first}-"),
        RangeSpec::Suffix { length } => format!("-{length}"),
    }
}

/// What each range-spec means, in the order asked; `Err` for the first that means nothing, or cannot be told.
pub(super) fn meant(set: &RangeSet, complete_length: Option<u64>) -> Result<Vec<ByteRange>, RangeSpec> {
    set.iter()
        .map(|spec| match (complete_length, spec) {
            (Some(complete_length), spec) => satisfy(spec, complete_length).ok_or(spec),
            (None, RangeSpec::Int { first, last: Some(last) }) => ByteRange::new(first, last).ok_or(spec),
            (None, spec) => Err(spec),
        })
        .collect()
}

/// The ranges to fetch for what is wanted and not here, none longer than a segment, by the first need of each.
pub(super) fn fetches(wanted: &[ByteRange], here: &ByteSet) -> Vec<ByteRange> {
    let mut missing = ByteSet::new();
    wanted.iter().for_each(|range| missing.insert(*range));
    missing.remove_all(here);
    let mut near: Vec<ByteRange> = Vec::new();
    for run in missing.runs() {
        match near.last_mut() {
            Some(last) if last.gap_to(run) <= NEAR && last.enclosing(run).length() <= SEGMENT => {
                *last = last.enclosing(run);
            }
            _ => near.push(run),
        }
    }
    let mut segments: Vec<ByteRange> = near.into_iter().flat_map(split).collect();
    // Bounded by what is wanted: each segment has some octet of it.
    segments.sort_by_key(|segment| need(wanted, *segment));
    segments
}

/// When a segment is first needed: the number of the range, and the position in it.
fn need(wanted: &[ByteRange], segment: ByteRange) -> (usize, u64) {
    let mut set = ByteSet::new();
    set.insert(segment);
    let first = wanted.iter().enumerate().find(|(_, range)| set.intersects(**range));
    first.map_or((usize::MAX, segment.first()), |(index, range)| (index, segment.first().max(range.first())))
}

fn split(range: ByteRange) -> impl Iterator<Item = ByteRange> {
    let count = range.length().div_ceil(SEGMENT);
    (0..count).filter_map(move |index| {
        let first = range.first().saturating_add(index.saturating_mul(SEGMENT));
        ByteRange::new(first, first.saturating_add(SEGMENT - 1).min(range.last()))
    })
}

#[cfg(test)]
mod tests {
    use byteranges::RangesSpecifier;

    use super::*;

    fn set(text: &str) -> RangeSet {
        match RangesSpecifier::parse(format!("bytes={text}").as_bytes(), 100) {
            RangesSpecifier::Bytes(set) => set,
            other => panic!("{other:?}"),
        }
    }

    fn range(first: u64, last: u64) -> ByteRange {
        ByteRange::new(first, last).unwrap()
    }

    #[test]
    fn few_octets_are_asked_for_together() {
        assert_eq!(first(&set("5-9,-500,0-0"), true).field, "bytes=5-9,-500,0-0");
        assert_eq!(first(&set("5-9,-500"), false).field, "bytes=5-9");
        assert_eq!(first(&set("5-9,100-"), true).field, "bytes=5-9");
        assert_eq!(first(&set("0-99999999,1-2"), true).field, "bytes=0-4194303");
        assert_eq!(first(&set("7-"), true).field, "bytes=7-4194310");
        assert_eq!(first(&set("-500"), true).field, "bytes=-500");
    }

    #[test]
    fn what_cannot_be_told_without_a_length_is_not_guessed() {
        assert_eq!(meant(&set("0-99,-5"), Some(50)), Ok(vec![range(0, 49), range(45, 49)]));
        assert_eq!(meant(&set("0-9,50-"), Some(50)), Err(RangeSpec::Int { first: 50, last: None }));
        assert_eq!(meant(&set("0-9,5-6"), None), Ok(vec![range(0, 9), range(5, 6)]));
        assert_eq!(meant(&set("0-9,-5"), None), Err(RangeSpec::Suffix { length: 5 }));
    }

    #[test]
    fn near_ranges_are_fetched_in_one_and_long_ones_in_several() {
        let here = ByteSet::new();
        assert_eq!(fetches(&[range(100, 199), range(0, 9)], &here), [range(0, 199)]);
        let far = 10 << 20;
        assert_eq!(fetches(&[range(far, far + 9), range(0, 9)], &here), [range(far, far + 9), range(0, 9)]);
        let long = fetches(&[range(5, 2 * SEGMENT + 4)], &here);
        assert_eq!(long, [range(5, SEGMENT + 4), range(SEGMENT + 5, 2 * SEGMENT + 4)]);
        let mut here = ByteSet::new();
        here.insert(range(0, 99));
        assert_eq!(fetches(&[range(0, 149)], &here), [range(100, 149)]);
        assert!(fetches(&[range(0, 99)], &here).is_empty());
    }
}
