//! What the HTTP/2 engine writes, gathered into few system calls.
//!
//! In: the engine's frames, each flushed by itself. Out: the same octets, sent when they are many, or when whoever drives
//! the engine says that it has no more for now.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::guard::Guard;

/// One guarded stream in two hands: the engine's, whose flushes wait, and its driver's, whose do not.
///
/// Both belong to one task, so that neither waits for the other.
#[derive(Clone)]
pub(super) struct Gather(Arc<Mutex<Shared>>);

struct Shared {
    guard: Guard,
    /// Whether the engine has written anything since this was asked last.
    written: bool,
}

impl Gather {
    pub(super) fn new(guard: Guard) -> Gather {
        Gather(Arc::new(Mutex::new(Shared { guard, written: false })))
    }

    /// Says whether the engine has written anything since this was asked last.
    pub(super) fn has_written(&self) -> bool {
        std::mem::take(&mut self.shared().written)
    }

    /// Sends what was gathered.
    pub(super) fn poll_send(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.shared().guard).poll_flush(cx)
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl AsyncRead for Gather {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.shared().guard).poll_read(cx, buf)
    }
}

impl AsyncWrite for Gather {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[IoSlice::new(buf)])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let mut shared = self.shared();
        let written = Pin::new(&mut shared.guard).poll_write_vectored(cx, bufs);
        shared.written |= written.is_ready();
        written
    }

    fn is_write_vectored(&self) -> bool {
        self.shared().guard.is_write_vectored()
    }

    /// Leaves it to the driver, who flushes once the engine has written all it has.
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.shared().guard).poll_shutdown(cx)
    }
}
