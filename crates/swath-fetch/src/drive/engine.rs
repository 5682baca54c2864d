//! The machine behind a lock, and who gets which of its orders.
//!
//! In: events, from lanes, disk and clock. Out: orders to lanes and disk.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::sync::mpsc::Sender;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use byteranges::ByteRange;
use byteranges::download::{Action, AskId, Download, Event as Told, Failure, Fetch, PathSettings, Report};
use http::{HeaderMap, HeaderName, HeaderValue};
use leaky_bucket::RateLimiter;
use tokio::sync::Notify;

use super::Ended;
use super::disk::DiskOrder;
use super::meter::Meter;
use crate::Digest;
use crate::connect::Ways;
use crate::digest::fields;
use crate::job::{Interface, Job};
use crate::lane;
use crate::link;
use crate::observe::{Event, InFlight, Progress};
use crate::sink::{About, Sink};

/// The least that a lane may hold in memory: below it, each write would be a small one.
const WINDOW_MIN: usize = 512 << 10;

/// Mirrors used of those that a server names, the best first: each is a server of its own to be polite to.
const MIRRORS_MAX: usize = 4;

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

/// Numbers a lane's thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SeatId(u64);

/// A lane's thread, as the engine sees it.
struct Seat {
    wake: Arc<Notify>,
    orders: VecDeque<Order>,
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

    /// The fields of a request that are not the user's.
    pub(crate) fn fields(&self, fetch: &Fetch) -> Vec<(HeaderName, HeaderValue)> {
        let mut all = fetch.fields();
        if self.job.want_digests {
            all.push((fields::WANT_REPR_DIGEST, fields::WANTED));
            all.push((fields::WANT_CONTENT_DIGEST, fields::WANTED));
        }
        all
    }

