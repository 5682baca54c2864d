//! Numbers for threads, by which they find what is their own and no other core's cache holds.
//!
//! In: nothing. Out: the number of the thread that asks.

use std::sync::atomic::{AtomicUsize, Ordering};

static NEXT: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static NUMBER: usize = NEXT.fetch_add(1, Ordering::Relaxed);
}

/// Gives this thread's number: how many had asked before it, in the whole process. Those that serve mostly ask first.
pub(crate) fn number() -> usize {
    NUMBER.with(|number| *number)
}
