//! Ctrl-C: in, SIGINT and SIGTERM; out, a wish to stop, and at the second one the end at once.

use std::{
    io, process,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use signal_hook::{
    consts::{SIGINT, SIGTERM},
    iterator::Signals,
};
use swath_fetch::Stop;

use super::exit;
use crate::report;

/// Signals this close to each other are one: nobody presses keys as fast.
const ECHO: Duration = Duration::from_millis(50);

/// The downloads that a signal stops: each has a handle of its own, since one may end while others go on.
#[derive(Debug, Default)]
pub(super) struct Stops {
    all: Mutex<Vec<Stop>>,
    stopped: AtomicBool,
}

impl Stops {
    /// A handle for one more download; it is stopped already after a signal.
    pub(super) fn one(&self) -> Stop {
        let stop = Stop::new();
        self.all.lock().unwrap_or_else(PoisonError::into_inner).push(stop.clone());
        if self.stopped.load(Ordering::SeqCst) {
            stop.stop();
        }
        stop
    }

    fn stop(&self) {
        self.stopped.store(true, Ordering::SeqCst);
        self.all.lock().unwrap_or_else(PoisonError::into_inner).iter().for_each(Stop::stop);
    }
}

/// From here on the first signal asks downloads to stop, which takes a moment: what came is made durable.
pub(super) fn stop_by_signals(stops: Arc<Stops>) -> io::Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM])?;
    let listen = move || {
        let mut first: Option<Instant> = None;
        for _ in signals.forever() {
            match first {
                None => {
                    first = Some(Instant::now());
                    stops.stop();
                }
                // Sent to the process and to its group, as timeout(1) does: one wish, told twice.
                Some(first) if first.elapsed() < ECHO => {}
                Some(_) => {
                    // The journal holds without a farewell, too.
                    report::say("stopped at once: what was made durable until now is kept");
                    process::exit(i32::from(exit::INTERRUPTED));
                }
            }
        }
    };
    thread::Builder::new().name("signals".to_owned()).spawn(listen).map(drop)
}
