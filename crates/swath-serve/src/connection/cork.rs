//! A socket below TLS that is given much at once, where much comes at once.
//!
//! In: TLS records. Out: the same, in fewer system calls.
//!
//! HTTP/2 writes each DATA frame by itself, some 16 KiB, and each became a system call of its own. While the socket is
//! corked it takes nothing until [`ENOUGH`] is offered: TLS keeps the records, without copying them, and offers all of
//! them again with the next.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// How much is worth a system call: four records.
const ENOUGH: usize = 64 << 10;

/// How much TLS may keep meanwhile: that, and one record that is being added.
pub(super) const KEPT_MAX: usize = 80 << 10;

/// Gathers what is written until it is enough, or is uncorked.
#[derive(Debug)]
pub(crate) struct Cork {
    socket: TcpStream,
    corked: bool,
}

impl Cork {
    /// Wraps a socket; it is not corked yet.
    pub(crate) fn new(socket: TcpStream) -> Self {
        Self { socket, corked: false }
    }

    /// The socket itself.
    pub(crate) fn socket(&self) -> &TcpStream {
        &self.socket
    }

    /// Has the socket wait for more, or not any longer.
    ///
    /// Whoever corks it has to uncork it before waiting for anything: a corked socket wakes nobody.
    pub(crate) fn set_corked(&mut self, corked: bool) {
        self.corked = corked;
    }

    fn waits_for_more(&self, offered: usize) -> bool {
        self.corked && offered < ENOUGH
    }
}

impl AsyncRead for Cork {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().socket).poll_read(cx, buf)
    }
}

impl AsyncWrite for Cork {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if this.waits_for_more(buf.len()) {
            return Poll::Pending;
        }
        Pin::new(&mut this.socket).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if this.waits_for_more(bufs.iter().map(|buf| buf.len()).sum()) {
            return Poll::Pending;
        }
        Pin::new(&mut this.socket).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().socket).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().socket).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    /// What the socket takes of so many octets that are offered once.
    async fn offer(cork: &mut Cork, octets: usize) -> Option<usize> {
        let offered = vec![7; octets];
        poll_fn(|cx| {
            Poll::Ready(match Pin::new(&mut *cork).poll_write_vectored(cx, &[IoSlice::new(&offered)]) {
                Poll::Ready(taken) => taken.ok(),
                Poll::Pending => None,
            })
        })
        .await
    }

    #[tokio::test]
    async fn little_waits_for_more_and_leaves_once_uncorked() -> io::Result<()> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let (peer, accepted) = tokio::join!(TcpStream::connect(listener.local_addr()?), listener.accept());
        let mut cork = Cork::new(accepted?.0);
        cork.set_corked(true);
        assert_eq!(offer(&mut cork, ENOUGH - 1).await, None);
        assert_eq!(offer(&mut cork, ENOUGH).await, Some(ENOUGH));
        cork.set_corked(false);
        assert_eq!(offer(&mut cork, 1).await, Some(1));
        cork.shutdown().await?;
        let mut received = Vec::new();
        peer?.read_to_end(&mut received).await?;
        assert_eq!(received.len(), ENOUGH + 1);
        Ok(())
    }
}
