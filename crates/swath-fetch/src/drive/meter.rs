//! The rate that is shown: counts in, octets per second over the last seconds out.

use std::collections::VecDeque;
use std::time::Duration;

/// How far back it looks: shorter jumps about, longer lags behind.
const SPAN: Duration = Duration::from_secs(3);

/// Remembers counts of the last seconds.
#[derive(Debug, Default)]
pub(crate) struct Meter(VecDeque<(Duration, u64)>);

impl Meter {
    /// Takes in how much has come until now; returns octets per second.
    pub(crate) fn rate(&mut self, now: Duration, received: u64) -> u64 {
        self.0.push_back((now, received));
        while self.0.len() > 2 && self.0.front().is_some_and(|(at, _)| now.saturating_sub(*at) > SPAN) {
            self.0.pop_front();
        }
        let Some((at, before)) = self.0.front() else { return 0 };
        let span = u64::try_from(now.saturating_sub(*at).as_millis()).unwrap_or(u64::MAX);
        received.saturating_sub(*before).saturating_mul(1000).checked_div(span).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_forgets_what_is_long_ago() {
        let mut meter = Meter::default();
        let at = |tenth: u64| Duration::from_millis(tenth * 100);
        assert_eq!(meter.rate(at(0), 0), 0);
        for tenth in 1..=50 {
            assert_eq!(meter.rate(at(tenth), tenth * 100), 1000);
        }
        let rate = (51..=100).map(|tenth| meter.rate(at(tenth), 5000)).last();
        assert_eq!(rate, Some(0));
    }
}
