//! The streams of one HTTP/2 connection as tasks of their own, each watched for a peer that opens no window.
//!
//! Comes in: the engine's futures, one per stream. Goes out: the same, dropped when their stream makes no progress; dropping one
//! resets its stream.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::time::{Instant, sleep_until};

use super::progress::Progress;
use crate::exchange::Outcome;
use crate::tally::Tally;

/// Runs the streams of one connection.
#[derive(Clone)]
pub(super) struct StreamTasks {
    stalled_write_time: Duration,
    /// The stream whose request was just taken: the engine hands over its future next.
    next: Arc<Mutex<Option<Arc<Marks>>>>,
}

impl StreamTasks {
    pub(super) fn new(stalled_write_time: Duration) -> StreamTasks {
        StreamTasks { stalled_write_time, next: Arc::default() }
    }

    /// Notes that the next future handed over is this stream's.
    pub(super) fn next(&self, watch: &StreamWatch) {
        *self.next.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&watch.marks));
    }
}

impl<F: Future<Output = ()> + Send + 'static> hyper::rt::Executor<F> for StreamTasks {
    fn execute(&self, stream: F) {
        let marks = self.next.lock().unwrap_or_else(PoisonError::into_inner).take();
        let patience = self.stalled_write_time;
        tokio::spawn(async move {
            let Some(marks) = marks else { return stream.await };
            tokio::select! {
                biased;
                () = stream => {}
                () = marks.stalled(patience) => {}
            }
        });
    }
}

/// Follows one stream; when it is dropped, the stream is over.
pub(super) struct StreamWatch {
    marks: Arc<Marks>,
    progress: Arc<Progress>,
}

struct Marks {
    tally: Arc<Tally>,
    /// When the stream last took content; `None` while it waits for us to make some.
    moved: Mutex<Option<Instant>>,
}

impl StreamWatch {
    pub(super) fn new(tally: Arc<Tally>, progress: Arc<Progress>) -> StreamWatch {
        StreamWatch { marks: Arc::new(Marks { tally, moved: Mutex::new(None) }), progress }
    }
}

impl Drop for StreamWatch {
    fn drop(&mut self) {
        self.progress.stream_over(&self.marks.tally);
    }
}

impl Marks {
    fn moved(&self) {
        *self.moved.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    fn waits_for_us(&self) {
        *self.moved.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Waits until the stream has taken nothing for as long as `patience`.
    async fn stalled(&self, patience: Duration) {
        loop {
            let moved = *self.moved.lock().unwrap_or_else(PoisonError::into_inner);
            let now = Instant::now();
            let at = moved.unwrap_or(now) + patience;
            if at <= now {
                // Before the stream is dropped, so that whoever hears of its end hears why.
                self.tally.end_as(Outcome::Stalled);
                return;
            }
            sleep_until(at).await;
        }
    }
}

/// A response's content on its way to a stream.
pub(super) struct Watched<B> {
    // Dropped first, so that its end is known before its stream is over.
    body: Pin<Box<B>>,
    watch: StreamWatch,
}

impl<B: Body<Data = Bytes>> Watched<B> {
    pub(super) fn new(body: B, watch: StreamWatch) -> Watched<B> {
        watch.marks.moved();
        Watched { body: Box::pin(body), watch }
    }
}

impl<B: Body<Data = Bytes>> Body for Watched<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let this = self.get_mut();
        // The engine asks only once the stream has room.
        let frame = this.body.as_mut().poll_frame(cx);
        if frame.is_ready() {
            this.watch.marks.moved();
        } else {
            this.watch.marks.waits_for_us();
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
