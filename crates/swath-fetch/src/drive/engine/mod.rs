//! The machine behind a lock: what is told to it, and when it is asked.
//!
//! In: events, from lanes, disk and clock. Out: orders to lanes and disk; how far it is; how it ended.

mod seats;
mod show;
mod turn;
mod version;

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::sync::mpsc::Sender;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use byteranges::download::{Download, Event as Told, Lanes, Report};
use leaky_bucket::RateLimiter;

use super::disk::DiskOrder;
use crate::Digest;
use crate::connect::Ways;
use crate::job::Job;
use crate::lane;
use crate::observe::Event;
use crate::sink::{About, Sink};
use seats::Seat;
pub(crate) use seats::{Order, Rest, SeatId, Tell};

/// The least that a lane may hold in memory: below it, each write would be a small one.
const WINDOW_MIN: usize = 512 << 10;

/// Holds what lanes, disk and clock share.
pub(crate) struct Engine {
    begun: Instant,
    state: Mutex<State>,
    /// Told when the thread that keeps the time has to look.
    changed: Condvar,
    pub(crate) ways: Ways,
    pub(crate) job: Job,
    pub(crate) bucket: Option<RateLimiter>,
    sink: Arc<dyn Sink>,
}

struct State {
    machine: Download,
    seats: BTreeMap<SeatId, Seat>,
    next_seat: u64,
    /// The file that was begun last.
    generation: u32,
    disk: Option<Sender<DiskOrder>>,
    events: Vec<(Duration, Event)>,
    /// When the machine wants to be asked again, whatever happens.
    wake_at: Option<Duration>,
    report: Option<Report>,
    about: Option<About>,
    /// What the whole must have: what the user said, else what the server says of this version.
    digest: Option<Digest>,
    mirrors_followed: bool,
    connections: u64,
    trouble: Option<String>,
    disk_error: Option<io::Error>,
}

impl Engine {
    pub(crate) fn new(job: Job, ways: Ways, sink: Arc<dyn Sink>, disk: Sender<DiskOrder>) -> Self {
        let generation = job.journal.as_ref().map_or(0, |journal| journal.generation);
        let machine = match job.unproved.filter(|_| job.journal.is_none()) {
            Some(length) => Download::with_unproved(job.settings.clone(), length),
            None => Download::new(job.settings.clone(), job.journal.clone()),
        };
        let state = State {
            machine,
            seats: BTreeMap::new(),
            next_seat: 0,
            generation,
            disk: Some(disk),
            events: Vec::new(),
            wake_at: None,
            report: None,
            about: None,
            digest: job.digest.clone(),
            mirrors_followed: false,
            connections: 0,
            trouble: None,
            disk_error: None,
        };
        Self {
            begun: Instant::now(),
            state: Mutex::new(state),
            changed: Condvar::new(),
            ways,
            bucket: job.limits.rate.map(lane::bucket),
            job,
            sink,
        }
    }

    /// Time since the start, as the machine counts it.
    pub(crate) fn now(&self) -> Duration {
        self.begun.elapsed()
    }

    pub(crate) fn sink(&self) -> &dyn Sink {
        &*self.sink
    }

    /// Octets that a lane may hold while nothing places them.
    pub(crate) fn window(&self) -> usize {
        let (Lanes::Auto(lanes) | Lanes::Fixed(lanes)) = self.job.settings.lanes;
        let lanes = lanes.max(1).saturating_mul(self.ways.count().max(1));
        self.job.limits.memory.checked_div(lanes).unwrap_or(0).max(WINDOW_MIN)
    }

    /// Asks the machine what to do.
    pub(crate) fn turn(self: &Arc<Self>) {
        self.poll(&mut self.lock());
    }

    /// Tells the machine one thing.
    pub(crate) fn event(self: &Arc<Self>, event: Told) {
        let mut state = self.lock();
        state.machine.handle(event, self.now());
        self.poll(&mut state);
    }

