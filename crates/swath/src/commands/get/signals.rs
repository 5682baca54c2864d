//! Ctrl-C: in, SIGINT and SIGTERM; out, a wish to stop, and at the second one the end at once.

use std::{
    io, process,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use signal_hook::{
    consts::{SIGINT, SIGTERM},
    iterator::Signals,
};
use swath_fetch::Stop;

use super::exit;
use crate::report;

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
        let mut came = signals.forever();
        if came.next().is_some() {
            stops.stop();
        }
        if came.next().is_some() {
            // The journal holds without a farewell, too.
            report::say("stopped at once: what was made durable until now is kept");
            process::exit(i32::from(exit::INTERRUPTED));
        }
    };
    thread::Builder::new().name("signals".to_owned()).spawn(listen).map(drop)
}
