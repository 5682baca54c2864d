//! What a connection reads: heads, one after the other, each within its time.
//!
//! In: a stream. Out: requests in order, and how it ends. A connection that waits keeps what it has not read to its end, and
//! nothing else.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, ready};

use bytes::BytesMut;
use tokio::io::AsyncReadExt;
use tokio::time::Instant;

use super::memory;
use super::pass::Why;
use super::request::{self, Heard, Reading};
use super::waits::Waits;
use crate::connection::{Stage, Stream, bell};

/// What has come over a connection, and when.
pub(super) struct Line {
    /// What came and is not read to its end; `None` where nothing did.
    pub(super) unread: Option<BytesMut>,
    /// When the first octet of the head that is being read came.
    pub(super) head_since: Option<Instant>,
    /// How many requests there have been.
    pub(super) requests: u64,
    idle_since: Instant,
}

/// What came next.
pub(super) enum Next {
    Request(Heard),
    /// Something for the engine.
    Declined,
    End(Why),
}

impl Line {
    pub(super) fn new() -> Self {
        Self { unread: None, head_since: None, requests: 0, idle_since: Instant::now() }
    }

    /// Takes note that the last answer has left.
    pub(super) fn rest(&mut self) {
        self.idle_since = Instant::now();
    }

    /// Waits for the next request.
    pub(super) fn poll_next(
        &mut self,
        cx: &mut Context<'_>,
        stream: &mut Stream,
        waits: &mut Waits<'_>,
    ) -> Poll<Next> {
        let mut begins = false;
        loop {
            if let Some(unread) = &mut self.unread {
                let reading = request::read(unread, waits.limits.head_fields, memory::take_fields);
                if let Reading::Request(request) = reading {
                    return Poll::Ready(self.begin(request));
                }
                // Nobody asks for the moment where all of a head came at once.
                if begins {
                    self.head_since.get_or_insert_with(Instant::now);
                }
                if let Reading::Declined = reading {
                    return Poll::Ready(Next::Declined);
                }
            } else if bell::word().stage != Stage::Serving {
                return Poll::Ready(Next::End(Why::Stopped));
            }
            begins |= self.unread.is_none();
            match self.poll_read(cx, stream) {
                Poll::Pending => break,
                Poll::Ready(Ok(0)) => return Poll::Ready(Next::End(Why::Ended)),
                Poll::Ready(Ok(_)) => {}
                Poll::Ready(Err(_)) => return Poll::Ready(Next::End(Why::Gone)),
            }
        }
        if bell::word().stage == Stage::Cutting {
            return Poll::Ready(Next::End(Why::Stopped));
        }
        let deadline = self.deadline(waits);
        ready!(waits.poll(cx, Some(deadline)));
        Poll::Ready(Next::End(if self.unread.is_some() { Why::Late } else { Why::Idle }))
    }

    /// Reads what there is, into memory that is only kept once something came.
    fn poll_read(&mut self, cx: &mut Context<'_>, stream: &mut Stream) -> Poll<std::io::Result<usize>> {
        let mut buffer = memory::take_read();
        let read = pin!(stream.read_buf(&mut buffer)).poll(cx);
        if buffer.is_empty() {
            memory::give_read(buffer);
        } else if let Some(unread) = &mut self.unread {
            // Part of a head: no more is kept of it than came.
            unread.extend_from_slice(&buffer);
            memory::give_read(buffer);
        } else {
            self.unread = Some(buffer);
        }
        read
    }

    fn begin(&mut self, request: Heard) -> Next {
        self.unread.take_if(|unread| unread.is_empty());
        // What is there of the next head already has its time from when this answer has left.
        self.head_since = None;
        self.requests = self.requests.saturating_add(1);
        Next::Request(request)
    }

    /// Takes a request back that is for the engine after all.
    pub(super) fn put_back(&mut self, request: Heard) {
        let (mut octets, _) = request.into_memory();
        octets.unsplit(self.unread.take().unwrap_or_default());
        self.unread = Some(octets);
        self.requests = self.requests.saturating_sub(1);
    }

    /// The deadline while nothing is under way.
    fn deadline(&self, waits: &Waits<'_>) -> Instant {
        let limits = waits.limits;
        if let Some(since) = self.head_since {
            return since + limits.head_time;
        }
        if self.unread.is_some() {
            return self.idle_since + limits.head_time;
        }
        // A connection that never asked for anything gets the time of a head for its first octet.
        let patience = if self.requests == 0 { limits.head_time } else { limits.idle_time };
        let crowded = bell::word().crowded;
        self.idle_since + if crowded { patience.min(limits.crowded_idle_time) } else { patience }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_back_is_what_came() {
        for all in ["GET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /next"] {
            let mut line = Line::new();
            let unread = line.unread.insert(BytesMut::from(all));
            let Reading::Request(request) = request::read(unread, 100, Vec::new) else {
                panic!("a plain head")
            };
            let Next::Request(request) = line.begin(request) else { panic!("a request") };
            line.put_back(request);
            assert_eq!((line.unread.as_deref(), line.requests), (Some(all.as_bytes()), 0));
        }
    }
}
