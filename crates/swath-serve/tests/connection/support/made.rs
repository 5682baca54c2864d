//! Content that is made as it is sent: a length and how it ends in, octets out.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use swath_serve::connection::BoxError;
use swath_serve::exchange::{Outcome, Record};

/// Content that is made as it is sent.
pub(crate) struct Made {
    kind: Kind,
    pub(super) left: u64,
    pub(super) record: Record,
}

pub(super) enum Kind {
    Bytes,
    Cut,
    /// One chunk at a time: the next is made when the last is gone.
    Held(Arc<AtWork>),
    Slow(Option<Pin<Box<tokio::time::Sleep>>>),
    Panic,
    Text(Bytes),
}

/// Says whether a chunk is out, and who waits for its end.
#[derive(Default)]
pub(super) struct AtWork(Mutex<(bool, Option<Waker>)>);

/// A chunk that is out.
struct Out(Vec<u8>, Arc<AtWork>);

impl AsRef<[u8]> for Out {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Drop for Out {
    fn drop(&mut self) {
        let (_, waiting) = std::mem::take(&mut *self.1.0.lock().unwrap());
        if let Some(waiting) = waiting {
            waiting.wake();
        }
    }
}

impl Made {
    pub(super) fn new(kind: Kind, left: u64, record: Record) -> Made {
        // A response that is cut promises more than it gives.
        let left = if matches!(kind, Kind::Cut) { left + 1000 } else { left };
        Made { kind, left, record }
    }

    fn piece(&mut self, cx: &mut Context<'_>) -> Poll<Result<Bytes, BoxError>> {
        let most = self.left.min(65_536);
        let count = match &mut self.kind {
            Kind::Text(text) => return Poll::Ready(Ok(text.clone())),
            Kind::Bytes => most,
            Kind::Held(work) => {
                let mut state = work.0.lock().unwrap();
                if state.0 {
                    state.1 = Some(cx.waker().clone());
                    return Poll::Pending;
                }
                state.0 = true;
                drop(state);
                let chunk = vec![b'x'; usize::try_from(most).unwrap()];
                return Poll::Ready(Ok(Bytes::from_owner(Out(chunk, Arc::clone(work)))));
            }
            Kind::Panic => panic!("as the test asks"),
            Kind::Cut if self.left <= 1000 => {
                self.record.abort(Outcome::Changed, None);
                return Poll::Ready(Err("the file changed".into()));
            }
            Kind::Cut => most.min(self.left - 1000),
            Kind::Slow(sleep) => {
                let made = || Box::pin(tokio::time::sleep(Duration::from_millis(20)));
                std::task::ready!(sleep.get_or_insert_with(made).as_mut().poll(cx));
                *sleep = None;
                1
            }
        };
        Poll::Ready(Ok(Bytes::from(vec![b'x'; usize::try_from(count).unwrap()])))
    }
}

impl Body for Made {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        if self.left == 0 {
            return Poll::Ready(None);
        }
        self.piece(cx).map(|piece| {
            Some(piece.map(|octets| {
                self.left -= octets.len() as u64;
                self.record.add_sent(octets.len() as u64);
                if self.left == 0 {
                    self.record.finish(Outcome::Finished);
                }
                Frame::data(octets)
            }))
        })
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

impl Drop for Made {
    fn drop(&mut self) {
        if self.left == 0 {
            self.record.finish(Outcome::Finished);
        }
    }
}
