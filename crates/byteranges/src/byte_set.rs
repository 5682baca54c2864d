//! A set of octet positions, kept as sorted ranges that neither overlap nor touch.
//!
//! In: ranges to add, to take away, to ask about. Out: the ranges held, and the gaps between them.

use std::fmt;

use crate::ByteRange;

/// Holds any set of octets of a representation, in memory that grows with the number of runs, not of octets.
///
/// ```
/// use byteranges::{ByteRange, ByteSet};
/// let range = |first, last| ByteRange::new(first, last).unwrap();
/// let mut held = ByteSet::new();
/// held.insert(range(0, 9));
/// held.insert(range(20, 29));
/// assert_eq!(held.gaps(range(0, 99)).collect::<Vec<_>>(), [range(10, 19), range(30, 99)]);
/// held.insert(range(10, 19));
/// assert_eq!(held.to_string(), "0-29");
/// held.remove(range(5, 6));
/// assert_eq!((held.to_string().as_str(), held.octets()), ("0-4,7-29", 28));
/// ```
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct ByteSet {
    runs: Vec<ByteRange>,
}

impl ByteSet {
    /// Creates the empty set.
    pub const fn new() -> Self {
        Self { runs: Vec::new() }
    }

    /// Whether no octet is in the set.
    pub fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    /// How many octets are in the set.
    pub fn octets(&self) -> u64 {
        self.runs.iter().fold(0, |sum, run| sum.saturating_add(run.length()))
    }

    /// The runs of the set, ascending; between any two lies at least one octet that is not in it.
    pub fn runs(&self) -> impl DoubleEndedIterator<Item = ByteRange> + ExactSizeIterator + '_ {
        self.runs.iter().copied()
    }

    /// Adds every octet of the range.
    pub fn insert(&mut self, range: ByteRange) {
        // Runs that touch the range become one with it, so that equal sets are always held alike.
        let from = self.runs.partition_point(|run| run.last().saturating_add(1) < range.first());
        let to = self.runs.partition_point(|run| run.first() <= range.last().saturating_add(1));
        let whole = self.runs.iter().take(to).skip(from).fold(range, |whole, run| whole.enclosing(*run));
        self.runs.splice(from..to, [whole]);
    }

    /// Takes away every octet of the range.
    pub fn remove(&mut self, range: ByteRange) {
        let from = self.runs.partition_point(|run| run.last() < range.first());
        let to = self.runs.partition_point(|run| run.first() <= range.last());
        let touched = || self.runs.iter().take(to).skip(from);
        let before = touched().next().and_then(|run| left_of(*run, range));
        let after = touched().next_back().and_then(|run| right_of(*run, range));
        self.runs.splice(from..to, before.into_iter().chain(after));
    }

    /// Takes away every octet of the other set.
    pub fn remove_all(&mut self, other: &Self) {
        for run in other.runs() {
            self.remove(run);
        }
    }

    /// Adds every octet of the other set.
    pub fn insert_all(&mut self, other: &Self) {
        for run in other.runs() {
            self.insert(run);
        }
    }

    /// Whether every octet of the range is in the set.
    pub fn covers(&self, range: ByteRange) -> bool {
        self.run_at(range.first()).is_some_and(|run| run.last() >= range.last())
    }

    /// Whether any octet of the range is in the set.
    pub fn intersects(&self, range: ByteRange) -> bool {
        let at = self.runs.partition_point(|run| run.last() < range.first());
        self.runs.get(at).is_some_and(|run| run.first() <= range.last())
    }

    /// The run that holds this octet.
    pub fn run_at(&self, position: u64) -> Option<ByteRange> {
        let at = self.runs.partition_point(|run| run.last() < position);
        self.runs.get(at).copied().filter(|run| run.first() <= position)
    }

    /// How many octets directly before this position are in the set without a gap.
    pub fn octets_before(&self, position: u64) -> u64 {
        position
            .checked_sub(1)
            .and_then(|last| self.run_at(last))
            .map_or(0, |run| position.saturating_sub(run.first()))
    }

    /// The first position from here on that is not in the set.
    pub fn first_missing(&self, from: u64) -> u64 {
        self.run_at(from).map_or(from, |run| run.half_open().end)
    }

    /// The octets of the range that are in the set, as ascending ranges.
    pub fn within(&self, range: ByteRange) -> impl Iterator<Item = ByteRange> + '_ {
        let at = self.runs.partition_point(|run| run.last() < range.first());
        self.runs.iter().skip(at).take_while(move |run| run.first() <= range.last()).filter_map(move |run| {
            ByteRange::new(run.first().max(range.first()), run.last().min(range.last()))
        })
    }

    /// The octets of the range that are not in the set, as ascending ranges.
    pub fn gaps(&self, range: ByteRange) -> impl Iterator<Item = ByteRange> + '_ {
        let mut next = range.first();
        let end = range.half_open().end;
        let mut inside = self.within(range);
        std::iter::from_fn(move || {
            while next < end {
                let (until, resume) = match inside.next() {
                    Some(run) => (run.first(), run.half_open().end),
                    None => (end, end),
                };
                let gap = ByteRange::with_length(next, until.saturating_sub(next));
                next = resume;
                if gap.is_some() {
                    return gap;
                }
            }
            None
        })
    }
}

