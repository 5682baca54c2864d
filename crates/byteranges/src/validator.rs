//! How old a change has to be before its validators count as strong (§8.8.1, §8.8.2.2).
//!
//! In: the time of the last change and the clock. Out: yes or no. A change that is too recent might be followed by
//! another one that leaves the same time stamp behind.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How long a change time with fine digits has to rest: several ticks of the kernel's coarse clock.
pub const SETTLE_FINE: Duration = Duration::from_millis(20);

/// How long a change time without sub-millisecond digits has to rest: the two seconds of the coarsest file systems, and a margin.
pub const SETTLE_COARSE: Duration = Duration::from_millis(2500);

/// How long after `changed` a validator made from it may be called strong.
///
/// Change times with digits below the millisecond come from a file system that keeps them; others may be cut to a second or two.
pub fn settle_time(changed: SystemTime) -> Duration {
    let nanos = changed.duration_since(UNIX_EPOCH).map_or(0, |since| since.subsec_nanos());
    if nanos.checked_rem(1_000_000) == Some(0) { SETTLE_COARSE } else { SETTLE_FINE }
}

/// Whether `changed` lies at least `settle` before `now`; a change time in the future never does.
pub fn is_settled(changed: SystemTime, now: SystemTime, settle: Duration) -> bool {
    now.duration_since(changed).is_ok_and(|age| age >= settle)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coarse_clocks_rest_longer() {
        let fine = UNIX_EPOCH + Duration::new(5, 123_456_789);
        let coarse = UNIX_EPOCH + Duration::new(5, 123_000_000);
        assert_eq!(settle_time(fine), SETTLE_FINE);
        assert_eq!(settle_time(coarse), SETTLE_COARSE);
    }

    #[test]
    fn a_change_in_the_future_is_never_settled() {
        let changed = UNIX_EPOCH + Duration::from_secs(10);
        assert!(!is_settled(changed, UNIX_EPOCH + Duration::from_secs(9), Duration::ZERO));
        assert!(is_settled(changed, changed, Duration::ZERO));
        assert!(!is_settled(changed, changed + Duration::from_millis(19), SETTLE_FINE));
        assert!(is_settled(changed, changed + Duration::from_millis(20), SETTLE_FINE));
    }
}
