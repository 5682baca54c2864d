//! The content of an answer as it comes, and the connection that is left when it has ended.
//!
//! In: frames. Out: octets, or how they broke off.

use std::future::poll_fn;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::Body as _;
use hyper::body::Incoming;
use url::{Origin, Url};

use super::link::Link;
use crate::fault::{Trouble, sentence};

/// The most of a redirection's own content that is read, so that its connection can be used again.
const LEFTOVER: u64 = 16 << 10;

/// The content of an answer, still to come, and the connection that it comes over.
pub(crate) struct Content {
    pub(super) frames: Incoming,
    pub(super) link: Link,
    pub(super) origin: Origin,
    /// Where it comes from, for sentences.
    pub(super) url: Url,
}

/// A connection that is open and idle.
pub(crate) struct Idle {
    pub(super) link: Link,
    pub(super) origin: Origin,
}

impl Content {
    /// Reads the next octets of content; `None` is the end that the framing says.
    pub(crate) fn poll_octets(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Trouble>>> {
        loop {
            return Poll::Ready(match ready!(self.link.poll_frame(&mut self.frames, context)) {
                None => None,
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(octets) => Some(Ok(octets)),
                    // Trailers say nothing that counts here.
                    Err(_) => continue,
                },
                Some(Err(error)) => Some(Err(self.broken(&error))),
            });
        }
    }

    /// Keeps the connection for another request, after the content has ended.
    pub(crate) async fn into_idle(mut self) -> Option<Idle> {
        self.link.is_open().await.then_some(Idle { link: self.link, origin: self.origin })
    }

    /// Reads what little content a redirection has.
    pub(super) async fn drain(mut self) -> Option<Idle> {
        let length = self.frames.size_hint().upper();
        if length.is_none_or(|length| length > LEFTOVER) {
            return None;
        }
        while let Some(octets) = poll_fn(|context| self.poll_octets(context)).await {
            octets.ok()?;
        }
        self.into_idle().await
    }

    fn broken(&self, error: &hyper::Error) -> Trouble {
        let why = format!("{}: {}", self.url, sentence(error));
        let cause = std::error::Error::source(error).and_then(|cause| cause.downcast_ref::<std::io::Error>());
        match cause.map(std::io::Error::kind) {
            Some(std::io::ErrorKind::UnexpectedEof) => Trouble::short(why),
            _ => Trouble::broken(why),
        }
    }
}