fn left_of(run: ByteRange, range: ByteRange) -> Option<ByteRange> {
    ByteRange::new(run.first(), range.first().checked_sub(1)?)
}

fn right_of(run: ByteRange, range: ByteRange) -> Option<ByteRange> {
    ByteRange::new(range.last().saturating_add(1), run.last())
}

impl Extend<ByteRange> for ByteSet {
    fn extend<I: IntoIterator<Item = ByteRange>>(&mut self, ranges: I) {
        ranges.into_iter().for_each(|range| self.insert(range));
    }
}

impl FromIterator<ByteRange> for ByteSet {
    fn from_iter<I: IntoIterator<Item = ByteRange>>(ranges: I) -> Self {
        let mut set = Self::new();
        set.extend(ranges);
        set
    }
}

impl fmt::Display for ByteSet {
    /// Writes the runs as a Range field lists them: `0-4,7-29`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, run) in self.runs.iter().enumerate() {
            let comma = if number == 0 { "" } else { "," };
            write!(formatter, "{comma}{run}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for ByteSet {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "ByteSet({self})")
    }
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, clippy::as_conversions, reason = "tests of small numbers")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SPAN: usize = 64;

    /// The oracle: one bool per octet.
    fn oracle(steps: &[(bool, ByteRange)]) -> (ByteSet, [bool; SPAN]) {
        let (mut set, mut octets) = (ByteSet::new(), [false; SPAN]);
        for (add, range) in steps {
            if *add {
                set.insert(*range);
            } else {
                set.remove(*range);
            }
            octets[range.first() as usize..=range.last() as usize].fill(*add);
        }
        (set, octets)
    }

    fn a_range() -> impl Strategy<Value = ByteRange> {
        (0..SPAN as u64, 0..16_u64)
            .prop_map(|(first, more)| ByteRange::new(first, (first + more).min(SPAN as u64 - 1)).unwrap())
    }

    proptest! {
        #[test]
        fn it_agrees_with_one_bool_per_octet(
            steps in prop::collection::vec((prop::bool::weighted(0.6), a_range()), 0..40),
            asked in a_range(),
        ) {
            let (set, octets) = oracle(&steps);
            let inside = || octets[asked.first() as usize..=asked.last() as usize].iter();
            prop_assert_eq!(set.octets() as usize, octets.iter().filter(|held| **held).count());
            prop_assert_eq!(set.covers(asked), inside().all(|held| *held));
            prop_assert_eq!(set.intersects(asked), inside().any(|held| *held));
            prop_assert_eq!(set.is_empty(), !octets.contains(&true));
            let collect = |ranges: Vec<ByteRange>| {
                ranges.into_iter().flat_map(ByteRange::half_open).collect::<Vec<_>>()
            };
            let expected = |wanted: bool| {
                asked.half_open().filter(|at| octets[*at as usize] == wanted).collect::<Vec<_>>()
            };
            prop_assert_eq!(collect(set.within(asked).collect()), expected(true));
            prop_assert_eq!(collect(set.gaps(asked).collect()), expected(false));
            for at in 0..SPAN {
                let before = octets[..at].iter().rev().take_while(|held| **held).count();
                prop_assert_eq!(set.octets_before(at as u64) as usize, before);
                let missing = at + octets[at..].iter().take_while(|held| **held).count();
                prop_assert_eq!(set.first_missing(at as u64) as usize, missing);
            }
            let runs: Vec<_> = set.runs().collect();
            for pair in runs.windows(2) {
                prop_assert!(pair[0].last() + 1 < pair[1].first(), "runs touch: {:?}", set);
            }
            prop_assert_eq!(runs.into_iter().rev().collect::<ByteSet>(), set, "order matters");
        }

        #[test]
        fn sets_add_and_subtract(
            one in prop::collection::vec(a_range(), 0..8),
            other in prop::collection::vec(a_range(), 0..8),
        ) {
            let tagged = |add: bool, ranges: &[ByteRange]| -> Vec<_> {
                ranges.iter().map(|range| (add, *range)).collect()
            };
            let second: ByteSet = other.iter().copied().collect();
            for add in [true, false] {
                let steps = [tagged(true, &one), tagged(add, &other)].concat();
                let mut first: ByteSet = one.iter().copied().collect();
                if add { first.insert_all(&second) } else { first.remove_all(&second) }
                prop_assert_eq!(first, oracle(&steps).0);
            }
        }
    }

    #[test]
    fn the_far_end_is_reached_without_overflow() {
        let far = ByteRange::new(u64::MAX - 3, u64::MAX - 1).unwrap();
        let mut set: ByteSet = [far, ByteRange::new(0, u64::MAX - 4).unwrap()].into_iter().collect();
        assert_eq!(set.octets(), u64::MAX);
        set.remove(far);
        assert_eq!(set.gaps(ByteRange::whole(u64::MAX).unwrap()).collect::<Vec<_>>(), [far]);
    }
}
