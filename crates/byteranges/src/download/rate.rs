//! How fast a lane is, in octets per second, forgetting quickly.
//!
//! In: counts and times. Out: a rate that falls while nothing comes.

use std::time::Duration;

/// How long one of the two windows lasts.
const WINDOW: Duration = Duration::from_millis(500);
/// Below this there is nothing to divide by.
const SHORTEST: Duration = Duration::from_millis(50);
/// Nor is there below this, where so much has come already that few bursts do not matter.
const SHORTEST_OF_MUCH: Duration = Duration::from_millis(10);
const MUCH: u64 = 64 * 1024;

/// Measures the rate of one lane over its last second or so.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rate {
    /// When the window before began.
    before: Duration,
    before_count: u64,
    current: Duration,
    count: u64,
    /// When the last octets came.
    pub(super) last: Duration,
}

impl Rate {
    pub(super) const fn new(now: Duration) -> Self {
        Self { before: now, before_count: 0, current: now, count: 0, last: now }
    }

    pub(super) fn add(&mut self, count: u64, now: Duration) {
        if now.saturating_sub(self.current) >= WINDOW {
            (self.before, self.before_count) = (self.current, self.count);
            (self.current, self.count) = (now, 0);
        }
        self.count = self.count.saturating_add(count);
        self.last = now;
    }

    /// Octets per second; `None` while it is too early to tell.
    pub(super) fn per_second(&self, now: Duration) -> Option<u64> {
        let elapsed = now.saturating_sub(self.before);
        let count = self.before_count.saturating_add(self.count);
        let shortest = if count >= MUCH { SHORTEST_OF_MUCH } else { SHORTEST };
        (elapsed >= shortest).then(|| per_second(count, elapsed))
    }
}

/// Octets per second from a count and the time it took, at least one.
pub(super) fn per_second(count: u64, elapsed: Duration) -> u64 {
    scale(count, 1_000_000, u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX)).max(1)
}

/// How long so many octets take.
pub(super) fn time_for(octets: u64, rate: u64) -> Duration {
    Duration::from_micros(scale(octets, 1_000_000, rate))
}

/// `value * up / down`, saturating, with `down` taken as at least one.
pub(super) fn scale(value: u64, up: u64, down: u64) -> u64 {
    let wide = u128::from(value).saturating_mul(u128::from(up));
    u64::try_from(wide.checked_div(u128::from(down.max(1))).unwrap_or(0)).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_falls_in_silence() {
        let at = Duration::from_millis;
        let mut rate = Rate::new(at(0));
        assert_eq!(rate.per_second(at(10)), None);
        (1..=20).for_each(|tick| rate.add(100, at(tick * 100)));
        let busy = rate.per_second(at(2000)).unwrap();
        assert!((900..=1300).contains(&busy), "{busy}");
        assert!(rate.per_second(at(6000)).unwrap() < 250);
    }

    #[test]
    fn nothing_overflows() {
        assert_eq!(scale(u64::MAX, u64::MAX, 1), u64::MAX);
        assert_eq!(scale(10, 3, 0), 30);
        assert_eq!(per_second(0, Duration::ZERO), 1);
        assert!(time_for(u64::MAX, 1) > Duration::from_secs(1));
    }
}
