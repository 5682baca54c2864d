//! One body's share of the budget, and the one buffer that it reads into.
//!
//! In: the length of the next read. Out: memory for it, and afterwards the same memory as a chunk, uncopied.

use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::OwnedSemaphorePermit;

use super::{Buffers, Gate, SIZES};

/// Holds one body's place in the budget: with it a read of 4 KiB is always possible.
pub(crate) struct Share {
    home: Arc<Buffers>,
    permit: Arc<Option<OwnedSemaphorePermit>>,
}

impl Share {
    /// Makes a share that `permit` stands for; without a budget there is none.
    pub(super) fn new(home: Arc<Buffers>, permit: Option<OwnedSemaphorePermit>) -> Self {
        Self { home, permit: Arc::new(permit) }
    }

    /// Takes a buffer for a read of `wanted` octets, of at most `most`; never waits.
    ///
    /// The body must have no other buffer out: its share is worth one.
    pub(crate) fn buffer(&self, wanted: u64, most: usize) -> Buffer {
        let wanted = usize::try_from(wanted).unwrap_or(usize::MAX).min(most);
        let fitting = SIZES.iter().position(|size| *size >= wanted).unwrap_or(SIZES.len() - 1);
        let (size, paid) = match &self.home.budget {
            None => (fitting, Paid::Nothing),
            Some(budget) => match budget.larger(fitting) {
                Some((size, permit)) => (size, Paid::Larger(permit)),
                None => (0, Paid::Share(Arc::clone(&self.permit))),
            },
        };
        Buffer { octets: self.home.octets(size), size, home: Arc::clone(&self.home), _paid: paid }
    }
}

/// What stands for a buffer in the budget; released after the buffer was given back.
enum Paid {
    Nothing,
    Share(#[expect(dead_code, reason = "held, not read")] Arc<Option<OwnedSemaphorePermit>>),
    Larger(#[expect(dead_code, reason = "held, not read")] OwnedSemaphorePermit),
}

/// Holds memory for one read; goes back to its budget when dropped.
pub(crate) struct Buffer {
    octets: Box<[u8]>,
    size: usize,
    home: Arc<Buffers>,
    _paid: Paid,
}

impl Buffer {
    /// Stands for a buffer that was lost with its read.
    pub(crate) fn empty(home: &Arc<Buffers>) -> Self {
        Self { octets: Box::default(), size: 0, home: Arc::clone(home), _paid: Paid::Nothing }
    }

    pub(crate) fn as_mut(&mut self) -> &mut [u8] {
        &mut self.octets
    }

    pub(crate) fn as_slice(&self) -> &[u8] {
        &self.octets
    }

    /// Hands over the first `length` octets without copying; `gate` opens when the last user of them is done.
    pub(crate) fn into_bytes(self, length: usize, gate: Option<Arc<Gate>>) -> Bytes {
        if let Some(gate) = &gate {
            gate.close();
        }
        Bytes::from_owner(Filled {
            length: length.min(self.octets.len()),
            buffer: self,
            _gate: OpenOnDrop(gate),
        })
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        if !self.octets.is_empty() {
            self.home.give_back(self.size, std::mem::take(&mut self.octets));
        }
    }
}

/// A buffer on its way out. Its fields go in this order: the body that is woken finds the buffer back already.
struct Filled {
    length: usize,
    buffer: Buffer,
    _gate: OpenOnDrop,
}

impl AsRef<[u8]> for Filled {
    fn as_ref(&self) -> &[u8] {
        &self.buffer.octets[..self.length]
    }
}

struct OpenOnDrop(Option<Arc<Gate>>);

impl Drop for OpenOnDrop {
    fn drop(&mut self) {
        if let Some(gate) = &self.0 {
            gate.open();
        }
    }
}
