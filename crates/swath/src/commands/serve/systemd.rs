//! The service manager: in, the sockets it passes; out, what it wants to know. Without one, nothing happens.

use listenfd::ListenFd;
use sd_notify::NotifyState;
use swath_serve::listen::Inherited;

use crate::report::{self, Failure};

/// Takes over the sockets passed by LISTEN_FDS, in their order.
///
/// Has to run before any thread is started: it takes the variables out of the environment.
pub(super) fn sockets() -> Result<Vec<Inherited>, Failure> {
    let mut passed = ListenFd::from_env();
    (0..passed.len()).map(|index| socket(&mut passed, index)).collect()
}

fn socket(passed: &mut ListenFd, index: usize) -> Result<Inherited, Failure> {
    if let Ok(Some(socket)) = passed.take_tcp_listener(index) {
        return Ok(Inherited::Tcp(socket));
    }
    match passed.take_unix_listener(index) {
        Ok(Some(socket)) => Ok(Inherited::Unix(socket)),
        _ => Err(Failure::Runtime(format!(
            "socket {} of those passed by LISTEN_FDS is no stream socket; use ListenStream= in the socket unit",
            index + 1
        ))),
    }
}

/// Tells that requests are answered from now on.
pub(super) fn ready(status: &str) {
    notify(&[NotifyState::Ready, NotifyState::Status(status)]);
}

/// Tells that the certificate is being read again; [`ready`] ends it.
pub(super) fn reloading() {
    match NotifyState::monotonic_usec_now() {
        Ok(now) => notify(&[NotifyState::Reloading, now]),
        Err(_) => notify(&[NotifyState::Reloading]),
    }
}

/// Tells that the end has begun.
pub(super) fn stopping() {
    notify(&[NotifyState::Stopping]);
}

fn notify(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        report::say(format_args!("cannot tell the service manager: {error}"));
    }
}
