//! Work for an output that has to be in order: pieces within a window, each given to whoever completes it in time.
//!
//! In: the lanes, what is taken, the window. Out: one piece, or none for a path that would only be waited for.

use std::time::Duration;

use super::super::Settings;
use super::super::rate::{scale, time_for};
use super::Plan;
use crate::{ByteRange, ByteSet};

/// Pieces that are looked at for one lane.
const PIECES_MAX: usize = 64;

/// The most that a request asks for within a window: all lanes together take half of it, so that nobody waits for the
/// slowest of a round; but no less than is worth a request, while four fit.
pub(in super::super) fn piece(settings: &Settings) -> Option<u64> {
    let window = settings.window?.get();
    let lanes = settings.lanes.most().saturating_mul(settings.paths.len());
    let share =
        window.checked_div(u64::try_from(lanes).unwrap_or(u64::MAX).saturating_mul(2)).unwrap_or(window);
    Some(share.max(settings.min_segment.min(window >> 2)).max(1))
}

impl Plan<'_> {
    /// The first piece that a lane here completes before all that comes before it is there. What is first of all goes to
    /// anybody who is not much slower than the others.
    pub(super) fn ordered(&self, taken: &ByteSet, size: u64) -> Option<ByteRange> {
        let window = ByteRange::whole(self.window_end())?;
        let end = window.half_open().end;
        // A piece that the window cuts short is left until there is room for all of it: crumbs cost a request each.
        let is_whole = |piece: &ByteRange| {
            piece.length() >= size || piece.half_open().end < end || end == self.complete_length
        };
        let pieces = || taken.gaps(window).flat_map(|gap| cut(gap, size)).filter(is_whole).take(PIECES_MAX);
        let rates: Vec<_> = self.lanes.iter().filter_map(|lane| lane.rate(self.now)).collect();
        let fastest = rates.iter().max().copied().unwrap_or(0);
        let Some(own) = self.rate.filter(|own| *own < fastest >> 1) else { return pieces().next() };
        let together = rates.iter().fold(0, |sum: u64, rate| sum.saturating_add(*rate));
        let mut last = None;
        for piece in pieces() {
            if self.takes(piece.length(), own) <= self.head_reaches(piece.first(), together) {
                return Some(piece);
            }
            last = Some(piece);
        }
        // The furthest, as much of its end as comes in time.
        let last = last?;
        let time = self.head_reaches(last.first(), together).saturating_sub(self.setup);
        let length = scale(own, u64::try_from(time.as_millis()).unwrap_or(u64::MAX), 1000).min(last.length());
        let worth = length >= self.settings.min_segment.min(size >> 2).max(1);
        let from = last.half_open().end.saturating_sub(length);
        worth.then(|| ByteRange::with_length(from, length)).flatten()
    }

    fn takes(&self, octets: u64, rate: u64) -> Duration {
        self.setup.saturating_add(time_for(octets, rate))
    }

    /// When all before this position will be there, at present rates.
    fn head_reaches(&self, position: u64, together: u64) -> Duration {
        let missing = ByteRange::whole(position).map_or(0, |before| {
            self.arrived.gaps(before).fold(0, |sum: u64, gap| sum.saturating_add(gap.length()))
        });
        time_for(missing, together)
    }
}

/// Cuts a gap into pieces of this size.
fn cut(gap: ByteRange, size: u64) -> impl Iterator<Item = ByteRange> {
    let mut rest = Some(gap);
    std::iter::from_fn(move || {
        let piece = rest?.truncated(size)?;
        rest = ByteRange::new(piece.half_open().end, gap.last());
        Some(piece)
    })
}