    /// Octets that a lane may hold while nothing places them.
    pub(crate) fn window(&self) -> usize {
        let (byteranges::download::Lanes::Auto(lanes) | byteranges::download::Lanes::Fixed(lanes)) =
            self.job.settings.lanes;
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
            self.begins(&mut state, generation, about);
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

    pub(crate) fn disk_failed(self: &Arc<Self>, error: io::Error) {
        let mut state = self.lock();
        // The first one is the cause; the others follow from it.
        state.disk_error.get_or_insert(error);
        state.machine.handle(Told::DiskFailed, self.now());
        self.poll(&mut state);
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

    pub(crate) fn ended(&self) -> Ended {
        let mut state = self.lock();
        let unreported = Report {
            outcome: Err(byteranges::download::Fault::Interrupted),
            generation: 0,
            identity: None,
            counts: state.machine.counts(),
        };
        Ended {
            report: state.report.clone().unwrap_or(unreported),
            finished: None,
            about: state.about.clone(),
            elapsed: self.now(),
            connections: state.connections,
            trouble: state.trouble.clone(),
            disk: state.disk_error.take(),
        }
    }

    /// What can be said of an answer when none came: everything was held already.
    pub(crate) fn about_nothing(&self) -> About {
        About { url: self.job.url.clone(), answered: self.job.url.clone(), fields: HeaderMap::new() }
    }

    pub(crate) fn progress(&self, meter: &mut Meter) -> Progress {
        let state = self.lock();
        let (machine, elapsed) = (&state.machine, self.now());
        let counts = machine.counts();
        let in_flight = machine
            .lanes()
            .map(|(ask, path, first, end)| InFlight { ask: ask.0, path, first, end })
            .collect();
        Progress {
            elapsed,
            complete_length: machine.identity().and_then(|identity| identity.complete_length),
            held: machine.arrived().cloned().unwrap_or_default(),
            in_flight,
            received: counts.received,
            wasted: counts.wasted,
            rate: meter.rate(elapsed, counts.received),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, state: &mut State, event: Event) {
        state.events.push((self.now(), event));
    }

    fn poll(self: &Arc<Self>, state: &mut State) {
        self.poll_with(state, None, None);
    }

    /// Hands out orders until the machine has none.
    fn poll_with(self: &Arc<Self>, state: &mut State, own: Option<SeatId>, about: Option<&About>) {
        if state.report.is_some() {
            return;
        }
        let before = state.wake_at;
        loop {
            match state.machine.poll(self.now()) {
                Action::Fetch(fetch) => self.assign(state, fetch),
                Action::Stop { ask } => state.order(own, ask, Order::Stop),
                Action::Write { generation, ask, range } => {
                    state.order(own, ask, Order::Write { generation, range });
                }
                Action::Compare { ask, range } => {
                    let generation = state.generation;
                    state.order(own, ask, Order::Compare { generation, range });
                }
                Action::Skip { ask, count } => state.order(own, ask, Order::Skip { count }),
                Action::StartFile { generation, journal, complete_length, keep_old } => {
                    let about = about.cloned().unwrap_or_else(|| self.about_nothing());
                    self.begins(state, generation, &about);
                    state.disk_order(DiskOrder::Start {
                        generation,
                        journal,
                        complete_length,
                        keep_old,
                        about,
                    });
                }
                Action::AdoptFile { generation, journal, complete_length } => {
                    let about = about.cloned().unwrap_or_else(|| self.about_nothing());
                    self.begins(state, generation, &about);
                    state.disk_order(DiskOrder::Adopt { generation, journal, complete_length, about });
                }
                Action::Sync { generation } => state.disk_order(DiskOrder::Sync { generation }),
                Action::Record { generation, octets } => {
                    state.disk_order(DiskOrder::Record { generation, octets });
                }
                Action::Verify { generation } => {
                    let digest = state.digest.clone();
                    state.disk_order(DiskOrder::Verify { generation, digest });
                }
                Action::Wait { until } => {
                    state.wake_at = until;
                    break;
                }
                Action::Done(report) => {
                    state.report = Some(*report);
                    break;
                }
            }
        }
        let earlier = state.wake_at.is_some_and(|at| before.is_none_or(|before| at < before));
        if earlier || state.report.is_some() {
            self.changed.notify_all();
        }
    }

    /// Remembers what a version is like, and the digest that its server says it has.
    fn begins(&self, state: &mut State, generation: u32, about: &About) {
        state.generation = generation;
        state.about = Some(about.clone());
        if self.job.digest.is_none() && self.job.want_digests {
            state.digest = fields::repr_digest(&about.fields).into_iter().next();
            state.machine.set_verify(state.digest.is_some());
        }
        if self.job.follow_mirrors {
            self.follow_mirrors(state, about);
        }
    }

    /// Adds the mirrors that the server names, once; what they have still has to prove itself.
    fn follow_mirrors(&self, state: &mut State, about: &About) {
        if std::mem::replace(&mut state.mirrors_followed, true) {
            return;
        }
        let links = link::read(&about.fields, &about.answered);
        let known: Vec<_> = (0..self.ways.count()).filter_map(|path| self.ways.source(path)).collect();
        let new = links.duplicates.into_iter().map(|mirror| mirror.url).filter(|url| !known.contains(url));
        let sources = u16::try_from(self.job.mirrors.len()).unwrap_or(u16::MAX).saturating_add(1);
        for (url, source) in new.take(MIRRORS_MAX).zip(sources..) {
            // A metered link's budget is shared out already.
            let free = |interface: &Interface| interface.budget.is_none();
            let likes = (0..self.job.interfaces.len().max(1))
                .filter(|path| self.job.interfaces.get(*path).is_none_or(free));
            for like in likes {
                self.ways.add(&url, like);
                state.machine.add_path(PathSettings { source, budget: None });
            }
        }
    }

    /// Gives a request to a lane: one with an open connection on that way, else one that is free, else a new one.
    fn assign(self: &Arc<Self>, state: &mut State, fetch: Fetch) {
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
    fn order(&mut self, own: Option<SeatId>, ask: AskId, order: Order) {
        // A lane that has ended by itself needs no order to stop.
        if let Some((id, seat)) = self.seats.iter_mut().find(|(_, seat)| seat.ask == Some(ask)) {
            seat.orders.push_back(order);
            if own != Some(*id) {
                seat.wake.notify_one();
            }
        }
    }

    fn disk_order(&mut self, order: DiskOrder) {
        if let Some(disk) = &self.disk {
            // It ends only after this sender does.
            let _ = disk.send(order);
        }
    }

    /// Whether an answer is of the version whose file a run before began, and the first such answer.
    fn is_of_same(&self, about: &About) -> bool {
        let etag = about.fields.get(http::header::ETAG).map(http::HeaderValue::as_bytes);
        let own = self.machine.identity().and_then(|identity| identity.etag.as_ref());
        self.about.is_none() && own.is_some_and(|own| Some(own.as_header_value().as_bytes()) == etag)
    }
}

impl Seat {
    fn rest(&mut self, rest: Rest) {
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
