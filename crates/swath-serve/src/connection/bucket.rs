//! A token bucket: how many octets a paced connection may be sent now.
//!
//! Comes in: a rate and the time. Goes out: an allowance, or a time to wait for one.

use std::future::Future;
use std::num::NonZeroU64;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep_until};

/// The most octets a bucket holds: what may leave at once after a pause.
const BURST_MAX: u64 = 256 * 1024;

/// The share of a second that a full bucket lasts: pacing finer than this costs wake-ups and shows nowhere.
const BURSTS_PER_SECOND: u64 = 4;

/// Paces writes to a rate.
pub(super) struct Bucket {
    rate: u64,
    capacity: u64,
    octets: u64,
    filled: Instant,
    waiting: Option<Pin<Box<Sleep>>>,
}

impl Bucket {
    /// Starts with a full bucket, so that a short answer does not wait.
    pub(super) fn new(rate: NonZeroU64, now: Instant) -> Bucket {
        let rate = rate.get();
        let capacity = (rate / BURSTS_PER_SECOND).clamp(1, BURST_MAX);
        Bucket { rate, capacity, octets: capacity, filled: now, waiting: None }
    }

    /// Returns how many octets may be written now; waits until half the bucket is full when there are few.
    pub(super) fn poll_allowance(&mut self, cx: &mut Context<'_>) -> Poll<usize> {
        loop {
            self.fill(Instant::now());
            let enough = (self.capacity / 2).max(1);
            if self.octets >= enough {
                self.waiting = None;
                return Poll::Ready(usize::try_from(self.octets).unwrap_or(usize::MAX));
            }
            let ready_at = self.filled + duration_of(enough - self.octets, self.rate);
            let waiting = self.waiting.get_or_insert_with(|| Box::pin(sleep_until(ready_at)));
            waiting.as_mut().reset(ready_at);
            if waiting.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
        }
    }

    /// Takes out what was written.
    pub(super) fn take(&mut self, octets: usize) {
        self.octets = self.octets.saturating_sub(octets.try_into().unwrap_or(u64::MAX));
    }

    fn fill(&mut self, now: Instant) {
        let elapsed = now.saturating_duration_since(self.filled);
        let earned = octets_in(elapsed, self.rate);
        if self.octets.saturating_add(earned) >= self.capacity {
            self.octets = self.capacity;
            self.filled = now;
        } else if earned > 0 {
            self.octets += earned;
            // Moves on by the time of whole octets, so that fractions are not lost.
            self.filled += duration_of(earned, self.rate).min(elapsed);
        }
    }
}

/// Returns the whole octets that `rate` gives in `time`.
fn octets_in(time: Duration, rate: u64) -> u64 {
    let octets = time.as_nanos().saturating_mul(u128::from(rate)) / 1_000_000_000;
    u64::try_from(octets).unwrap_or(u64::MAX)
}

/// Returns the time that `octets` take at `rate`, rounded up.
fn duration_of(octets: u64, rate: u64) -> Duration {
    let nanos = (u128::from(octets) * 1_000_000_000).div_ceil(u128::from(rate));
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::poll_fn;

    async fn send(rate: u64, total: usize) -> Duration {
        let start = Instant::now();
        let mut bucket = Bucket::new(NonZeroU64::new(rate).unwrap(), start);
        let mut left = total;
        while left > 0 {
            let allowed = poll_fn(|cx| bucket.poll_allowance(cx)).await.min(left);
            bucket.take(allowed);
            left -= allowed;
        }
        start.elapsed()
    }

    #[tokio::test(start_paused = true)]
    async fn the_rate_is_kept_after_the_first_burst() {
        for rate in [3, 1_000, 100_000, 7_777_777] {
            let total = usize::try_from(rate * 10).unwrap();
            let took = send(rate, total).await;
            assert!(took <= Duration::from_millis(10_010), "{rate}: {took:?}");
            // A quarter of a second's worth is in the bucket at first.
            assert!(took >= Duration::from_millis(9_300), "{rate}: {took:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_rate_beyond_the_largest_burst_is_still_reached() {
        let took = send(100_000_000, 1_000_000_000).await;
        assert!(took <= Duration::from_millis(11_000), "{took:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_earns_no_more_than_a_bucketful() {
        let mut bucket = Bucket::new(NonZeroU64::new(1_000).unwrap(), Instant::now());
        tokio::time::sleep(Duration::from_secs(3600)).await;
        assert_eq!(poll_fn(|cx| bucket.poll_allowance(cx)).await, 250);
    }
}
