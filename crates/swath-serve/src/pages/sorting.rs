//! The order of a listing: a query in, entries in that order out.

use std::cmp::Ordering;

use super::listing::{Entry, Kind};

/// What a listing is sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sort {
    /// By name, as people count: case aside, `clip2` before `clip10`.
    #[default]
    Name,
    /// By complete length.
    Size,
    /// By time of the last change.
    Time,
}

/// Which end comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// From small to large, old to new, a to z.
    #[default]
    Ascending,
    /// The other way.
    Descending,
}

/// A sort and its order, as the query `?sort=name|size|time&order=asc|desc` says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sorting {
    /// The column.
    pub sort: Sort,
    /// The order.
    pub order: Order,
}

impl Sort {
    pub(super) const ALL: [Self; 3] = [Self::Name, Self::Size, Self::Time];

    pub(super) fn key(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Size => "size",
            Self::Time => "time",
        }
    }

    /// The order a person expects first: names from a, but the largest and the newest on top.
    fn first_order(self) -> Order {
        if self == Self::Name { Order::Ascending } else { Order::Descending }
    }
}

impl Order {
    fn key(self) -> &'static str {
        match self {
            Self::Ascending => "asc",
            Self::Descending => "desc",
        }
    }

    fn turned(self) -> Self {
        match self {
            Self::Ascending => Self::Descending,
            Self::Descending => Self::Ascending,
        }
    }
}

impl Sorting {
    /// Reads the query of a target; what it does not know it passes over, so a listing never fails over its order.
    pub fn from_query(query: Option<&str>) -> Self {
        let (mut sort, mut order) = (Sort::default(), None);
        for pair in query.unwrap_or_default().split('&') {
            match pair.split_once('=') {
                Some(("sort", key)) => {
                    sort = Sort::ALL.into_iter().find(|known| known.key() == key).unwrap_or(sort);
                }
                Some(("order", "asc")) => order = Some(Order::Ascending),
                Some(("order", "desc")) => order = Some(Order::Descending),
                _ => {}
            }
        }
        Self { sort, order: order.unwrap_or(sort.first_order()) }
    }

    /// The link of a column's head: a new column in its usual order, the present one turned round.
    pub(super) fn link_to(self, column: Sort) -> String {
        let order = if column == self.sort { self.order.turned() } else { column.first_order() };
        format!("?sort={}&order={}", column.key(), order.key())
    }

    /// Sorts entries: folders first in either order, equal ones by name.
    pub(super) fn apply(self, entries: &mut [Entry<'_>]) {
        entries.sort_by(|left, right| {
            let folders_first = (left.kind != Kind::Directory).cmp(&(right.kind != Kind::Directory));
            let names = || by_name(left.name, right.name);
            let asked = match self.sort {
                Sort::Name => names(),
                Sort::Size => left.length.cmp(&right.length),
                Sort::Time => left.modified.cmp(&right.modified),
            };
            let asked = if self.order == Order::Descending { asked.reverse() } else { asked };
            folders_first.then(asked).then_with(names)
        });
    }
}

/// Compares names as people do: runs of digits by value, letters without case; then by bytes, so that the order is total.
fn by_name(left: &[u8], right: &[u8]) -> Ordering {
    let (mut a, mut b) = (left, right);
    while let (Some(x), Some(y)) = (a.first(), b.first()) {
        let step = if x.is_ascii_digit() && y.is_ascii_digit() {
            let (run_a, run_b) = (digits(a), digits(b));
            a = &a[run_a.len()..];
            b = &b[run_b.len()..];
            let (value_a, value_b) = (significant(run_a), significant(run_b));
            value_a.len().cmp(&value_b.len()).then_with(|| value_a.cmp(value_b))
        } else {
            a = &a[1..];
            b = &b[1..];
            x.to_ascii_lowercase().cmp(&y.to_ascii_lowercase())
        };
        if step != Ordering::Equal {
            return step;
        }
    }
    a.len().cmp(&b.len()).then_with(|| left.cmp(right))
}

fn digits(name: &[u8]) -> &[u8] {
    &name[..name.iter().take_while(|byte| byte.is_ascii_digit()).count()]
}

fn significant(run: &[u8]) -> &[u8] {
    &run[run.iter().take_while(|byte| **byte == b'0').count()..]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_query_is_read_and_strangers_are_passed_over() {
        let sorting = |query| Sorting::from_query(Some(query));
        assert_eq!(Sorting::from_query(None), Sorting { sort: Sort::Name, order: Order::Ascending });
        assert_eq!(sorting("sort=size"), Sorting { sort: Sort::Size, order: Order::Descending });
        assert_eq!(sorting("order=asc&sort=time"), Sorting { sort: Sort::Time, order: Order::Ascending });
        assert_eq!(sorting("sort=colour&order=up&x"), Sorting::default());
        assert_eq!(sorting("sort=size").link_to(Sort::Size), "?sort=size&order=asc");
        assert_eq!(sorting("sort=size").link_to(Sort::Name), "?sort=name&order=asc");
    }

    #[test]
    fn names_are_counted_as_people_count() {
        let mut names: Vec<&[u8]> = vec![b"clip10", b"Clip2", b"clip1", b"clip01", b"b", b"A", b"clip"];
        names.sort_by(|a, b| by_name(a, b));
        assert_eq!(names, [b"A".as_slice(), b"b", b"clip", b"clip01", b"clip1", b"Clip2", b"clip10"]);
    }

    proptest! {
        #[test]
        fn the_order_of_names_is_total(a: Vec<u8>, b: Vec<u8>, c: Vec<u8>) {
            prop_assert_eq!(by_name(&a, &b), by_name(&b, &a).reverse());
            prop_assert_eq!(by_name(&a, &b) == Ordering::Equal, a == b);
            let mut sorted = [&a, &b, &c];
            sorted.sort_by(|x, y| by_name(x, y));
            prop_assert!(by_name(sorted[0], sorted[2]) != Ordering::Greater);
        }
    }
}
