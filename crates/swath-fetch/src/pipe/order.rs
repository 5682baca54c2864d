//! Octets that wait for their turn.
//!
//! In: pieces of any place, none twice. Out: the piece that is next; how much may wait, and what is still here to compare.

use std::collections::{BTreeMap, VecDeque};

use bytes::Bytes;

/// What is kept of what went out: the machine compares at most as much before a place where two answers meet.
const KEPT: usize = 128 * 1024;

/// Holds what waits, and the end of what went out. Its own memory is the limit and [`KEPT`], and a piece of each thread.
#[derive(Debug)]
pub(super) struct Order {
    limit: usize,
    /// Octets that went out.
    position: u64,
    waiting: BTreeMap<u64, Bytes>,
    waiting_octets: usize,
    /// The last octets that went out, the newest last.
    kept: VecDeque<Bytes>,
    kept_octets: usize,
    /// The piece that is on its way out now.
    leaving: Option<Bytes>,
}

impl Order {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            limit,
            position: 0,
            waiting: BTreeMap::new(),
            waiting_octets: 0,
            kept: VecDeque::new(),
            kept_octets: 0,
            leaving: None,
        }
    }

    pub(super) const fn position(&self) -> u64 {
        self.position
    }

    /// Octets that wait now.
    #[cfg(test)]
    pub(super) const fn waiting(&self) -> usize {
        self.waiting_octets
    }

    /// Forgets all; only before anything went out.
    pub(super) fn clear(&mut self) {
        *self = Self::new(self.limit);
    }

    /// Whether there is room for a piece. There always is for the one that is next.
    pub(super) const fn takes(&self, first: u64, octets: usize) -> bool {
        first == self.position || self.waiting_octets.saturating_add(octets) <= self.limit
    }

    pub(super) fn put(&mut self, first: u64, piece: Bytes) {
        self.waiting_octets += piece.len();
        if let Some(old) = self.waiting.insert(first, piece) {
            self.waiting_octets -= old.len();
        }
    }

    pub(super) fn has_next(&self) -> bool {
        self.waiting.contains_key(&self.position)
    }

    /// Takes the piece that is next; [`went_out`](Self::went_out) has to follow.
    pub(super) fn next(&mut self) -> Option<Bytes> {
        let piece = self.waiting.remove(&self.position)?;
        self.leaving = Some(piece.clone());
        Some(piece)
    }

    pub(super) fn went_out(&mut self, piece: Bytes) {
        self.leaving = None;
        self.waiting_octets -= piece.len();
        self.position += piece.len() as u64;
        self.kept_octets += piece.len();
        self.kept.push_back(piece);
        while let Some(oldest) = self.kept.front().filter(|oldest| self.kept_octets - oldest.len() >= KEPT) {
            self.kept_octets -= oldest.len();
            self.kept.pop_front();
        }
    }

    /// Compares with what is still here; none where some of it is not.
    pub(super) fn equals(&self, first: u64, octets: &[Bytes]) -> Option<bool> {
        let mut at = first;
        for piece in octets {
            let mut rest = &piece[..];
            while !rest.is_empty() {
                let here = self.from(at)?;
                let count = here.len().min(rest.len());
                if here[..count] != rest[..count] {
                    return Some(false);
                }
                rest = &rest[count..];
                at += count as u64;
            }
        }
        Some(true)
    }

    /// The octets that are here from a position on, as far as one piece goes.
    fn from(&self, at: u64) -> Option<&[u8]> {
        let within = |first: u64, piece: &'_ Bytes| {
            let skip = usize::try_from(at.checked_sub(first)?).ok()?;
            (skip < piece.len()).then_some(skip)
        };
        let mut first = self.position;
        if at < first {
            for piece in self.kept.iter().rev() {
                first -= piece.len() as u64;
                if let Some(skip) = within(first, piece) {
                    return piece.get(skip..);
                }
            }
            return None;
        }
        let leaving = self.leaving.iter().map(|piece| (self.position, piece));
        let waiting = self.waiting.range(..=at).next_back().map(|(first, piece)| (*first, piece));
        leaving
            .chain(waiting)
            .find_map(|(first, piece)| within(first, piece).and_then(|skip| piece.get(skip..)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_next_piece_always_has_room() {
        let mut order = Order::new(4);
        order.put(10, Bytes::from_static(b"1234"));
        assert!(!order.takes(14, 1));
        assert!(order.takes(0, 1000));
        assert_eq!(order.next(), None);
    }

    #[test]
    fn the_end_of_what_went_out_stays_and_no_more() {
        let mut order = Order::new(0);
        let piece = Bytes::from(vec![7; 1000]);
        for number in 0..1000 {
            order.put(number * 1000, piece.clone());
            let next = order.next().unwrap();
            order.went_out(next);
        }
        assert_eq!((order.position(), order.waiting_octets), (1_000_000, 0));
        assert!(order.kept_octets >= KEPT && order.kept_octets < KEPT + 1000);
        assert_eq!(order.equals(1_000_000 - KEPT as u64, &[Bytes::from(vec![7; KEPT])]), Some(true));
        assert_eq!(order.equals(0, &[Bytes::from_static(&[7])]), None);
        assert_eq!(order.equals(1_000_000, &[Bytes::from_static(&[7])]), None);
    }

    proptest! {
        #[test]
        fn what_is_here_compares_as_it_came(
            cuts in proptest::collection::btree_set(1_u64..200, 0..20),
            out in 0_usize..20,
            leaving in any::<bool>(),
            first in 0_u64..200,
            length in 0_u64..200,
            wrong in any::<bool>(),
        ) {
            let octet = |at: u64| u8::try_from(at % 251).unwrap();
            let octets = |first: u64, end: u64| Bytes::from((first..end).map(octet).collect::<Vec<u8>>());
            let mut order = Order::new(1000);
            let mut begin = 0;
            for cut in cuts.iter().copied().chain([200]) {
                order.put(begin, octets(begin, cut));
                begin = cut;
            }
            for _ in 0..out {
                if let Some(next) = order.next() {
                    order.went_out(next);
                }
            }
            if leaving {
                order.next();
            }
            let end = (first + length).min(200);
            let mut asked = octets(first.min(end), end).to_vec();
            let due = !wrong || asked.is_empty();
            if !due {
                asked[0] ^= 1;
            }
            prop_assert_eq!(order.equals(first.min(end), &[Bytes::from(asked)]), Some(due));
        }
    }
}
