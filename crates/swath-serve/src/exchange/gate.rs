//! Which exchanges are looked at in detail: so many a second and no more, evenly over it; the others are only counted.
//!
//! In: the moment an exchange begins. Out: its number, or nothing.
//!
//! A bucket of [`AT_ONCE`] places that fills again all the time: what comes at once is seen whole, and of what never ends
//! an even part rather than all in the beginning of each second and then none. Whoever is not let through has read one
//! word that others seldom write: nothing is counted here for those.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// How many exchanges a second are looked at in detail; the others are only counted.
///
/// 500: more than anybody reads, and the most players and downloaders of a small site make; what is kept reaches back
/// eight seconds at least. Looking costs some ten microseconds of a thread that serves, and so below a hundredth of one core.
pub const DETAILS_PER_SECOND: u64 = 500;

/// How many are looked at at once, after rest.
///
/// 1,000: a page of a thousand pictures, or a download's lanes that all begin; no more than two seconds' worth.
const AT_ONCE: u64 = 1_000;

const SECOND: u64 = 1_000_000_000;

/// The nanoseconds in which one place becomes free.
const EACH: u64 = SECOND / DETAILS_PER_SECOND;

/// Numbers exchanges, and lets [`DETAILS_PER_SECOND`] of them through each second.
pub(super) struct Gate {
    started: Instant,
    /// When all places are free again, in nanoseconds.
    free_at: AtomicU64,
    ids: AtomicU64,
}

impl Gate {
    pub(super) fn new() -> Self {
        Self { started: Instant::now(), free_at: AtomicU64::new(0), ids: AtomicU64::new(0) }
    }

    /// Gives the number of an exchange that begins now, if there is room for it.
    pub(super) fn admit(&self, now: Instant) -> Option<u64> {
        // Nanoseconds in 64 bits last for five hundred years.
        let now = now.saturating_duration_since(self.started).as_nanos() as u64;
        let taken = self.free_at.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |free_at| {
            let next = free_at.max(now) + EACH;
            (next <= now + AT_ONCE * EACH).then_some(next)
        });
        taken.ok().map(|_| self.ids.fetch_add(1, Ordering::Relaxed) + 1)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// How many of `count` are let through that come evenly within `time`, `after` the beginning; and how many in its halves.
    fn through(gate: &Gate, after: Duration, time: Duration, count: u32) -> [u64; 2] {
        let mut halves = [0, 0];
        for number in 0..count {
            let now = gate.started + after + time * number / count;
            halves[(number * 2 / count) as usize] += u64::from(gate.admit(now).is_some());
        }
        halves
    }

    #[test]
    fn what_comes_at_once_is_seen_and_numbered() {
        let gate = Gate::new();
        let ids: Vec<u64> = (0..AT_ONCE * 2).filter_map(|_| gate.admit(gate.started)).collect();
        assert_eq!(ids, (1..=AT_ONCE).collect::<Vec<_>>());
        let second = Duration::from_secs(1);
        assert_eq!(gate.admit(gate.started + second), Some(AT_ONCE + 1));
        assert_eq!(through(&gate, second * 9, Duration::ZERO, 9000), [AT_ONCE, 0], "no more after rest");
    }

    #[test]
    fn of_what_never_ends_so_many_are_seen_evenly() {
        let gate = Gate::new();
        let second = Duration::from_secs(1);
        through(&gate, Duration::ZERO, second * 3, 150_000);
        for number in 3..7 {
            let halves = through(&gate, second * number, second, 50_000);
            for half in halves {
                assert!(half.abs_diff(DETAILS_PER_SECOND / 2) <= 1, "{halves:?}");
            }
        }
    }

    #[test]
    fn what_is_less_is_seen_whole() {
        let gate = Gate::new();
        let count = 10 * (DETAILS_PER_SECOND as u32 - 1);
        let halves = through(&gate, Duration::ZERO, Duration::from_secs(10), count);
        assert_eq!(halves.iter().sum::<u64>(), u64::from(count));
    }
}
