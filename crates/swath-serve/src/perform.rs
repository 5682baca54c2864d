//! Sends what was composed: literals and ranges, in order, as one body of exactly known length.
//!
//! In: a [`Content`], the [`Source`] its ranges are of, the [`Record`] of the request, the [`Buffers`].
//! Out: a [`http_body::Body`] that never gives an octet that was not promised, and never ends early without an error.

use std::fmt;
use std::io;
use std::ops::Range;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use byteranges::{Content, Piece};
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use crate::buffers::{Buffers, TURN};
use crate::exchange::{Outcome, Record};
use crate::source::{Chunk, Source, Turns};
use crate::watch::Broken;

/// Sends one response's content.
///
/// Dropped before its end, it ends its record as aborted: by the peer, or by what ended the connection.
/// It must be polled within a tokio runtime, whose blocking pool reads what is not in memory.
pub struct ContentBody {
    pieces: <Content as IntoIterator>::IntoIter,
    /// What is left of the range under way.
    range: Range<u64>,
    left: u64,
    from: From,
    record: Record,
}

/// Where the octets of ranges come from.
enum From {
    Nowhere,
    Memory(Source),
    File(Box<Turns>),
}

/// Says why a response was cut off. The connection (HTTP/1.1) or the stream (HTTP/2) must be reset.
#[derive(Debug)]
pub struct Aborted {
    outcome: Outcome,
    cause: Option<io::Error>,
}

impl ContentBody {
    /// Begins to send `content`, whose ranges are of `source`.
    ///
    /// A page or an error, which is all literal, needs no source; a range without a source is cut off.
    #[must_use]
    pub fn new(content: Content, source: Option<Source>, record: Record, buffers: Arc<Buffers>) -> Self {
        let left = content.length();
        let from = match source {
            Some(Source::File(open)) if content.pieces().any(|piece| matches!(piece, Piece::Range(_))) => {
                From::File(Box::new(Turns::begin(open, left, buffers)))
            }
            Some(source @ Source::Memory(_)) => From::Memory(source),
            Some(Source::File(_)) | None => From::Nowhere,
        };
        Self { pieces: content.into_iter(), range: 0..0, left, from, record }
    }

    /// Begins to send octets that are at hand: a page, an error.
    #[must_use]
    pub fn from_bytes(octets: impl Into<Bytes>, record: Record) -> Self {
        let content = Content::literal(octets);
        let left = content.length();
        Self { pieces: content.into_iter(), range: 0..0, left, from: From::Nowhere, record }
    }

    /// Gives the content of an answer that has none: to HEAD, 304.
    #[must_use]
    pub fn empty(record: Record) -> Self {
        Self::from_bytes(Bytes::new(), record)
    }

    /// Reads the next octets of the range under way.
    fn poll_range(&mut self, context: &mut Context<'_>) -> Poll<Result<Bytes, Broken>> {
        let turn = self.range.start..self.range.end.min(self.range.start.saturating_add(TURN as u64));
        match &mut self.from {
            From::File(turns) => turns.poll(context, &self.range),
            From::Memory(source) => Poll::Ready(match source.chunk(turn) {
                Chunk::Memory(octets) if !octets.is_empty() => Ok(octets),
                Chunk::Memory(_) | Chunk::File { .. } => Err(Broken::Truncated),
            }),
            From::Nowhere => Poll::Ready(Err(Broken::Truncated)),
        }
    }

    fn give(&mut self, octets: Bytes) -> Frame<Bytes> {
        let count = octets.len() as u64;
        self.record.add_sent(count);
        self.left = self.left.saturating_sub(count);
        if self.left == 0 {
            self.record.finish(self.complete());
        }
        Frame::data(octets)
    }

    fn complete(&self) -> Outcome {
        match &self.from {
            From::File(turns) => turns.complete(),
            From::Memory(_) | From::Nowhere => Outcome::Finished,
        }
    }

    fn abort(&mut self, broken: Broken) -> Aborted {
        let (outcome, cause) = broken.into_outcome();
        self.record.abort(outcome, cause.as_ref());
        // No octet more, whoever asks: not even of the literals that would follow.
        self.pieces = Content::default().into_iter();
        self.range = 0..0;
        Aborted { outcome, cause }
    }
}

impl Body for ContentBody {
    type Data = Bytes;
    type Error = Aborted;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Aborted>>> {
        let this = &mut *self;
        while this.range.is_empty() {
            match this.pieces.next() {
                None => return Poll::Ready(None),
                Some(Piece::Literal(octets)) => return Poll::Ready(Some(Ok(this.give(octets)))),
                Some(Piece::Range(range)) => this.range = range.half_open(),
            }
        }
        this.poll_range(context).map(|answer| match answer {
            Ok(octets) => {
                this.range.start = this.range.start.saturating_add(octets.len() as u64);
                Some(Ok(this.give(octets)))
            }
            Err(broken) => Some(Err(this.abort(broken))),
        })
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

impl Drop for ContentBody {
    fn drop(&mut self) {
        // Only content that is empty from the start is not finished yet: its head alone had to leave.
        if self.left == 0 {
            self.record.finish(Outcome::Finished);
        }
    }
}

impl fmt::Debug for ContentBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ContentBody").field("left", &self.left).finish_non_exhaustive()
    }
}

impl Aborted {
    /// Gives the outcome that is recorded.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        self.outcome
    }
}

impl fmt::Display for Aborted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.outcome {
            Outcome::Truncated => {
                "the file became shorter than promised while it was sent; replace files by rename"
            }
            Outcome::ReadError => "the file could not be read to its promised end",
            _ => "the file was changed while it was sent; replace files by rename",
        })
    }
}

impl std::error::Error for Aborted {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.cause.as_ref().map(|cause| cause as _)
    }
}
