//! What a connection is doing, and until when it may.
//!
//! Comes in: reads, writes and requests as they happen. Goes out: the deadline in force. Shared by the
//! stream below the engine, the requests above it and the driver beside it, so that one place knows.

use std::io::IoSlice;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::StatusCode;
use tokio::time::Instant;

use super::meter::{Follows, Meter};
use crate::exchange::Outcome;
use crate::limits::Limits;
use crate::tally::Tally;

/// Which deadline has passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expired {
    /// A request's head was begun and not finished.
    Head,
    /// Nothing was asked for.
    Idle,
    /// The peer takes nothing of what it asked for.
    Stalled,
}

/// Follows one connection; see the module.
pub(super) struct Progress {
    inner: Mutex<Inner>,
}

struct Inner {
    engine: Engine,
    /// Since when nothing has been under way.
    idle_since: Instant,
    /// When the first octet of the head that is being read came.
    head_since: Option<Instant>,
    /// Since when the peer has taken nothing of what is offered to it.
    blocked_since: Option<Instant>,
    /// When our own pace last held something back.
    paced_at: Option<Instant>,
    /// Whether the peer or our own pace holds something back now.
    held_back: bool,
    /// How many requests there have been.
    requests: u64,
    /// Why what was under way was cut, if it was.
    end: Option<Outcome>,
}

enum Engine {
    /// HTTP/1.1: responses in order, and what the engine wrote of its own.
    One { meter: Meter, tally: Arc<Tally>, refusal: Option<StatusCode> },
    /// HTTP/2: the streams under way.
    Two { streams: Vec<Arc<Tally>> },
}

impl Progress {
    /// Follows an HTTP/1.1 connection; `head_since` is when the first octet of a head came, if it has, and
    /// `requests` is how many came before.
    pub(super) fn one(tally: Arc<Tally>, head_since: Option<Instant>, requests: u64) -> Arc<Progress> {
        Progress::new(Engine::One { meter: Meter::default(), tally, refusal: None }, head_since, requests)
    }

    /// Follows an HTTP/2 connection.
    pub(super) fn two() -> Arc<Progress> {
        Progress::new(Engine::Two { streams: Vec::new() }, None, 0)
    }

