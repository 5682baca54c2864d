//! The memory that content passes through: one budget for the whole process.
//!
//! In: how many octets a body would read next. Out: a buffer of 4 KiB to 1 MiB, which returns when the
//! chunk made of it is dropped: when the socket took its last octet.
//!
//! The budget is spent in two parts, so that stalled readers never starve the others:
//!
//! - Five eighths are *shares* of 4 KiB. A body takes one before its first read and keeps it to its end, so a body
//!   that began can always go on, whatever others hold. With 64 MiB there are 10,240.
//! - Three eighths are for *larger* buffers: up to 1 MiB for a read that waits for the disk while a quarter at most
//!   is out, 256 KiB while half is out, 64 KiB while three quarters are, 16 KiB to the end. Then a body reads into its share.
//!
//! When every share is out, the next bodies wait in the order in which they came, before their first octet.
//! Whoever holds a share can always end, or is ended by the stalled-write limit: so the wait ends, too.
//! What is in use and what is kept for reuse never exceed the budget together.

mod buffer;
mod gate;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, TryAcquireError};

pub(crate) use self::buffer::{Buffer, Share};
pub(crate) use self::gate::Gate;

/// The budget when nothing else is said: 64 MiB, enough that 10,000 stalled readers each hold a share.
pub const DEFAULT_BUDGET: usize = 64 << 20;

/// The least budget: below 1 MiB there would be fewer than 160 bodies at once.
pub const LEAST_BUDGET: usize = 1 << 20;

/// How many reads may wait for a disk at once; each takes a thread of the blocking pool.
const COLD_READS_MAX: usize = 64;

const UNIT: usize = 4 << 10;

/// The sizes of buffers, smallest first; the first is what a share is worth.
const SIZES: [usize; 5] = [UNIT, 16 << 10, 64 << 10, 256 << 10, 1 << 20];

/// The largest read made on the serving thread: a quarter of a millisecond at worst, and the pages are still in the
/// processor's cache when the socket takes them.
pub(crate) const TURN: usize = 256 << 10;

/// The largest read made in the blocking pool, where each costs a change of thread.
pub(crate) const COLD_TURN: usize = 1 << 20;

/// How much is kept for reuse where there is no budget.
const UNLIMITED_IDLE_MAX: usize = 4 << 20;

/// Keeps the process's memory for content within one budget.
pub struct Buffers {
    /// `None` where memory is not limited here.
    budget: Option<Budget>,
    store: Mutex<Store>,
    cold_reads: Arc<Semaphore>,
}

struct Budget {
    octets: usize,
    shares: Arc<Semaphore>,
    larger: Arc<Semaphore>,
    larger_units: usize,
}

/// What is out and what is kept for reuse.
#[derive(Default)]
struct Store {
    in_use: usize,
    most_in_use: usize,
    idle: usize,
    lists: [Vec<Box<[u8]>>; SIZES.len()],
}

/// Says how much memory content takes at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// The budget in octets; 0 where there is none.
    pub budget: usize,
    /// Octets of buffers that are being filled or sent.
    pub in_use: usize,
    /// The most that ever was in use.
    pub most_in_use: usize,
    /// Octets of buffers kept for reuse.
    pub idle: usize,
    /// How many bodies hold a share; 0 where there is no budget.
    pub bodies: usize,
}

impl Default for Buffers {
    fn default() -> Self {
        Self::new(DEFAULT_BUDGET)
    }
}

impl Buffers {
    /// Makes buffers that together never take more than `budget` octets, but at least [`LEAST_BUDGET`].
    #[must_use]
    pub fn new(budget: usize) -> Self {
        let units = (budget.max(LEAST_BUDGET) / UNIT).min(Semaphore::MAX_PERMITS);
        let shares = units / 8 * 5;
        let budget = Budget {
            octets: units * UNIT,
            shares: Arc::new(Semaphore::new(shares)),
            larger: Arc::new(Semaphore::new(units - shares)),
            larger_units: units - shares,
        };
        Self { budget: Some(budget), ..Self::unlimited() }
    }

    /// Makes buffers without a budget, for a service whose callers may keep every chunk (to collect a whole body,
    /// say): with a budget such a caller would wait for itself.
    #[must_use]
    pub fn unlimited() -> Self {
        Self { budget: None, store: Mutex::default(), cold_reads: Arc::new(Semaphore::new(COLD_READS_MAX)) }
    }

