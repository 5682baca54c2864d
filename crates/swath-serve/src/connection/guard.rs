//! The stream as the HTTP engine sees it: watched, paced, and relieved of what is not to be sent.
//!
//! Comes in: the engine's reads and writes. Goes out: the same on the stream below, and word of them to
//! [`Progress`].

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::bucket::Bucket;
use super::progress::Progress;
use super::stream::Stream;

/// Stands between an engine and a stream.
pub(super) struct Guard {
    stream: Stream,
    /// What was read before it was known which engine this is for.
    read_ahead: Bytes,
    progress: Arc<Progress>,
    bucket: Option<Bucket>,
    /// Whether the engine's shutdown ends the stream, or only empties it for the driver to end.
    ends_stream: bool,
}

impl Guard {
    /// Guards a stream whose end is left to the engine.
    pub(super) fn new(
        stream: Stream,
        read_ahead: Bytes,
        progress: Arc<Progress>,
        bucket: Option<Bucket>,
    ) -> Guard {
        Guard { stream, read_ahead, progress, bucket, ends_stream: true }
    }

    /// Leaves the end of the stream to whoever takes the stream back from the engine.
    pub(super) fn left_open(mut self) -> Guard {
        self.ends_stream = false;
        self
    }

    /// Returns the stream itself, to end the connection on it.
    pub(super) fn stream(&mut self) -> &mut Stream {
        &mut self.stream
    }

    /// Says whether octets that were read ahead are still unread.
    pub(super) fn has_read_ahead(&self) -> bool {
        !self.read_ahead.is_empty()
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        // A response that is not complete, also because serving it panicked, must not look complete.
        if self.progress.was_cut() || !self.progress.is_idle() {
            self.stream.reset_on_close();
        }
        self.progress.over();
    }
}

impl AsyncRead for Guard {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if !this.read_ahead.is_empty() {
            let octets = this.read_ahead.len().min(buf.remaining());
            buf.put_slice(&this.read_ahead[..octets]);
            this.read_ahead.advance(octets);
            return Poll::Ready(Ok(()));
        }
        let before = buf.filled().len();
        ready!(Pin::new(&mut this.stream).poll_read(cx, buf))?;
        if buf.filled().len() > before {
            this.progress.read();
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Guard {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[IoSlice::new(buf)])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let Some(mut allowed) = this.progress.offer(bufs) else {
            // Taken and thrown away: the driver writes an answer of ours in its place.
            return Poll::Ready(Ok(bufs.iter().map(|piece| piece.len()).sum()));
        };
        if let Some(bucket) = &mut this.bucket {
            match bucket.poll_allowance(cx) {
                Poll::Ready(allowance) => allowed = allowed.min(allowance),
                Poll::Pending => {
                    this.progress.paced();
                    // What was gathered need not wait for what may not leave yet.
                    return match Pin::new(&mut this.stream).poll_flush(cx) {
                        Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
                        _ => Poll::Pending,
                    };
                }
            }
        }
        match poll_write_at_most(Pin::new(&mut this.stream), cx, bufs, allowed) {
            Poll::Ready(Ok(octets)) => {
                this.progress.wrote(bufs, octets);
                if let Some(bucket) = &mut this.bucket {
                    bucket.take(octets);
                }
                Poll::Ready(Ok(octets))
            }
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Pending => {
                this.progress.blocked();
                Poll::Pending
            }
        }
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let flushed = Pin::new(&mut this.stream).poll_flush(cx);
        match flushed {
            // TLS holds octets back that the peer does not take.
            Poll::Pending => this.progress.blocked(),
            Poll::Ready(_) => this.progress.flushed(),
        }
        flushed
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.ends_stream {
            Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
        } else {
            self.poll_flush(cx)
        }
    }
}

/// Writes the first octets of `bufs`, no more than `most`.
fn poll_write_at_most(
    stream: Pin<&mut Stream>,
    cx: &mut Context<'_>,
    bufs: &[IoSlice<'_>],
    most: usize,
) -> Poll<io::Result<usize>> {
    let mut total = 0usize;
    let whole = bufs.iter().take_while(|piece| {
        total = total.saturating_add(piece.len());
        total <= most
    });
    match whole.count() {
        0 => {
            let first = bufs.first().map_or(&[][..], |piece| &piece[..piece.len().min(most)]);
            stream.poll_write(cx, first)
        }
        1 => stream.poll_write(cx, &bufs[0]),
        pieces => stream.poll_write_vectored(cx, &bufs[..pieces]),
    }
}
