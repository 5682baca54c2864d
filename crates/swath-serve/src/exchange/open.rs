//! An exchange that has not ended yet, shared by who sends content and who sees it leave.
//!
//! In: octets given to the HTTP layer (from the record) and octets that left (from the tally).
//! Out: exactly one [`Exchange`] to the sinks, when both sides are through with it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::Answered;
use super::record::Sink;
use super::views::Cost;
use super::{Exchange, Outcome};

/// Holds one running exchange.
pub(crate) struct Open {
    sinks: Arc<[Arc<dyn Sink>]>,
    cost: Option<Arc<Cost>>,
    started: Instant,
    /// Whether a tally reports what left; if not, what is given counts as sent.
    counted: bool,
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
        };
        Self { sinks, cost, started, counted, state: Mutex::new(state) }
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
        drop(state);
        let exchange = Arc::new(exchange);
        for sink in self.sinks.iter() {
            sink.closed();
            sink.record(&exchange);
        }
    }
}