    /// Says how much is in use now.
    #[must_use]
    pub fn usage(&self) -> Usage {
        let Store { in_use, most_in_use, idle, .. } = *self.store();
        let (budget, bodies) = self.budget.as_ref().map_or((0, 0), |budget| {
            let shares = budget.octets / UNIT - budget.larger_units;
            (budget.octets, shares - budget.shares.available_permits())
        });
        Usage { budget, in_use, most_in_use, idle, bodies }
    }

    /// Says whether a body may have one chunk out at a time only, as it must within a budget.
    pub(crate) fn is_limited(&self) -> bool {
        self.budget.is_some()
    }

    /// Takes a share for a body if one is free and nobody waits.
    pub(crate) fn try_share(self: &Arc<Self>) -> Option<Share> {
        let permit = match &self.budget {
            None => None,
            Some(budget) => match Arc::clone(&budget.shares).try_acquire_owned() {
                Ok(permit) => Some(permit),
                Err(TryAcquireError::NoPermits | TryAcquireError::Closed) => return None,
            },
        };
        Some(Share::new(Arc::clone(self), permit))
    }

    /// Waits for a share, behind all who waited before.
    pub(crate) async fn share(self: Arc<Self>) -> Share {
        let permit = match &self.budget {
            None => None,
            // The semaphore is never closed.
            Some(budget) => Arc::clone(&budget.shares).acquire_owned().await.ok(),
        };
        Share::new(self, permit)
    }

    /// Waits until one more read may wait for a disk.
    pub(crate) async fn cold_read(&self) -> Option<OwnedSemaphorePermit> {
        // The semaphore is never closed.
        Arc::clone(&self.cold_reads).acquire_owned().await.ok()
    }

    fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Finds or makes the memory of a buffer that is already paid for.
    fn octets(&self, size: usize) -> Box<[u8]> {
        let length = SIZES[size];
        let mut store = self.store();
        store.in_use += length;
        store.most_in_use = store.most_in_use.max(store.in_use);
        if let Some(octets) = store.lists[size].pop() {
            store.idle -= length;
            return octets;
        }
        let dropped = self.budget.as_ref().map(|budget| store.make_room(budget.octets));
        drop(store);
        drop(dropped);
        vec![0; length].into_boxed_slice()
    }

    fn give_back(&self, size: usize, octets: Box<[u8]>) {
        let length = SIZES[size];
        // A quarter of the budget may lie idle: what a busy server needs again at once, and no more.
        let idle_max = self.budget.as_ref().map_or(UNLIMITED_IDLE_MAX, |budget| budget.octets / 4);
        let mut store = self.store();
        store.in_use -= length;
        if store.idle + length <= idle_max {
            store.idle += length;
            store.lists[size].push(octets);
        }
    }
}

impl Budget {
    /// Takes units for a larger buffer of at most `SIZES[size]`, in the size the pressure allows.
    fn larger(&self, mut size: usize) -> Option<(usize, OwnedSemaphorePermit)> {
        while size > 0 {
            let out = self.larger_units.saturating_sub(self.larger.available_permits());
            // The larger the buffer, the less may be out: 16 KiB to the end, 1 MiB only while little is.
            let quarters_max = SIZES.len() - size;
            let units = SIZES[size] / UNIT;
            if (out + units) * 4 <= self.larger_units * quarters_max
                && let Ok(permit) = Arc::clone(&self.larger).try_acquire_many_owned(units as u32)
            {
                return Some((size, permit));
            }
            size -= 1;
        }
        None
    }
}

impl Store {
    /// Lets go of idle buffers, largest first, until idle and in use fit the budget together.
    fn make_room(&mut self, budget: usize) -> Vec<Box<[u8]>> {
        let mut dropped = Vec::new();
        for (size, list) in self.lists.iter_mut().enumerate().rev() {
            while self.in_use + self.idle > budget {
                let Some(octets) = list.pop() else { break };
                self.idle -= SIZES[size];
                dropped.push(octets);
            }
        }
        dropped
    }
}

impl fmt::Debug for Buffers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Buffers").field(&self.usage()).finish()
    }
}
