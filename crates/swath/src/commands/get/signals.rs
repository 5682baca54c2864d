//! Ctrl-C: in, SIGINT and SIGTERM; out, a wish to stop, and at the second one the end at once.

use std::{io, process, thread};

use signal_hook::{
    consts::{SIGINT, SIGTERM},
    iterator::Signals,
};
use swath_fetch::Stop;

use super::exit;
use crate::report;

/// From here on the first signal asks downloads to stop, which takes a moment: what came is made durable.
pub(super) fn stop_by_signals(stop: Stop) -> io::Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM])?;
    let listen = move || {
        let mut came = signals.forever();
        if came.next().is_some() {
            stop.stop();
        }
        if came.next().is_some() {
            // The journal holds without a farewell, too.
            report::say("stopped at once: what was made durable until now is kept");
            process::exit(i32::from(exit::INTERRUPTED));
        }
    };
    thread::Builder::new().name("signals".to_owned()).spawn(listen).map(drop)
}
