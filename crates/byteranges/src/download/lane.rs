//! One request under way: what it asked for, what it may write, how far it is.
//!
//! In: the request, its answer, counts. Out: what remains, and how long that will take.

use std::time::Duration;

use super::rate::{Rate, time_for};
use super::{AskId, Asked, Precondition, Proof};
use crate::{ByteRange, ByteSet};

/// What a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// To fetch octets that nobody else fetches.
    Fetch,
    /// To fetch octets that a slow lane is fetching too.
    Hedge,
    /// To compare octets on both sides of a seam, at this position.
    Check(u64),
}

/// Holds one request under way.
#[derive(Clone, Debug)]
pub(super) struct Lane {
    pub(super) ask: AskId,
    pub(super) path: usize,
    pub(super) purpose: Purpose,
    pub(super) range: Asked,
    pub(super) precondition: Precondition,
    /// Whether it began at the URL that the user named, after another had expired.
    pub(super) resolved_again: bool,
    pub(super) since: Duration,
    /// The first octet that it is to give.
    pub(super) start: u64,
    /// The position after the last; `None` for the end of the representation.
    pub(super) end: Option<u64>,
    pub(super) answer: Option<Answer>,
}

/// Holds the state of an answer that is being received.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    /// Where its content begins.
    pub(super) first: u64,
    /// Where the next octet that comes belongs.
    pub(super) position: u64,
    /// The position after the last, where the head said so.
    pub(super) granted_end: Option<u64>,
    /// Octets to compare before any is used.
    pub(super) lead: Option<ByteRange>,
    /// Octets received that no action has placed yet.
    pub(super) pending: u64,
    /// Whether its lead was compared, and was equal.
    pub(super) led: bool,
    /// Comparisons under way.
    pub(super) comparing: u32,
    /// Octets given to the disk and not reported as written.
    pub(super) writing: u64,
    pub(super) proof: Proof,
    /// Whether its content is read to the end, since a digest of all of it will be told.
    pub(super) digested: bool,
    /// Whether any octet of it was written.
    pub(super) gave: bool,
    pub(super) rate: Rate,
    /// How it ended, once it did.
    pub(super) finish: Option<Finish>,
}

/// How an answer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Finish {
    /// As its framing says.
    Ended,
    /// Before that.
    Broken,
}

impl Lane {
    /// The first octet that is still to come and to be kept.
    pub(super) fn next(&self) -> u64 {
        self.answer.as_ref().map_or(self.start, |answer| answer.position.max(self.start))
    }

    /// What it is still to give, up to `whole_end`; `None` when that is nothing.
    pub(super) fn remaining(&self, whole_end: u64) -> Option<ByteRange> {
        let end = self.end.unwrap_or(whole_end).min(whole_end);
        ByteRange::with_length(self.next(), end.saturating_sub(self.next()))
    }

    /// Whether all that it was to give has arrived, from here or elsewhere.
    pub(super) fn is_satisfied(&self, arrived: &ByteSet, whole_end: Option<u64>) -> bool {
        let Some(end) = self.end.or(whole_end) else { return false };
        ByteRange::with_length(self.next(), end.saturating_sub(self.next()))
            .is_none_or(|rest| arrived.covers(rest))
    }

    /// Whether anything came that is not placed, or it has ended, or has given all that it was to give.
    pub(super) fn has_news(&self) -> bool {
        self.answer.as_ref().is_some_and(|answer| {
            answer.pending > 0 || answer.finish.is_some() || self.end.is_none_or(|end| answer.position >= end)
        })
    }

    /// Whether octets are to be written from it.
    pub(super) fn writes(&self) -> bool {
        !matches!(self.purpose, Purpose::Check(_))
    }

    /// Octets per second, if there is anything to measure.
    pub(super) fn rate(&self, now: Duration) -> Option<u64> {
        self.answer.as_ref().and_then(|answer| answer.rate.per_second(now))
    }

    /// Whether it is the disk that is waited for: a driver does not read on while too much is to be written.
    pub(super) fn waits_for_disk(&self) -> bool {
        self.answer
            .as_ref()
            .is_some_and(|answer| answer.pending > 0 || answer.comparing > 0 || answer.writing > 0)
    }

    /// Takes in what the disk did; silence counts from then on.
    pub(super) fn written(&mut self, count: u64, now: Duration) {
        if let Some(answer) = &mut self.answer {
            answer.writing = answer.writing.saturating_sub(count);
            answer.rate.last = now;
        }
    }

    /// How long nothing has come.
    pub(super) fn silence(&self, now: Duration) -> Duration {
        now.saturating_sub(self.answer.as_ref().map_or(self.since, |answer| answer.rate.last))
    }

    /// How long the rest will take, by its own rate or the one given.
    pub(super) fn time_left(&self, rest: u64, otherwise: Option<u64>, now: Duration) -> Option<Duration> {
        self.rate(now).or(otherwise).map(|rate| time_for(rest, rate))
    }
}