    /// Tells what a lane has to tell, and takes its orders.
    pub(crate) fn tell(self: &Arc<Self>, seat: SeatId, tell: Tell) -> VecDeque<Order> {
        let mut state = self.lock();
        let now = self.now();
        if let Some(own) = state.seats.get_mut(&seat) {
            own.rest(tell.rest);
        }
        for event in tell.notes {
            self.push(&mut state, event);
        }
        for event in tell.events {
            state.machine.handle(event, now);
        }
        if let Some(about) = tell.about.as_ref().filter(|about| state.is_of_same(about)) {
            let generation = state.generation;
            self.begins(&mut state, generation, Some(about));
        }
        self.poll_with(&mut state, Some(seat), tell.about.as_ref());
        state.seats.get_mut(&seat).map(|seat| std::mem::take(&mut seat.orders)).unwrap_or_default()
    }

    /// Takes a lane's orders.
    pub(crate) fn orders(&self, seat: SeatId) -> VecDeque<Order> {
        let mut state = self.lock();
        state.seats.get_mut(&seat).map(|seat| std::mem::take(&mut seat.orders)).unwrap_or_default()
    }

    /// Tells whoever watches.
    pub(crate) fn note(&self, event: Event) {
        let mut state = self.lock();
        if matches!(event, Event::Connected { .. }) {
            state.connections = state.connections.saturating_add(1);
        }
        self.push(&mut state, event);
    }

    /// Remembers the last trouble; it is told when the download fails.
    pub(crate) fn trouble(&self, why: &str) {
        self.lock().trouble = Some(why.to_owned());
    }

    /// Tells that something could not be done with a file; nothing, if another was begun meanwhile: lanes may be late with
    /// octets of a version that was given up, and its file may be gone.
    pub(crate) fn disk_failed(self: &Arc<Self>, generation: u32, error: io::Error) {
        let mut state = self.lock();
        if generation < state.generation {
            return;
        }
        // The first one is the cause; the others follow from it.
        state.disk_error.get_or_insert(error);
        state.machine.handle(Told::DiskFailed, self.now());
        self.poll(&mut state);
    }

    /// Ends the download since one of its threads broke down: what that was writing will never be reported.
    pub(crate) fn broke_down(self: &Arc<Self>) {
        let why = "a thread of this program broke down, which is a fault in it: please report it, and run it again to resume";
        self.disk_failed(u32::MAX, io::Error::other(why));
    }

    pub(crate) fn interrupt(self: &Arc<Self>) {
        self.event(Told::Interrupted);
    }

    /// Tells that a link went or came.
    pub(crate) fn link(self: &Arc<Self>, interface: &str, up: bool) {
        let mut state = self.lock();
        self.push(&mut state, Event::Link { interface: interface.to_owned(), up });
        for path in 0..self.ways.count() {
            if self.ways.interface(path).as_deref() == Some(interface) {
                let event = if up { Told::PathUp { path } } else { Told::PathDown { path } };
                state.machine.handle(event, self.now());
            }
        }
        self.poll(&mut state);
    }

    /// Waits until something is to be shown, or the download is over, or for so long; keeps the machine's time meanwhile.
    pub(crate) fn wait(self: &Arc<Self>, tick: Duration) -> Vec<(Duration, Event)> {
        let until = self.now().saturating_add(tick);
        let mut state = self.lock();
        loop {
            let now = self.now();
            if state.wake_at.is_some_and(|at| at <= now) && state.report.is_none() {
                self.poll(&mut state);
            }
            if now >= until || state.report.is_some() {
                return std::mem::take(&mut state.events);
            }
            let next = state.wake_at.map_or(until, |at| at.min(until)).saturating_sub(now);
            // A millisecond at least: what is due in less is due now.
            let next = next.max(Duration::from_millis(1));
            state = self.changed.wait_timeout(state, next).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    pub(crate) fn is_over(&self) -> bool {
        self.lock().report.is_some()
    }

    /// Sends everybody home.
    pub(crate) fn close(&self) {
        let mut state = self.lock();
        state.disk = None;
        for seat in state.seats.values_mut() {
            seat.orders.push_back(Order::Quit);
            seat.wake.notify_one();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, state: &mut State, event: Event) {
        state.events.push((self.now(), event));
    }
}
