//! A file as a row of cells: which parts are held, being fetched, missing.
//!
//! In: how many cells, the complete length, what is held, and where lanes are. Out: the cells, from left to right.

use byteranges::{ByteRange, ByteSet};

/// What one cell's part of the file is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cell {
    /// All of it is here.
    Held,
    /// A connection is at work in it.
    Fetched,
    /// Some of it is here, and nobody is at work in it.
    Partly,
    /// Nothing of it is here.
    Missing,
}

impl Cell {
    /// The four differ in darkness alone, so that they need no colour.
    pub(super) const fn block(self) -> char {
        match self {
            Self::Held => '█',
            Self::Fetched => '▓',
            Self::Partly => '▒',
            Self::Missing => '░',
        }
    }
}

/// Divides a file of `length` octets into `count` cells; `lanes` are the positions where octets arrive next.
pub(super) fn cells(count: usize, length: u64, held: &ByteSet, lanes: &[u64]) -> Vec<Cell> {
    let cells = u64::try_from(count).unwrap_or(u64::MAX);
    (0..cells).map(|index| cell(index, cells, length, held, lanes)).collect()
}

fn cell(index: u64, cells: u64, length: u64, held: &ByteSet, lanes: &[u64]) -> Cell {
    let border = |index: u64| {
        let position = u128::from(length) * u128::from(index) / u128::from(cells.max(1));
        u64::try_from(position).unwrap_or(length)
    };
    // A short file has more cells than octets: each cell stands for one octet at least.
    let first = border(index).min(length.saturating_sub(1));
    let after = border(index.saturating_add(1)).max(first.saturating_add(1));
    let Some(range) = ByteRange::new(first, after - 1) else { return Cell::Missing };
    if held.covers(range) {
        Cell::Held
    } else if lanes.iter().any(|at| (first..after).contains(at)) {
        Cell::Fetched
    } else if held.intersects(range) {
        Cell::Partly
    } else {
        Cell::Missing
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(count: usize, length: u64, held: &[(u64, u64)], lanes: &[u64]) -> String {
        let mut set = ByteSet::new();
        held.iter().for_each(|(first, last)| set.insert(ByteRange::new(*first, *last).expect("a range")));
        cells(count, length, &set, lanes).into_iter().map(Cell::block).collect()
    }

    #[test]
    fn a_bar_shows_what_is_held_fetched_and_missing() {
        assert_eq!(drawn(10, 1000, &[(0, 249), (500, 599)], &[250, 600]), "██▓░░█▓░░░");
        assert_eq!(drawn(10, 1000, &[(0, 249)], &[]), "██▒░░░░░░░");
        assert_eq!(drawn(10, 1000, &[], &[0]), "▓░░░░░░░░░");
        assert_eq!(drawn(10, 1000, &[(0, 999)], &[]), "██████████");
    }

    #[test]
    fn lengths_at_the_ends_of_what_there_is() {
        assert_eq!(drawn(8, 2, &[(0, 0)], &[1]), "████▓▓▓▓");
        assert_eq!(drawn(3, 0, &[], &[]), "░░░");
        assert_eq!(drawn(4, u64::MAX, &[(0, u64::MAX / 2)], &[]), "██▒░");
    }
}