    fn new(engine: Engine, head_since: Option<Instant>, requests: u64) -> Arc<Progress> {
        let idle_since = Instant::now();
        let inner = Inner {
            engine,
            idle_since,
            head_since,
            blocked_since: None,
            paced_at: None,
            held_back: false,
            requests,
            end: None,
        };
        Arc::new(Progress { inner: Mutex::new(inner) })
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the deadline in force.
    ///
    /// While a response is under way and its peer takes it there is none: it may take as long as it is long.
    /// In a `crowded` house idle connections have less time.
    pub(super) fn deadline(&self, limits: &Limits, crowded: bool) -> Option<(Instant, Expired)> {
        let inner = self.lock();
        if let Some(since) = inner.blocked_since {
            return Some((since + limits.stalled_write_time, Expired::Stalled));
        }
        if !inner.is_idle() {
            return None;
        }
        if let Some(since) = inner.head_since {
            return Some((since + limits.head_time, Expired::Head));
        }
        // A connection that never asked for anything gets the time of a head for its first octet.
        let patience = if inner.requests == 0 { limits.head_time } else { limits.idle_time };
        let patience = if crowded { patience.min(limits.crowded_idle_time) } else { patience };
        Some((inner.idle_since + patience, Expired::Idle))
    }

    /// Notes that octets were read.
    pub(super) fn read(&self) {
        let mut inner = self.lock();
        // On HTTP/2 octets between requests are mostly no head, so that a peer cannot stay by sending pings.
        if matches!(inner.engine, Engine::One { .. }) && inner.is_idle() && inner.head_since.is_none() {
            inner.head_since = Some(Instant::now());
        }
    }

    /// Returns how many of the octets offered may be written; `None` when they belong to no answer of ours,
    /// and are noted.
    pub(super) fn offer(&self, offered: &[IoSlice<'_>]) -> Option<usize> {
        let mut inner = self.lock();
        match &mut inner.engine {
            Engine::Two { .. } => Some(usize::MAX),
            Engine::One { meter, refusal, .. } => {
                let allowed = meter.allowed(offered);
                if allowed.is_none() && refusal.is_none() {
                    *refusal = offered.first().and_then(|piece| status_of(piece));
                }
                allowed
            }
        }
    }

    /// Notes that the peer took `octets` of what was offered.
    pub(super) fn wrote(&self, offered: &[IoSlice<'_>], octets: usize) {
        let mut inner = self.lock();
        inner.blocked_since = None;
        inner.held_back = false;
        if let Engine::One { meter, tally, .. } = &mut inner.engine {
            let before = meter.is_idle();
            meter.take(offered, octets, |taken| tally.wrote(taken));
            if !before && meter.is_idle() {
                inner.rest();
            }
        }
    }

    /// Notes that the peer takes nothing at present.
    pub(super) fn blocked(&self) {
        let mut inner = self.lock();
        inner.blocked_since.get_or_insert_with(Instant::now);
        inner.held_back = true;
    }

    /// Notes that nothing is held back from the peer.
    pub(super) fn flushed(&self) {
        let mut inner = self.lock();
        inner.blocked_since = None;
        inner.held_back = false;
    }

    /// Notes that our own pace holds something back, which is not the peer's stall.
    pub(super) fn paced(&self) {
        let mut inner = self.lock();
        inner.blocked_since = None;
        inner.paced_at = Some(Instant::now());
        inner.held_back = true;
    }

    /// Says whether octets wait for the peer to take them, or for our own pace.
    pub(super) fn is_held_back(&self) -> bool {
        self.lock().held_back
    }

    /// Returns when our own pace last held something back.
    pub(super) fn paced_at(&self) -> Option<Instant> {
        self.lock().paced_at
    }

    /// Notes that a request has begun, and returns how many there have been, this one included, and the
    /// tally for it.
    pub(super) fn begin(&self) -> (u64, Arc<Tally>) {
        let mut inner = self.lock();
        inner.head_since = None;
        inner.requests = inner.requests.saturating_add(1);
        let tally = match &mut inner.engine {
            Engine::One { meter, tally, .. } => {
                meter.begin();
                Arc::clone(tally)
            }
            Engine::Two { streams } => {
                let tally = Tally::new();
                streams.push(Arc::clone(&tally));
                tally
            }
        };
        (inner.requests, tally)
    }

    /// Notes what follows the head of the latest request's answer (HTTP/1.1).
    pub(super) fn expect(&self, follows: Follows) {
        if let Engine::One { meter, .. } = &mut self.lock().engine {
            meter.expect(follows);
        }
    }

    /// Notes that the engine has ended the connection in good order (HTTP/1.1).
    pub(super) fn closed(&self) {
        if let Engine::One { meter, .. } = &mut self.lock().engine {
            meter.closed();
        }
    }

    /// Notes that the stream with this tally is over (HTTP/2).
    pub(super) fn stream_over(&self, tally: &Arc<Tally>) {
        let mut inner = self.lock();
        if let Engine::Two { streams } = &mut inner.engine {
            streams.retain(|stream| !Arc::ptr_eq(stream, tally));
            if streams.is_empty() {
                inner.rest();
            }
        }
    }

    /// Returns how many requests there have been.
    pub(super) fn requests(&self) -> u64 {
        self.lock().requests
    }

    /// Says whether no response is under way.
    pub(super) fn is_idle(&self) -> bool {
        self.lock().is_idle()
    }

    /// Returns the status with which the engine would have refused a head.
    pub(super) fn refusal(&self) -> Option<StatusCode> {
        match &self.lock().engine {
            Engine::One { refusal, .. } => *refusal,
            Engine::Two { .. } => None,
        }
    }

    /// Says why what is not complete ends, and has the connection reset when it closes if anything was cut.
    pub(super) fn cut(&self, end: Outcome) {
        let mut inner = self.lock();
        if inner.is_idle() && inner.blocked_since.is_none() {
            return;
        }
        inner.end.get_or_insert(end);
        match &inner.engine {
            Engine::One { tally, .. } => tally.end_as(end),
            Engine::Two { streams } => streams.iter().for_each(|tally| tally.end_as(end)),
        }
    }

    /// Says whether something was cut, so that the connection must not close as if it were complete.
    pub(super) fn was_cut(&self) -> bool {
        let inner = self.lock();
        inner.end.is_some() || matches!(&inner.engine, Engine::One { tally, .. } if tally.is_aborted())
    }

    /// Notes that the connection is over: what has not left by now never will.
    pub(super) fn over(&self) {
        if let Engine::One { tally, .. } = &self.lock().engine {
            tally.ended();
        }
    }
}

impl Inner {
    fn is_idle(&self) -> bool {
        match &self.engine {
            Engine::One { meter, .. } => meter.is_idle(),
            Engine::Two { streams } => streams.is_empty(),
        }
    }

    fn rest(&mut self) {
        self.idle_since = Instant::now();
        self.head_since = None;
    }
}

/// Reads the status from the beginning of a response's head.
fn status_of(head: &[u8]) -> Option<StatusCode> {
    StatusCode::from_bytes(head.get(9..12)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const LIMITS: fn() -> Limits = || Limits {
        head_time: Duration::from_secs(1),
        idle_time: Duration::from_secs(2),
        stalled_write_time: Duration::from_secs(3),
        ..Limits::default()
    };

    fn left(progress: &Progress) -> Option<(u64, Expired)> {
        let (at, why) = progress.deadline(&LIMITS(), false)?;
        Some((at.saturating_duration_since(Instant::now()).as_secs(), why))
    }

    #[tokio::test(start_paused = true)]
    async fn each_phase_has_its_deadline() {
        let progress = Progress::one(Tally::new(), None, 0);
        assert_eq!(left(&progress), Some((1, Expired::Idle)));
        progress.read();
        assert_eq!(left(&progress), Some((1, Expired::Head)));
        assert_eq!(progress.begin().0, 1);
        assert_eq!(left(&progress), None);
        progress.expect(Follows::Octets(3));
        progress.blocked();
        assert_eq!(left(&progress), Some((3, Expired::Stalled)));
        let head = [IoSlice::new(b"H\r\n\r\nabc")];
        assert_eq!(progress.offer(&head), Some(8));
        progress.wrote(&head, 6);
        assert_eq!(left(&progress), None);
        progress.wrote(&[IoSlice::new(b"bc")], 2);
        assert_eq!(left(&progress), Some((2, Expired::Idle)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_crowd_shortens_idleness_and_nothing_else() {
        let limits = Limits { crowded_idle_time: Duration::ZERO, ..LIMITS() };
        let progress = Progress::one(Tally::new(), None, 0);
        let at = |crowded| progress.deadline(&limits, crowded).map(|(at, why)| (at - Instant::now(), why));
        assert_eq!(at(true), Some((Duration::ZERO, Expired::Idle)));
        progress.read();
        assert_eq!(at(true), at(false));
        progress.begin();
        assert_eq!(at(true), None);
        progress.blocked();
        assert_eq!(at(true), at(false));
    }

    #[tokio::test(start_paused = true)]
    async fn a_dribbled_head_gets_no_more_time_with_each_octet() {
        let progress = Progress::one(Tally::new(), Some(Instant::now()), 0);
        tokio::time::sleep(Duration::from_millis(900)).await;
        progress.read();
        assert_eq!(left(&progress), Some((0, Expired::Head)));
    }

    #[tokio::test(start_paused = true)]
    async fn pings_do_not_keep_an_idle_http2_connection() {
        let progress = Progress::two();
        tokio::time::sleep(Duration::from_millis(900)).await;
        progress.read();
        assert_eq!(left(&progress), Some((0, Expired::Idle)));
    }

    #[tokio::test(start_paused = true)]
    async fn the_engines_own_refusal_is_held_back_and_read() {
        let progress = Progress::one(Tally::new(), None, 0);
        assert_eq!(progress.offer(&[IoSlice::new(b"HTTP/1.1 431 Request Header")]), None);
        assert_eq!(progress.refusal(), Some(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE));
    }

    #[tokio::test(start_paused = true)]
    async fn cutting_an_idle_connection_cuts_nothing() {
        for progress in [Progress::one(Tally::new(), None, 0), Progress::two()] {
            progress.cut(Outcome::ShutDown);
            assert!(!progress.was_cut());
            let (_, tally) = progress.begin();
            progress.cut(Outcome::ShutDown);
            assert!(progress.was_cut());
            assert_eq!(tally.cause(), Outcome::ShutDown);
        }
    }
}
