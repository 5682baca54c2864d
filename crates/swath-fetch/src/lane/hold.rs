//! What a lane has received and nobody has placed yet: octets in at one end, in the same order out at the other.

use std::collections::VecDeque;

use bytes::{Bytes, BytesMut};

/// Octets that come in pieces smaller than this are copied together: a small piece keeps the whole buffer that it was read
/// into.
const SMALL: usize = 8 << 10;
/// How much is copied together.
const TOGETHER: usize = 64 << 10;

/// Keeps octets in order.
#[derive(Debug, Default)]
pub(crate) struct Hold {
    pieces: VecDeque<Bytes>,
    small: BytesMut,
    length: usize,
    unreported: u64,
}

impl Hold {
    pub(crate) fn push(&mut self, octets: Bytes) {
        self.length = self.length.saturating_add(octets.len());
        self.unreported = self.unreported.saturating_add(u64::try_from(octets.len()).unwrap_or(u64::MAX));
        if octets.len() < SMALL {
            if self.small.capacity() == 0 {
                self.small.reserve(TOGETHER);
            }
            self.small.extend_from_slice(&octets);
            if self.small.len() >= TOGETHER {
                self.close_small();
            }
        } else {
            self.close_small();
            self.pieces.push_back(octets);
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.length
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Octets that came and were not reported yet, up to a limit; they count as reported now.
    pub(crate) fn report(&mut self, most: u64) -> u64 {
        let count = self.unreported.min(most);
        self.unreported = self.unreported.saturating_sub(count);
        count
    }

    pub(crate) fn unreported(&self) -> u64 {
        self.unreported
    }

    /// Takes out the next octets; fewer only where there are fewer.
    pub(crate) fn take(&mut self, count: u64) -> Vec<Bytes> {
        self.close_small();
        let mut left = usize::try_from(count).unwrap_or(usize::MAX).min(self.length);
        self.length = self.length.saturating_sub(left);
        let mut taken = Vec::with_capacity(self.pieces.len());
        while left > 0 {
            let Some(mut piece) = self.pieces.pop_front() else { break };
            if piece.len() > left {
                let rest = piece.split_off(left);
                self.pieces.push_front(rest);
            }
            left = left.saturating_sub(piece.len());
            taken.push(piece);
        }
        taken
    }

    fn close_small(&mut self) {
        if !self.small.is_empty() {
            self.pieces.push_back(std::mem::take(&mut self.small).freeze());
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn octets_come_out_as_they_went_in(
            pieces in proptest::collection::vec(0_usize..30_000, 0..20),
            takes in proptest::collection::vec(0_u64..40_000, 0..20),
        ) {
            let mut hold = Hold::default();
            let mut expected = Vec::new();
            for (number, length) in pieces.iter().enumerate() {
                let piece: Vec<u8> = (0..*length).map(|at| (at * 7 + number) as u8).collect();
                expected.extend_from_slice(&piece);
                hold.push(Bytes::from(piece));
            }
            prop_assert_eq!(hold.report(10), (expected.len() as u64).min(10));
            prop_assert_eq!(hold.report(u64::MAX), (expected.len() as u64).saturating_sub(10));
            let mut found = Vec::new();
            for count in takes.into_iter().chain([u64::MAX]) {
                let before = hold.len();
                let taken = hold.take(count).concat();
                prop_assert_eq!(taken.len() as u64, count.min(before as u64));
                prop_assert_eq!(hold.len(), before - taken.len());
                found.extend_from_slice(&taken);
            }
            prop_assert_eq!(found, expected);
            prop_assert!(hold.is_empty());
        }
    }
}
