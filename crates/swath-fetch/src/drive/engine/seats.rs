//! The lanes' threads: who works on which request, who is free, and the orders left for each.
//!
//! In: requests and orders of the machine. Out: what a lane finds when it looks.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;

use byteranges::ByteRange;
use byteranges::download::{AskId, Download, Event as Told, Failure, Fetch};
use tokio::sync::Notify;

use super::{Engine, State};
use crate::lane;
use crate::observe::Event;
use crate::sink::About;

/// Numbers a lane's thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SeatId(u64);

/// A lane's thread, as the engine sees it.
pub(super) struct Seat {
    pub(super) wake: Arc<Notify>,
    pub(super) orders: VecDeque<Order>,
    /// The request that it works on; `None` when it is free.
    ask: Option<AskId>,
    /// Whether that request's answer has ended by itself; only what came is still to be placed.
    ended: bool,
    /// The way that it has an open connection for.
    open: Option<usize>,
}

/// Tells a lane what to do; those about octets consume what it holds, in order.
#[derive(Clone, Debug)]
pub(crate) enum Order {
    Fetch(Fetch),
    Write { generation: u32, range: ByteRange },
    Compare { generation: u32, range: ByteRange },
    Skip { count: u64 },
    Stop,
    Quit,
}

/// What a lane tells at once.
#[derive(Default)]
pub(crate) struct Tell {
    pub(crate) events: Vec<Told>,
    /// What whoever watches is told.
    pub(crate) notes: Vec<Event>,
    /// The answer that a head came with.
    pub(crate) about: Option<About>,
    /// How far the lane is done with its request.
    pub(crate) rest: Rest,
}

/// Says how far a lane is done with its request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Rest {
    /// There is more to come.
    #[default]
    Works,
    /// The answer ended in order; the connection may serve another request.
    Ended,
    /// This request needs nothing more; with the way that there is still an open connection for.
    Free(AskId, Option<usize>),
}

impl Engine {
    /// Gives a request to a lane: one with an open connection on that way, else one that is free, else a new one.
    pub(super) fn assign(self: &Arc<Self>, state: &mut State, fetch: Fetch) {
        let ask = fetch.ask;
        let in_order = self.job.settings.window.is_some();
        let free = || state.seats.iter().filter(|(_, seat)| seat.is_free(&state.machine, in_order));
        let best = free()
            .find(|(_, seat)| seat.open == Some(fetch.path))
            .or_else(|| free().find(|(_, seat)| seat.open.is_none()))
            .or_else(|| free().next())
            .map(|(id, _)| *id);
        let id = match best {
            Some(id) => id,
            None => match self.hire(state) {
                Ok(id) => id,
                Err(error) => {
                    state.trouble = Some(format!("cannot start a thread: {error}"));
                    let failed = Told::Failed { ask, failure: Failure::Connect };
                    return state.machine.handle(failed, self.now());
                }
            },
        };
        if let Some(seat) = state.seats.get_mut(&id) {
            (seat.ask, seat.ended) = (Some(ask), false);
            seat.orders.push_back(Order::Fetch(fetch));
            seat.wake.notify_one();
        }
    }

    fn hire(self: &Arc<Self>, state: &mut State) -> io::Result<SeatId> {
        let id = SeatId(state.next_seat);
        state.next_seat = state.next_seat.saturating_add(1);
        let wake = Arc::new(Notify::new());
        lane::begin(Arc::clone(self), id, Arc::clone(&wake))?;
        let seat = Seat { wake, orders: VecDeque::new(), ask: None, ended: false, open: None };
        state.seats.insert(id, seat);
        Ok(id)
    }
}

impl State {
    /// Leaves an order for the lane that works on a request; one that is telling takes its orders itself.
    pub(super) fn order(&mut self, own: Option<SeatId>, ask: AskId, order: Order) {
        // A lane that has ended by itself needs no order to stop.
        if let Some((id, seat)) = self.seats.iter_mut().find(|(_, seat)| seat.ask == Some(ask)) {
            seat.orders.push_back(order);
            if own != Some(*id) {
                seat.wake.notify_one();
            }
        }
    }
}

impl Seat {
    pub(super) fn rest(&mut self, rest: Rest) {
        match rest {
            Rest::Works => {}
            Rest::Ended => self.ended = true,
            // It may have been given another request already.
            Rest::Free(ask, open) if self.ask == Some(ask) => (self.ask, self.open) = (None, open),
            Rest::Free(..) => {}
        }
    }

    /// Whether it can be given a request: none of the machine's waits for it. One whose answer has ended goes on to the next
    /// over the same connection; but not where the output is in order, since what it still writes may have to wait for
    /// just the octets that it would be asked for.
    fn is_free(&self, machine: &Download, in_order: bool) -> bool {
        match self.ask {
            None => true,
            Some(ask) => self.ended && !in_order && machine.lanes().all(|(own, ..)| own != ask),
        }
    }
}
