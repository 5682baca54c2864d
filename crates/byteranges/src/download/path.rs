//! One way to the representation: how many lanes it bears, when it may be used, what its server dislikes.
//!
//! In: successes, failures, counts. Out: whether a request may go out now.

use std::time::Duration;

use super::rate::{per_second, scale};
use super::settings::Lanes;
use super::{Fault, PathSettings, Settings};

/// How strong a precondition the server of a path puts up with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Bearing {
    /// If-Match, answered by 412 or 206.
    Match,
    /// If-Range only: it answered 412 to a tag that did not change.
    Range,
    /// None: it answers 200 to If-Range though nothing changed.
    Nothing,
}

/// Keeps the state of one path.
#[derive(Clone, Debug)]
pub(super) struct Path {
    pub(super) source: u16,
    /// Whether its source is asked for one thing at a time.
    pub(super) one_at_a_time: bool,
    pub(super) up: bool,
    /// Why it is given up.
    pub(super) dead: Option<Fault>,
    /// When the server may be asked again.
    pub(super) until: Duration,
    pub(super) failures: u32,
    /// Answers to a Range in a row that made no sense.
    pub(super) nonsense: usize,
    /// What went wrong last.
    pub(super) last_fault: Fault,
    pub(super) bearing: Bearing,
    /// Whether Range is left out, since answers with it made no sense.
    pub(super) plain: bool,
    /// Whether parts can be asked for: the last answer to a Range was not the whole.
    pub(super) ranges: bool,
    /// Whether the next request begins at the URL that the user named.
    pub(super) resolve_again: bool,
    /// Octets that may still be carried.
    pub(super) budget: Option<u64>,
    /// Lanes to use now, and never to exceed again.
    pub(super) target: usize,
    pub(super) ceiling: usize,
    /// Octets per second of one lane here, and when that was measured.
    rate: Option<u64>,
    rate_at: Duration,
    /// How long an answer took to begin, the last one measured.
    pub(super) setup: Option<Duration>,
    window_start: Duration,
    window_count: u64,
    /// The best goodput so far, and how many lanes brought it.
    best: (u64, usize),
    growing: bool,
}

impl Path {
    pub(super) fn new(path: PathSettings, lanes: Lanes) -> Self {
        Self {
            source: path.source,
            one_at_a_time: path.one_at_a_time,
            up: true,
            dead: None,
            until: Duration::ZERO,
            failures: 0,
            nonsense: 0,
            last_fault: Fault::Unreachable,
            bearing: Bearing::Match,
            plain: false,
            ranges: true,
            resolve_again: false,
            budget: path.budget,
            target: lanes.first().max(1),
            ceiling: lanes.most().max(1),
            rate: None,
            rate_at: Duration::ZERO,
            setup: None,
            window_start: Duration::ZERO,
            window_count: 0,
            best: (0, 0),
            growing: matches!(lanes, Lanes::Auto(_)),
        }
    }

    pub(super) fn is_usable(&self) -> bool {
        self.up && self.dead.is_none()
    }

    pub(super) fn is_ready(&self, now: Duration) -> bool {
        self.is_usable() && self.until <= now
    }

    /// Counts content octets; a budget that is spent ends the path.
    pub(super) fn receive(&mut self, count: u64) {
        self.window_count = self.window_count.saturating_add(count);
        if let Some(left) = &mut self.budget {
            *left = left.saturating_sub(count);
            if *left == 0 {
                self.dead = Some(Fault::BudgetSpent);
            }
        }
    }

    /// Takes in the rate of the lanes under way. A better one of before is forgotten slowly: near the end only the slowest
    /// lanes are left, and they say nothing of what a new one would do.
    pub(super) fn measure(&mut self, rate: u64, now: Duration) {
        if self.rate(now).is_none_or(|before| rate >= before) {
            (self.rate, self.rate_at) = (Some(rate), now);
        }
    }

    /// What a new lane would do, in octets per second, as far as is known.
    pub(super) fn rate(&self, now: Duration) -> Option<u64> {
        let age = u64::try_from(now.saturating_sub(self.rate_at).as_millis()).unwrap_or(u64::MAX);
        self.rate.map(|rate| scale(rate, 2000, age.saturating_add(2000)))
    }

    /// Notes that something of use came.
    pub(super) fn succeed(&mut self) {
        self.failures = 0;
    }

    /// Notes a failure: a pause that doubles, or the end of the path.
    pub(super) fn fail(&mut self, fault: Fault, seed: u64, settings: &Settings, now: Duration) {
        self.count_failure(fault, settings);
        let doubled =
            settings.backoff.saturating_mul(2_u32.saturating_pow(self.failures.saturating_sub(1).min(20)));
        self.pause(jitter(doubled.min(settings.backoff_max), seed), now);
    }

    /// Counts a failure; too many in a row end the path.
    pub(super) fn count_failure(&mut self, fault: Fault, settings: &Settings) {
        self.failures = self.failures.saturating_add(1);
        self.last_fault = fault;
        if self.failures > settings.retries {
            self.dead.get_or_insert(fault);
        }
    }

