//! Signals: in, what the system or a person sends; out, what it asks for.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// What a signal asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// SIGINT or SIGTERM: stop, and at the second one stop at once.
    Stop,
    /// SIGHUP: read the certificate again.
    Reload,
}

/// Takes over the signals that a server answers to.
#[derive(Debug)]
pub(super) struct Signals {
    interrupt: Signal,
    terminate: Signal,
    hang_up: Signal,
}

impl Signals {
    /// From here on these signals no longer end the process by themselves. Needs a runtime.
    pub(super) fn take() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
        })
    }

    /// Waits for the next one.
    pub(super) async fn next(&mut self) -> Asked {
        tokio::select! {
            Some(()) = self.interrupt.recv() => Asked::Stop,
            Some(()) = self.terminate.recv() => Asked::Stop,
            Some(()) = self.hang_up.recv() => Asked::Reload,
            // A stream of signals ends only with the runtime, and then there is nothing left to serve.
            else => Asked::Stop,
        }
    }
}
