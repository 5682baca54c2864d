//! TLS whose records leave in few system calls, and in whole segments.
//!
//! In: what an engine writes and flushes. Out: TLS records, kept until they are worth a system call or the engine flushes.
//!
//! HTTP/2 writes each DATA frame by itself, some 16 KiB, and each became a system call of its own. So the socket is corked while
//! something is written: it takes nothing until [`ENOUGH`] is offered. TLS keeps the records, without copying them, and offers
//! all of them again with the next.
//!
//! What is taken then are whole segments; the rest waits for what follows, or for the flush. Four records of 16 KiB are 141
//! octets more than a segment over loopback, and each call left those as a segment of their own, to be sent, delivered and
//! acknowledged.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

/// How much is worth a system call: four records.
const ENOUGH: usize = 64 << 10;

/// How much TLS may keep meanwhile: that, and one record that is being added.
const KEPT_MAX: usize = 80 << 10;

/// TLS over a socket that is corked from the first write to the next flush.
#[derive(Debug)]
pub(crate) struct Gathered(TlsStream<Cork>);

impl Gathered {
    /// Takes over once the handshake is done.
    pub(crate) fn new(mut tls: TlsStream<Cork>) -> Gathered {
        tls.get_mut().1.set_buffer_limit(Some(KEPT_MAX));
        Gathered(tls)
    }

    /// The socket itself.
    pub(crate) fn socket(&self) -> &TcpStream {
        &self.0.get_ref().0.socket
    }

    /// The protocol that the peer chose in the handshake, if it chose one.
    pub(crate) fn protocol(&self) -> Option<&[u8]> {
        self.0.get_ref().1.alpn_protocol()
    }

    fn corked(&mut self, corked: bool) -> Pin<&mut TlsStream<Cork>> {
        self.0.get_mut().0.corked = corked;
        Pin::new(&mut self.0)
    }
}

impl AsyncRead for Gathered {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().0).poll_read(cx, buf)
    }
}

impl AsyncWrite for Gathered {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[IoSlice::new(buf)])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if let Poll::Ready(written) = this.corked(true).poll_write_vectored(cx, bufs) {
            return Poll::Ready(written);
        }
        // No more is kept, however little was gathered: now the socket has to say when.
        this.corked(false).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().corked(false).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().corked(false).poll_shutdown(cx)
    }
}

/// A socket that may be corked: then it takes whole segments of much, or nothing.
///
/// A corked socket wakes nobody, so whoever waits for it has to uncork it first.
#[derive(Debug)]
pub(crate) struct Cork {
    socket: TcpStream,
    corked: bool,
}

impl Cork {
    /// Wraps a socket; it is not corked yet.
    pub(crate) fn new(socket: TcpStream) -> Cork {
        Cork { socket, corked: false }
    }

    /// How much of so many octets to send at once: as many whole segments as there are.
    ///
    /// Asked for each time, since it grows with the peer's window; that costs less than a hundredth of what it spares.
    fn whole_segments(&self, offered: usize) -> usize {
        let segment = SockRef::from(&self.socket).tcp_mss().map_or(0, |octets| octets as usize);
        match offered.checked_rem(segment) {
            Some(rest) if rest < offered => offered - rest,
            _ => offered,
        }
    }
}

/// The first octets of what is offered.
fn first<'a>(bufs: &'a [IoSlice<'_>], mut octets: usize) -> Vec<IoSlice<'a>> {
    let taken = bufs.iter().map_while(|buf| {
        let (taken, _) = buf.split_at_checked(octets).unwrap_or((buf, &[]));
        octets -= taken.len();
        (!taken.is_empty()).then(|| IoSlice::new(taken))
    });
    taken.collect()
}

impl AsyncRead for Cork {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().socket).poll_read(cx, buf)
    }
}

impl AsyncWrite for Cork {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[IoSlice::new(buf)])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if !this.corked {
            return Pin::new(&mut this.socket).poll_write_vectored(cx, bufs);
        }
        let offered = bufs.iter().map(|buf| buf.len()).sum();
        if offered < ENOUGH {
            return Poll::Pending;
        }
        let bufs = first(bufs, this.whole_segments(offered));
        Pin::new(&mut this.socket).poll_write_vectored(cx, &bufs)
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
        let mut cork = Cork { corked: true, ..Cork::new(accepted?.0) };
        assert_eq!(offer(&mut cork, ENOUGH - 1).await, None);
        let segment = SockRef::from(&cork.socket).tcp_mss()? as usize;
        let whole = (ENOUGH + 1) / segment * segment;
        assert!((1..=ENOUGH).contains(&whole), "{segment}");
        assert_eq!(offer(&mut cork, ENOUGH + 1).await, Some(whole));
        cork.corked = false;
        assert_eq!(offer(&mut cork, 1).await, Some(1));
        cork.shutdown().await?;
        let mut received = Vec::new();
        peer?.read_to_end(&mut received).await?;
        assert_eq!(received.len(), whole + 1);
        Ok(())
    }

    #[test]
    fn the_first_octets_are_taken_in_order_wherever_they_end() {
        let offered = [b"ab".as_slice(), b"cde", b"f"];
        let bufs = offered.map(IoSlice::new);
        for octets in 0..=6 {
            let taken: Vec<u8> = first(&bufs, octets).iter().flat_map(|buf| buf.to_vec()).collect();
            assert_eq!(taken, b"abcdef"[..octets], "{octets}");
        }
    }
}
