//! The content of an answer, on its way through the lens.
//!
//! In: the origin's content and the connection it comes on. Out: the same octets, asked of the origin only when
//! somebody takes them; an error where the origin breaks off, so that no part looks like the whole.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::time::{Sleep, sleep};

use super::ask::Connection;
use crate::connection::BoxError;
use crate::exchange::{Outcome, Record};
use crate::perform::ContentBody;

/// The content of a response of the lens.
pub enum LensBody {
    /// What the lens says itself.
    Own(Box<ContentBody>),
    /// What the origin says.
    Forwarded(Box<Forwarded>),
}

/// The origin's content.
pub struct Forwarded {
    content: Incoming,
    connection: Connection,
    record: Record,
    /// Whether the length was not known at the start, so that what is planned grows with what comes.
    open_ended: bool,
    patience: Duration,
    /// Runs while the origin is waited for.
    waiting: Option<Pin<Box<Sleep>>>,
    /// Whether it broke off.
    lost: bool,
}

/// Says that the origin did not send all of its answer. The connection or stream to the client must be reset.
#[derive(Debug)]
pub struct OriginLost {
    outcome: Outcome,
    reason: String,
}

impl Forwarded {
    pub(super) fn new(content: Incoming, connection: Connection, patience: Duration, record: Record) -> Self {
        let open_ended = content.size_hint().exact().is_none();
        Self { content, connection, record, open_ended, patience, waiting: None, lost: false }
    }

    fn give(&mut self, octets: Bytes) -> Frame<Bytes> {
        self.waiting = None;
        let count = octets.len() as u64;
        if self.open_ended {
            self.record.add_planned(count);
        }
        self.record.add_sent(count);
        if self.content.is_end_stream() {
            self.record.finish(Outcome::Finished);
        }
        Frame::data(octets)
    }

    fn lose(&mut self, outcome: Outcome, reason: String) -> OriginLost {
        self.lost = true;
        self.record.fault(reason.clone());
        self.record.abort(outcome, None);
        OriginLost { outcome, reason }
    }

    /// Waits for the origin, and says whether that has taken too long.
    fn poll_patience(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let patience = self.patience;
        self.waiting.get_or_insert_with(|| Box::pin(sleep(patience))).as_mut().poll(cx)
    }

    fn poll_octets(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, OriginLost>>> {
        if self.lost {
            return Poll::Ready(None);
        }
        loop {
            self.connection.drive(cx);
            match Pin::new(&mut self.content).poll_frame(cx) {
                Poll::Ready(Some(Ok(frame))) => match frame.into_data() {
                    Ok(octets) => return Poll::Ready(Some(Ok(self.give(octets)))),
                    // Trailer fields belong to the connection, as Trailer and TE do, which are not passed on.
                    Err(_) => continue,
                },
                Poll::Ready(Some(Err(error))) => {
                    let reason = format!("the origin broke off: {error}");
                    return Poll::Ready(Some(Err(self.lose(Outcome::OriginCut, reason))));
                }
                Poll::Ready(None) => {
                    self.record.finish(Outcome::Finished);
                    return Poll::Ready(None);
                }
                Poll::Pending => {}
            }
            return self.poll_patience(cx).map(|()| {
                let patience = humantime::format_duration(self.patience);
                let reason = format!("the origin sent nothing for {patience}");
                Some(Err(self.lose(Outcome::OriginStalled, reason)))
            });
        }
    }
}

impl Body for LensBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        match &mut *self {
            LensBody::Own(body) => Pin::new(body).poll_frame(cx).map_err(Into::into),
            LensBody::Forwarded(body) => body.poll_octets(cx).map_err(Into::into),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            LensBody::Own(body) => body.is_end_stream(),
            LensBody::Forwarded(body) => !body.lost && body.content.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            LensBody::Own(body) => body.size_hint(),
            LensBody::Forwarded(body) => body.content.size_hint(),
        }
    }
}

impl Drop for Forwarded {
    fn drop(&mut self) {
        // Content that is empty from the start is never asked for.
        if self.content.is_end_stream() {
            self.record.finish(Outcome::Finished);
        }
    }
}

impl fmt::Debug for LensBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LensBody::Own(body) => body.fmt(f),
            LensBody::Forwarded(body) => f.debug_tuple("Forwarded").field(&body.content).finish(),
        }
    }
}

impl OriginLost {
    /// Gives the outcome that is recorded.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        self.outcome
    }
}

impl fmt::Display for OriginLost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

impl std::error::Error for OriginLost {}
