//! Which octets a free lane fetches: a gap, a share of the slowest lane's rest, or near the end the same again.
//!
//! In: the lanes and what has arrived. Out: one piece of work, or none. Nothing is changed here.

mod ordered;

use std::time::Duration;

pub(super) use ordered::piece;

use super::lane::{Lane, Purpose};
use super::rate::{per_second, scale, time_for};
use super::{AskId, Settings};
use crate::{ByteRange, ByteSet};

/// What a free lane is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Work {
    /// Octets that nobody fetches.
    Gap(ByteRange),
    /// Octets taken over from a lane, which keeps what comes before them.
    Steal { victim: AskId, range: ByteRange },
    /// All that a silent lane still had; it is to be stopped.
    Replace { victim: AskId, range: ByteRange },
    /// The same octets as another lane.
    Hedge(ByteRange),
}

/// What is known when work is given.
pub(super) struct Plan<'a> {
    pub(super) lanes: &'a [Lane],
    pub(super) arrived: &'a ByteSet,
    pub(super) complete_length: u64,
    pub(super) settings: &'a Settings,
    /// What a new lane on this path would do per second, if it was ever measured.
    pub(super) rate: Option<u64>,
    /// What a new request on this path costs before its first octet.
    pub(super) setup: Duration,
    /// Octets that may still be asked for twice.
    pub(super) hedge_left: u64,
    pub(super) now: Duration,
}

