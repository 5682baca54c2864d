//! What was found last, so that nobody has all exchanges looked through more often than is worth it.
//!
//! In: an inspector, and how pressing the question is. Out: its findings as JSON, with the change of the ring they are of.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::Inspector;

/// How often is looked at most, for all pages that follow together.
const PACE: Duration = Duration::from_secs(1);

/// How much longer than looking took nothing is looked for after that.
///
/// 100: of thousands of exchanges that change all the time looking takes milliseconds, and so a hundredth of one core.
const SHARE: u32 = 100;

/// Findings as they were told last.
#[derive(Default)]
pub(super) struct Found(Mutex<Last>);

struct Last {
    /// The change of the ring they are of.
    changes: u64,
    json: Arc<str>,
    /// How long looking took.
    took: Duration,
    looked: Option<Instant>,
}

impl Default for Last {
    fn default() -> Self {
        Self { changes: 0, json: Arc::from("[]"), took: Duration::ZERO, looked: None }
    }
}

impl Found {
    /// Gives the findings of all that is kept now; looked for once for each change.
    pub(super) fn now(&self, inspector: &Inspector) -> (u64, Arc<str>) {
        self.rested(inspector, |_| Duration::ZERO)
    }

    /// Gives them to who asks all the time: as they were found last, until it is time to look again.
    pub(super) fn paced(&self, inspector: &Inspector) -> (u64, Arc<str>) {
        self.rested(inspector, |took| PACE.max(took * SHARE))
    }

    fn rested(&self, inspector: &Inspector, rest: impl Fn(Duration) -> Duration) -> (u64, Arc<str>) {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let changes = inspector.ring().changes();
        let is_due = last.looked.is_none_or(|looked| looked.elapsed() >= rest(last.took));
        if last.changes != changes && is_due {
            let began = std::time::Instant::now();
            // Strings and numbers: there is nothing in it that cannot be written.
            let json = serde_json::to_string(&inspector.findings()).unwrap_or_else(|_| "[]".to_owned());
            let (took, looked) = (began.elapsed(), Some(Instant::now()));
            *last = Last { changes, json: Arc::from(json), took, looked };
        }
        (last.changes, Arc::clone(&last.json))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{RingLimits, Source, sample};
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn findings_are_looked_for_at_a_pace_for_who_follows_and_at_once_for_who_asks() {
        let inspector = Inspector::new(Source::Live("/".into()), RingLimits::default());
        let found = Found::default();
        let push = |id| inspector.ring().push(Arc::new(sample::entry(id)));
        push(1);
        assert_eq!(found.paced(&inspector).0, 1, "the first time at once");
        push(2);
        assert_eq!(found.paced(&inspector).0, 1);
        assert_eq!(found.now(&inspector).0, 2);
        push(3);
        // The clock stands still, and looking takes the time it really takes.
        let took = Duration::from_millis(70);
        found.0.lock().expect("found").took = took;
        tokio::time::advance(PACE).await;
        assert_eq!(found.paced(&inspector).0, 2, "it took so long that it is too soon");
        tokio::time::advance(took * SHARE - PACE).await;
        assert_eq!(found.paced(&inspector).0, 3);
    }
}
