//! One download performed: the machine, the lanes that fetch for it, the disk that keeps for it, and who watches.
//!
//! In: a [`Job`], a [`Sink`], an [`Observer`]. Out: how it [`Ended`].
//!
//! Whoever brings an event turns the machine: a lane that has read takes the lock, tells, and gets its orders back, so that
//! octets are written on the thread that read them, while they are in its cache. What takes long at the disk has a thread of
//! its own. The thread that called [`download`] keeps the time, watches links, and shows how far it is.

mod disk;
mod engine;
mod link_state;
mod meter;

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use byteranges::download::{Fault, PathSettings, Report};

pub(crate) use engine::{Engine, Order, Rest, SeatId, Tell};

use crate::connect::{Ways, without_secrets};
use crate::fault::Error;
use crate::job::Job;
use crate::observe::{Event, Observer};
use crate::sink::{About, Finished, Sink};
use link_state::LinkStates;
use meter::Meter;

/// How often progress is shown, and the stop handle looked at: fast enough for the eye.
const TICK: Duration = Duration::from_millis(100);

/// Stops a download from another thread; what has been written is made durable and recorded first.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Makes a handle that has not been used.
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks every download that was given this handle to end. It sets a flag: a signal handler may call it.
    pub fn stop(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether it was asked for.
    pub fn is_stopped(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Tells how a download ended, and what is left of it.
#[derive(Debug)]
pub struct Ended {
    /// The machine's report: complete at some rung, or whose fault it is.
    pub report: Report,
    /// Where the whole was put, if it is complete.
    pub finished: Option<Finished>,
    /// The answer that began the file, where there was one in this run.
    pub about: Option<About>,
    /// How long it took.
    pub elapsed: Duration,
    /// Connections opened.
    pub connections: u64,
    /// What went wrong last on the network, in a sentence.
    pub trouble: Option<String>,
    /// What went wrong at the disk.
    pub disk: Option<io::Error>,
}

/// Fetches what a job describes into a sink. It blocks until the end; call it outside of any runtime.
pub fn download(
    mut job: Job,
    sink: Arc<dyn Sink>,
    observer: &mut dyn Observer,
    stop: &Stop,
) -> Result<Ended, Error> {
    let ways = Ways::new(&job)?;
    let mut links = LinkStates::new(&job)?;
    job.settings.paths = paths(&job);
    job.settings.verify = job.digest.is_some();
    job.settings.url = Some(without_secrets(&job.url).into());
    let (disk, orders) = disk::orders();
    let engine = Arc::new(Engine::new(job, ways, sink, disk));
    let keeper = disk::begin(Arc::clone(&engine), orders)?;
    let mut watch = Watch { observer, meter: Meter::default(), shown: Instant::now() };
    let mut told = false;
    engine.turn();
    loop {
        let events = engine.wait(TICK);
        let over = engine.is_over();
        watch.show(&engine, events, over);
        if over {
            break;
        }
        if stop.is_stopped() && !std::mem::replace(&mut told, true) {
            engine.interrupt();
        }
        for (interface, up) in links.changes() {
            engine.link(&interface, up);
        }
    }
    engine.close();
    // What is still to be recorded is recorded before anything is moved.
    let _ = keeper.join();
    Ok(end(&engine))
}

/// A path for each source by each link. A link's budget is shared out evenly, so that it is never exceeded.
fn paths(job: &Job) -> Vec<PathSettings> {
    let sources = job.mirrors.len().saturating_add(1);
    let share = |budget: u64| budget / u64::try_from(sources).unwrap_or(1);
    let budgets: Vec<_> = match job.interfaces.is_empty() {
        true => vec![None],
        false => job.interfaces.iter().map(|interface| interface.budget.map(share)).collect(),
    };
    (0..sources)
        .flat_map(|source| {
            let source = u16::try_from(source).unwrap_or(u16::MAX);
            let one_at_a_time = source > 0 && job.mirrors_one_at_a_time;
            budgets.iter().map(move |budget| PathSettings { source, budget: *budget, one_at_a_time })
        })
        .collect()
}

fn end(engine: &Engine) -> Ended {
    let mut ended = engine.ended();
    if ended.report.outcome.is_ok() {
        let about = ended.about.clone().unwrap_or_else(|| engine.about_nothing());
        let identity = ended.report.identity.clone();
        let identity = identity.ok_or_else(|| io::Error::other("nothing was fetched"));
        match identity.and_then(|identity| engine.sink().finish(ended.report.generation, &identity, &about)) {
            Ok(finished) => ended.finished = Some(finished),
            Err(error) => {
                ended.report.outcome = Err(Fault::Disk);
                ended.disk = Some(error);
            }
        }
    }
    ended.elapsed = engine.now();
    ended
}

/// Tells the engine when a thread comes to an end that nobody ordered: else the download would wait for it.
pub(crate) struct Presence(pub(crate) Arc<Engine>);

impl Drop for Presence {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.broke_down();
        }
    }
}

/// Shows an observer what happens.
struct Watch<'a> {
    observer: &'a mut dyn Observer,
    meter: Meter,
    shown: Instant,
}

impl Watch<'_> {
    fn show(&mut self, engine: &Engine, events: Vec<(Duration, Event)>, last: bool) {
        for (at, event) in events {
            self.observer.event(at, &event);
        }
        if last || self.shown.elapsed() >= TICK {
            self.shown = Instant::now();
            let progress = engine.progress(&mut self.meter);
            self.observer.progress(&progress);
        }
    }
}
