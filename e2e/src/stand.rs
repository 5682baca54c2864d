//! Whether a video stands still though nothing keeps it from playing on: then the engine is stuck, whatever its server does.
//!
//! In: what the element says of itself, look by look. Out: for how long it has stood like that.

use std::time::{Duration, Instant};

use crate::video::State;

/// How long a position may stay the same before the engine counts as stuck: a slow machine shows a picture in that time, be it one.
pub const STUCK: Duration = Duration::from_secs(15);

/// How much more than the place it stands at an element must hold, in seconds: several times what anybody here waits for.
const AHEAD: f64 = 5.0;

/// How much may be missing of what is held to the end: durations and the last frame's end are rounded, each in its way.
const ROUNDED: f64 = 0.1;

impl State {
    /// Says whether nothing keeps the picture from moving: it is to play, has not failed or ended, and what comes next is there.
    ///
    /// While it seeks, its position is the place that it is to reach. An element that lacks what it needs may wait for its server, and is
    /// never free to move.
    fn is_free_to_move(&self) -> bool {
        let asked_to = !self.paused && !self.ended && self.error.is_none() && self.refused.is_none();
        asked_to && self.holds_what_comes()
    }

    /// Says whether it holds its place, and [`AHEAD`] after it or all up to the end, without a gap.
    fn holds_what_comes(&self) -> bool {
        let far = self.current_time + AHEAD;
        let needed = self.duration.map_or(far, |duration| far.min(duration - ROUNDED));
        self.buffered.iter().any(|&(start, end)| start <= self.current_time && needed <= end)
    }
}

/// A place that a video stands at, and since when it has been free to leave it.
#[derive(Debug, Default)]
pub struct Stand {
    since: Option<(Instant, f64, bool)>,
}

impl Stand {
    /// Takes what the element says `now`; gives how long it has said nothing else while it was free to move.
    pub fn look(&mut self, state: &State, now: Instant) -> Duration {
        self.since = match self.since {
            _ if !state.is_free_to_move() => None,
            // The same number, not one near it: whatever moves gives another.
            Some(since @ (_, place, seeking))
                if place.total_cmp(&state.current_time).is_eq() && seeking == state.seeking =>
            {
                Some(since)
            }
            _ => Some((now, state.current_time, state.seeking)),
        };
        self.since.map_or(Duration::ZERO, |(since, ..)| now.duration_since(since))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As WebKitGTK once said it on a busy machine, for 45 seconds.
    fn stuck() -> State {
        State {
            current_time: 216.075,
            duration: Some(240.0),
            paused: false,
            seeking: false,
            ended: false,
            ready_state: 3,
            error: None,
            refused: None,
            buffered: vec![(0.0, 240.0)],
        }
    }

    /// How long it stands after looks a second apart.
    fn stands(states: impl IntoIterator<Item = State>) -> u64 {
        let (start, mut stand, mut stood) = (Instant::now(), Stand::default(), Duration::ZERO);
        for (second, state) in (0..).zip(states) {
            stood = stand.look(&state, start + Duration::from_secs(second));
        }
        stood.as_secs()
    }

    #[test]
    fn stands_only_where_nothing_is_missing() {
        let held = |spans: &[(f64, f64)]| State { buffered: spans.to_vec(), ..stuck() };
        let at = |current_time| State { current_time, ..held(&[(0.0, 221.0)]) };
        let rows: [(&str, State, bool); 17] = [
            ("holds all", stuck(), true),
            ("seeks to a place that it holds", State { seeking: true, ready_state: 1, ..stuck() }, true),
            ("holds up to the end, rounded", held(&[(200.0, 239.95)]), true),
            ("holds enough ahead", at(215.9), true),
            ("holds enough ahead of a length unknown", State { duration: None, ..at(215.9) }, true),
            ("holds the place in the second span", held(&[(0.0, 30.0), (216.0, 240.0)]), true),
            ("holds too little ahead", at(216.1), false),
            ("holds too little ahead of a length unknown", State { duration: None, ..at(216.1) }, false),
            ("holds nothing", held(&[]), false),
            ("holds what came before", held(&[(0.0, 216.0)]), false),
            ("holds what comes after", held(&[(216.1, 240.0)]), false),
            ("holds both sides of a gap", held(&[(0.0, 217.0), (217.5, 240.0)]), false),
            ("seeks to a place that it lacks", State { seeking: true, ..held(&[(0.0, 30.0)]) }, false),
            ("is paused", State { paused: true, ..stuck() }, false),
            ("has ended", State { ended: true, ..stuck() }, false),
            ("has failed", State { error: Some("3 decode".to_owned()), ..stuck() }, false),
            ("was refused", State { refused: Some("NotAllowedError".to_owned()), ..stuck() }, false),
        ];
        for (what, state, is_stuck) in rows {
            let stood = stands(vec![state; 21]);
            assert_eq!(stood, if is_stuck { 20 } else { 0 }, "{what}");
        }
    }

    #[test]
    fn begins_anew_with_every_move() {
        let moved = State { current_time: 216.076, ..stuck() };
        let short = State { buffered: vec![(0.0, 217.0)], ..stuck() };
        let sought = State { seeking: true, ..stuck() };
        for other in [moved, short, sought] {
            let mut states = vec![stuck(); 21];
            states[9] = other.clone();
            assert_eq!(stands(states), 10, "{other:?}");
        }
        let slow = (0..60).map(|look| State { current_time: 200.0 + f64::from(look / 10), ..stuck() });
        assert_eq!(stands(slow), 9, "a picture every ten seconds");
    }
}
