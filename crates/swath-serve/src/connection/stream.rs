//! The octet stream below HTTP: TCP, a Unix socket, or TLS over TCP.
//!
//! Comes in: an accepted socket. Goes out: one type to read and write, and a way to end it without ceremony.

use std::io::{self, IoSlice};
#[cfg(target_os = "linux")]
use std::os::fd::OwnedFd;
use std::os::fd::{AsFd, BorrowedFd};
use std::pin::Pin;
use std::task::{Context, Poll};

use rustix::io::retry_on_intr;
use rustix::net::SendFlags;
#[cfg(target_os = "linux")]
use rustix::pipe::SpliceFlags;
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};
use tokio::net::{TcpStream, UnixStream};

use super::cork::Gathered;

/// One connection's octets.
#[derive(Debug)]
pub(crate) enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
    Tls(Box<Gathered>),
}

impl Stream {
    /// Makes the coming close a reset: what is unsent is thrown away, and the peer is told that the
    /// connection was cut.
    ///
    /// A Unix socket knows no reset; there a response that ends short of its length tells the peer.
    pub(crate) fn reset_on_close(&self) {
        let done = match self {
            Stream::Tcp(socket) => socket.set_zero_linger(),
            Stream::Tls(tls) => tls.socket().set_zero_linger(),
            Stream::Unix(_) => Ok(()),
        };
        // It fails only on a socket the peer has already reset.
        drop(done);
    }
}

/// Sends without an engine in between; not for TLS, whose octets are not those that leave.
impl Stream {
    /// Waits until the kernel may take octets.
    pub(crate) fn poll_writable(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Stream::Tcp(socket) => socket.poll_write_ready(cx),
            Stream::Unix(socket) => socket.poll_write_ready(cx),
            Stream::Tls(_) => Poll::Ready(Err(io::ErrorKind::Unsupported.into())),
        }
    }

    /// Sends what the kernel takes at once; `more` says that other octets follow at once, and these may wait for them.
    pub(crate) fn try_send(&self, octets: &[u8], more: bool) -> io::Result<usize> {
        // A peer that is gone is an error, not a signal.
        let flags = if more { SendFlags::NOSIGNAL | SendFlags::MORE } else { SendFlags::NOSIGNAL };
        let send = |socket: BorrowedFd<'_>| Ok(retry_on_intr(|| rustix::net::send(socket, octets, flags))?);
        self.try_write(send)
    }

    /// Has the kernel send octets that wait in a pipe, as many as it takes at once.
    #[cfg(target_os = "linux")]
    pub(crate) fn try_splice(&self, pipe: &OwnedFd, count: usize) -> io::Result<usize> {
        let splice = |socket: BorrowedFd<'_>| {
            rustix::pipe::splice(pipe, None, socket, None, count, SpliceFlags::NONBLOCK)
        };
        self.try_write(|socket| Ok(retry_on_intr(|| splice(socket))?))
    }

    fn try_write(&self, write: impl FnOnce(BorrowedFd<'_>) -> io::Result<usize>) -> io::Result<usize> {
        match self {
            Stream::Tcp(socket) => socket.try_io(Interest::WRITABLE, || write(socket.as_fd())),
            Stream::Unix(socket) => socket.try_io(Interest::WRITABLE, || write(socket.as_fd())),
            Stream::Tls(_) => Err(io::ErrorKind::Unsupported.into()),
        }
    }
}

/// Calls a method on whichever stream it is.
macro_rules! each {
    ($self:ident, $stream:ident => $call:expr) => {
        match $self.get_mut() {
            Stream::Tcp($stream) => $call,
            Stream::Unix($stream) => $call,
            Stream::Tls($stream) => $call,
        }
    };
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        each!(self, stream => Pin::new(stream).poll_read(cx, buf))
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        each!(self, stream => Pin::new(stream).poll_write(cx, buf))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        each!(self, stream => Pin::new(stream).poll_write_vectored(cx, bufs))
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Stream::Tcp(stream) => stream.is_write_vectored(),
            Stream::Unix(stream) => stream.is_write_vectored(),
            Stream::Tls(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        each!(self, stream => Pin::new(stream).poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        each!(self, stream => Pin::new(stream).poll_shutdown(cx))
    }
}