impl Plan<'_> {
    /// Finds work for one free lane.
    pub(super) fn work(&self) -> Option<Work> {
        if let Some(gap) = self.gap() {
            return Some(Work::Gap(gap));
        }
        self.steal().or_else(|| self.hedge())
    }

    /// The first gap that nobody fetches, within the window and the largest segment.
    fn gap(&self) -> Option<ByteRange> {
        let whole = ByteRange::whole(self.window_end())?;
        let mut taken = self.arrived.clone();
        taken.extend(
            self.lanes
                .iter()
                .filter(|lane| lane.writes())
                .filter_map(|lane| lane.remaining(self.complete_length)),
        );
        if let Some(size) = piece(self.settings) {
            let most = self.settings.max_segment.map_or(size, |most| most.get().min(size));
            return self.ordered(&taken, most);
        }
        let gap = taken.gaps(whole).next()?;
        gap.truncated(self.settings.max_segment.map_or(u64::MAX, std::num::NonZeroU64::get))
    }

    /// The position after the last that may be fetched now.
    fn window_end(&self) -> u64 {
        window_end(self.settings, self.arrived).min(self.complete_length)
    }

    /// The lane whose rest will take longest, with that rest and time. A lane that nothing is known of counts as
    /// endless, once it was silent for too long while others were not.
    fn slowest(&self, least: u64) -> Option<(&Lane, ByteRange, Duration)> {
        self.lanes
            .iter()
            .filter(|lane| lane.purpose == Purpose::Fetch)
            // What a digest covers is worth nothing when it is cut.
            .filter(|lane| lane.answer.as_ref().is_none_or(|answer| !answer.digested) || self.is_stuck(lane))
            .filter_map(|lane| {
                let rest = lane.remaining(self.window_end())?;
                let left = lane.time_left(rest.length(), self.rate, self.now);
                let left = if self.is_stuck(lane) { Some(Duration::MAX) } else { left };
                // A small rest is of interest where it is known to take long.
                let matters =
                    rest.length() >= least || left.is_some_and(|left| left >= self.settings.patience);
                // Nothing was ever measured: the longest rest is the best guess.
                let left = left.unwrap_or_else(|| time_for(rest.length(), 1));
                matters.then_some((lane, rest, left))
            })
            .max_by_key(|(lane, rest, left)| (*left, rest.length(), lane.ask))
    }

    /// Whether a lane is silent though others are not. One that is alone has to be silent for longer than answers here
    /// ever took: a server that is slow for all is not helped by asking again.
    fn is_stuck(&self, lane: &Lane) -> bool {
        let patience = self.settings.patience;
        let others_move = self.lanes.iter().any(|other| {
            other.ask != lane.ask && other.answer.is_some() && other.silence(self.now) < patience
        });
        // A head that comes late is no news where all of them do.
        let patience =
            if lane.answer.is_none() { patience.max(self.setup.saturating_mul(2)) } else { patience };
        let alone = patience.saturating_add(self.setup.saturating_mul(4));
        !lane.waits_for_disk() && lane.silence(self.now) >= if others_move { patience } else { alone }
    }

    /// Takes over a part of the slowest lane's rest, in proportion to the two rates.
    fn steal(&self) -> Option<Work> {
        let (victim, rest, left) = self.slowest(self.settings.min_segment.saturating_mul(2))?;
        let ask = victim.ask;
        let range = self.clip(rest)?;
        if left == Duration::MAX {
            return Some(Work::Replace { victim: ask, range });
        }
        let own = victim.rate(self.now).or(self.rate).unwrap_or(1);
        let thief = self.rate.unwrap_or(own);
        let keep = share(rest.length(), own, thief, self.setup);
        let cut = rest.first().saturating_add(keep);
        let stolen = ByteRange::with_length(cut, rest.half_open().end.saturating_sub(cut))?;
        let saved = left.saturating_sub(time_for(keep, own));
        // A small piece is worth a request only where it saves time that somebody would notice.
        let large = stolen.length() >= self.settings.min_segment && keep >= self.settings.min_segment;
        let known = self.rate.is_some() && victim.rate(self.now).is_some();
        let worth =
            saved > self.setup.saturating_mul(2) && (large || known && saved >= self.settings.patience);
        let range = self.clip(stolen)?;
        worth.then_some(Work::Steal { victim: ask, range })
    }

    fn clip(&self, range: ByteRange) -> Option<ByteRange> {
        let end = self.window_end().min(range.half_open().end);
        let range = ByteRange::with_length(range.first(), end.saturating_sub(range.first()))?;
        range.truncated(self.settings.max_segment.map_or(u64::MAX, std::num::NonZeroU64::get))
    }

    /// Asks once more for the rest of the slowest lane, where that pays and the budget allows it.
    fn hedge(&self) -> Option<Work> {
        let hedged: Vec<_> =
            self.lanes.iter().filter(|lane| lane.purpose == Purpose::Hedge).map(Lane::next).collect();
        let (_, rest, left) = self.slowest(1)?;
        let is_hedged = hedged.iter().any(|next| (rest.first()..=rest.last()).contains(next));
        let range = self.clip(rest)?;
        let again = self.rate.map(|rate| time_for(range.length(), rate).saturating_add(self.setup))?;
        let pays = left > again.saturating_mul(2);
        (!is_hedged && pays && range.length() <= self.hedge_left).then_some(Work::Hedge(range))
    }
}

/// The position after the last octet that the window lets arrive now.
pub(super) fn window_end(settings: &Settings, arrived: &ByteSet) -> u64 {
    let window = settings.window.map_or(u64::MAX, std::num::NonZeroU64::get);
    arrived.first_missing(0).saturating_add(window)
}

/// How many of `rest` octets a lane keeps, so that it and the thief, who starts after `setup`, end together.
fn share(rest: u64, own: u64, thief: u64, setup: Duration) -> u64 {
    let head_start = scale(thief, u64::try_from(setup.as_millis()).unwrap_or(u64::MAX), 1000);
    scale(rest.saturating_add(head_start), own, own.saturating_add(thief)).min(rest)
}

/// The rate of lanes on one path, measured now, or `None` when none was long enough under way.
pub(super) fn mean_rate<'a>(lanes: impl Iterator<Item = &'a Lane>, now: Duration) -> Option<u64> {
    let (sum, count) = lanes
        .filter_map(|lane| lane.rate(now))
        .fold((0_u64, 0_u64), |(sum, count), rate| (sum.saturating_add(rate), count.saturating_add(1)));
    (count > 0).then(|| per_second(sum, Duration::from_secs(count)))
}

#[cfg(test)]
mod tests;
