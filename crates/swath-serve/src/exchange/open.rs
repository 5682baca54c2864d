//! An exchange that has not ended yet, shared by who sends content and who sees it leave.
//!
//! In: octets given to the HTTP layer (from the record) and octets that left (from the tally).
//! Out: exactly one [`Exchange`] to the sinks, when both sides are through with it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use super::Answered;
use super::record::Sink;
use super::views::Cost;
use super::{Detail, Exchange, Outcome};

/// Holds one running exchange.
pub(crate) struct Open {
    sinks: Arc<[Arc<dyn Sink>]>,
    cost: Option<Arc<Cost>>,
    started: Instant,
    /// Whether a tally reports what left; if not, what is given counts as sent.
    counted: bool,
    /// Whether an inspector wants the details.
    detailed: bool,
    state: Mutex<State>,
}

struct State {
    /// `None` once it went to the sinks.
    exchange: Option<Exchange>,
    given: u64,
    sent: u64,
    head_written: bool,
    /// Why the connection ended, once it has.
    connection_over: Option<Outcome>,
    closed: Option<Outcome>,
    /// When the answer's head had left, if an inspector wants to know.
    first_octet: Option<Duration>,
}

impl State {
    /// Says whether all that was given has left.
    fn has_left(&self) -> bool {
        self.head_written && self.sent == self.given
    }
}

impl Open {
    pub(super) fn new(
        sinks: Arc<[Arc<dyn Sink>]>,
        cost: Option<Arc<Cost>>,
        counted: bool,
        started: Instant,
        exchange: Exchange,
    ) -> Self {
        let state = State {
            exchange: Some(exchange),
            given: 0,
            sent: 0,
            head_written: false,
            connection_over: None,
            closed: None,
            first_octet: None,
        };
        let detailed = state.exchange.as_ref().is_some_and(|exchange| exchange.detail.is_some());
        Self { sinks, cost, started, counted, detailed, state: Mutex::new(state) }
    }

    /// Notes the answer.
    pub(super) fn answered(&self, answered: Answered) {
        if let Some(exchange) = &mut self.lock().exchange {
            exchange.status = Some(answered.status);
            exchange.content_range = answered.content_range;
            exchange.because = answered.because;
            exchange.section = answered.section;
            exchange.bytes_planned = answered.bytes_planned;
        }
    }

    /// Says whether an inspector wants the details of this exchange.
    pub(super) fn is_detailed(&self) -> bool {
        self.detailed
    }

    /// Notes details.
    pub(super) fn describe(&self, describe: impl FnOnce(&mut Detail)) {
        if let Some(detail) = self.lock().exchange.as_mut().and_then(|exchange| exchange.detail.as_mut()) {
            describe(detail);
        }
    }

    /// Notes octets of content beyond those the answer promised.
    pub(super) fn plan(&self, octets: u64) {
        if let Some(exchange) = &mut self.lock().exchange {
            exchange.bytes_planned = exchange.bytes_planned.saturating_add(octets);
        }
    }

    /// Notes octets of content given to the HTTP layer.
    pub(super) fn give(&self, octets: u64) {
        let mut state = self.lock();
        state.given = state.given.saturating_add(octets);
        if !self.counted {
            self.began(&mut state);
            self.count(&mut state, octets);
        }
    }

    /// Notes what the system said when the content could not be read.
    pub(super) fn fault(&self, fault: String) {
        if let Some(exchange) = &mut self.lock().exchange {
            exchange.fault = Some(fault);
        }
    }

    /// Notes that no more will be given, and why; the first reason stays.
    pub(super) fn close(&self, outcome: Outcome) {
        let mut state = self.lock();
        state.closed.get_or_insert(outcome);
        self.settle(state);
    }

    /// Says whether the head of this response has been written.
    pub(crate) fn head_is_written(&self) -> bool {
        self.lock().head_written
    }

    /// Notes that the whole head of this response has left.
    pub(crate) fn wrote_head(&self) {
        let mut state = self.lock();
        state.head_written = true;
        self.began(&mut state);
        self.settle(state);
    }

    /// Takes this response's share of `octets` that left after its head, and says how many that is.
    pub(crate) fn wrote_content(&self, octets: usize) -> usize {
        let mut state = self.lock();
        let share = state.given.saturating_sub(state.sent);
        let share = usize::try_from(share).map_or(octets, |share| share.min(octets));
        self.count(&mut state, share as u64);
        self.settle(state);
        share
    }

    /// Says whether every octet of this response has left and no more will come.
    pub(crate) fn is_through(&self) -> bool {
        let state = self.lock();
        state.closed.is_some() && state.has_left()
    }

    /// Notes that the connection is over; what was given but has not left never will, because of `cause`.
    pub(crate) fn connection_over(&self, cause: Outcome) {
        let mut state = self.lock();
        state.connection_over.get_or_insert(cause);
        self.settle(state);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that the answer has begun to leave.
    fn began(&self, state: &mut State) {
        if self.detailed && state.first_octet.is_none() {
            state.first_octet = Some(self.started.elapsed());
        }
    }

    fn count(&self, state: &mut State, octets: u64) {
        state.sent = state.sent.saturating_add(octets);
        if let Some(cost) = &self.cost {
            cost.add_bytes(octets);
        }
    }

    /// Emits the exchange once nothing about it can change any more.
    fn settle(&self, mut state: MutexGuard<'_, State>) {
        let Some(closed) = state.closed else { return };
        let outcome = match state.connection_over {
            _ if !self.counted || state.has_left() => closed,
            None => return,
            // What was given and has not left never will.
            Some(cause) if closed.is_complete() => cause,
            Some(_) => closed,
        };
        let Some(mut exchange) = state.exchange.take() else { return };
        exchange.bytes_sent = state.sent;
        exchange.outcome = outcome;
        exchange.elapsed = self.started.elapsed();
        if let Some(detail) = &mut exchange.detail {
            detail.first_octet = state.first_octet;
        }
        drop(state);
        let exchange = Arc::new(exchange);
        for sink in self.sinks.iter() {
            sink.closed();
            sink.record(&exchange);
        }
    }
}

/// Looks at an exchange that has not ended, without keeping it alive.
#[derive(Clone)]
pub struct Running(Weak<Open>);

impl Running {
    pub(super) fn new(open: &Arc<Open>) -> Self {
        Self(Arc::downgrade(open))
    }

    /// Says whether it has not ended yet.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.0.upgrade().is_some_and(|open| open.lock().exchange.is_some())
    }

    /// Gives the exchange as it stands, its outcome still open; `None` once it has ended.
    #[must_use]
    pub fn now(&self) -> Option<Exchange> {
        let open = self.0.upgrade()?;
        let state = open.lock();
        let mut exchange = state.exchange.clone()?;
        exchange.bytes_sent = state.sent;
        exchange.elapsed = open.started.elapsed();
        if let Some(detail) = &mut exchange.detail {
            detail.first_octet = state.first_octet;
        }
        Some(exchange)
    }
}

impl std::fmt::Debug for Running {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Running").finish()
    }
}