    /// Obeys a server that is busy: half the lanes from now on, and the pause that it asks for.
    // R-10.2.3-1
    pub(super) fn busy(
        &mut self,
        status: u16,
        after: Option<Duration>,
        seed: u64,
        settings: &Settings,
        now: Duration,
    ) {
        self.fail(Fault::Refused(status), seed, settings, now);
        self.shrink();
        if let Some(after) = after {
            if after > settings.retry_after_max {
                self.dead.get_or_insert(Fault::Refused(status));
            }
            self.pause(after, now);
        }
    }

    /// Halves the lanes and never goes above that again.
    pub(super) fn shrink(&mut self) {
        self.target = self.target.checked_div(2).unwrap_or(1).max(1);
        self.ceiling = self.target;
        self.growing = false;
    }

    /// Uses no more than this many lanes ever again.
    pub(super) fn limit(&mut self, lanes: usize) {
        self.target = self.target.min(lanes.max(1));
        self.ceiling = self.target;
        self.growing = false;
    }

    fn pause(&mut self, time: Duration, now: Duration) {
        self.until = self.until.max(now.saturating_add(time));
    }

    /// Judges the present count of lanes, when its time is over: twice as many while the new ones bring half of what as many
    /// brought before, one more while they bring anything to speak of (5 %), else never more.
    pub(super) fn adapt(&mut self, busy: usize, settings: &Settings, now: Duration) {
        let elapsed = now.saturating_sub(self.window_start);
        // A lane says nothing while its request is on its way, and little while TCP finds out how fast it may send, which
        // takes a round trip for each doubling: answers take at least two to begin.
        let starting = self.setup.unwrap_or_default().min(settings.adapt_interval).saturating_mul(4);
        if elapsed < settings.adapt_interval.saturating_add(starting) {
            return;
        }
        let goodput = per_second(self.window_count, elapsed);
        if self.growing && busy >= self.target && self.window_count > 0 {
            self.growing = goodput >= scale(self.best.0, 105, 100);
            let (before, lanes) = (count(self.best.1), count(busy));
            let share = scale(self.best.0, lanes.saturating_add(before), before.saturating_mul(2));
            if self.growing {
                let more = if goodput >= share { self.target } else { 1 };
                self.target = self.target.saturating_add(more).min(self.ceiling);
                self.best = (goodput, busy);
            }
        }
        self.window_start = now;
        self.window_count = 0;
    }
}

fn count(lanes: usize) -> u64 {
    u64::try_from(lanes).unwrap_or(u64::MAX)
}

/// Spreads a pause over its last quarter, so that lanes, and clients, do not come back together.
fn jitter(pause: Duration, seed: u64) -> Duration {
    let mixed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let part = (mixed ^ mixed.wrapping_shr(31)) & 0xff;
    let micros = u64::try_from(pause.as_micros()).unwrap_or(u64::MAX);
    Duration::from_micros(micros.saturating_sub(scale(micros, part, 1024)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(lanes: Lanes) -> Path {
        Path::new(PathSettings { budget: Some(1000), ..PathSettings::default() }, lanes)
    }

    #[test]
    fn lanes_grow_while_goodput_does_and_are_halved_when_the_server_is_busy() {
        let settings = Settings::default();
        let mut path = path(Lanes::Auto(6));
        path.budget = None;
        let second = Duration::from_secs(1);
        let rounds = [(1000, 2), (2000, 4), (2900, 5), (3000, 5), (9000, 5)];
        for (number, (count, target)) in (1_u32..).zip(rounds) {
            path.receive(count);
            path.adapt(path.target, &settings, second.saturating_mul(number));
            assert_eq!(path.target, target, "{number}");
        }
        path.busy(503, Some(Duration::from_secs(9)), 1, &settings, Duration::from_secs(6));
        assert_eq!((path.target, path.until), (2, Duration::from_secs(15)));
    }

    #[test]
    fn pauses_double_to_a_limit_and_failures_end_the_path() {
        let settings =
            Settings { retries: 3, backoff_max: Duration::from_millis(500), ..Settings::default() };
        let mut path = path(Lanes::Fixed(2));
        let pauses: Vec<_> = (0..4)
            .map(|seed| {
                let before = path.until;
                path.fail(Fault::Unreachable, seed, &settings, before);
                path.until.saturating_sub(before)
            })
            .collect();
        assert!(
            pauses.windows(2).all(|pair| pair[1] > pair[0] || pair[1] > Duration::from_millis(370)),
            "{pauses:?}"
        );
        assert!(pauses.iter().all(|pause| *pause <= Duration::from_millis(500)));
        assert_eq!(path.dead, Some(Fault::Unreachable));
    }

    #[test]
    fn a_budget_that_is_spent_ends_the_path() {
        let mut path = path(Lanes::Fixed(2));
        path.receive(999);
        assert!(path.is_ready(Duration::ZERO));
        path.receive(1);
        assert!(!path.is_usable());
    }
}
