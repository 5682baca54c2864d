//! The streams of one HTTP/2 connection as tasks of their own, each watched for a peer that opens no window.
//!
//! Comes in: the engine's futures, one per stream. Goes out: the same, dropped when their stream makes no
//! progress; dropping one resets its stream.
//!
//! A peer is waited for while content that was given to the engine has not left it. Whether the content's
//! maker is ready with more says nothing: one that makes a chunk only when the last is gone waits for the
//! peer too.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::time::{Instant, sleep_until};

use super::ahead::{Ahead, Leave};
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
}

struct Marks {
    tally: Arc<Tally>,
    progress: Arc<Progress>,
    given: Mutex<Given>,
}

/// What the engine was given and still holds.
struct Given {
    chunks: usize,
    /// When it last took or let go of any.
    moved: Instant,
}

impl StreamWatch {
    pub(super) fn new(tally: Arc<Tally>, progress: Arc<Progress>) -> StreamWatch {
        let given = Mutex::new(Given { chunks: 0, moved: Instant::now() });
        StreamWatch { marks: Arc::new(Marks { tally, progress, given }) }
    }
}

impl Drop for StreamWatch {
    fn drop(&mut self) {
        self.marks.progress.stream_over(&self.marks.tally);
    }
}

impl Marks {
    fn given(&self) -> MutexGuard<'_, Given> {
        self.given.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Since when the peer has been waited for, if it is; waiting for our own pace is not its stall.
    fn waiting_since(&self) -> Option<Instant> {
        let given = self.given();
        (given.chunks > 0)
            .then(|| self.progress.paced_at().map_or(given.moved, |paced| paced.max(given.moved)))
    }

    /// Waits until the stream has taken nothing for as long as `patience`.
    async fn stalled(&self, patience: Duration) {
        loop {
            let now = Instant::now();
            let at = self.waiting_since().unwrap_or(now) + patience;
            if at <= now {
                // Before the stream is dropped, so that whoever hears of its end hears why.
                self.tally.end_as(Outcome::Stalled);
                return;
            }
            sleep_until(at).await;
        }
    }
}

/// A chunk that the engine holds; counted until its last octet has left.
struct Held {
    chunk: Bytes,
    marks: Arc<Marks>,
    _leave: Leave,
}

impl Held {
    fn new(chunk: Bytes, marks: &Arc<Marks>, leave: Leave) -> Held {
        let mut given = marks.given();
        given.chunks = given.chunks.saturating_add(1);
        drop(given);
        Held { chunk, marks: Arc::clone(marks), _leave: leave }
    }
}

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        &self.chunk
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut given = self.marks.given();
        given.chunks = given.chunks.saturating_sub(1);
        given.moved = Instant::now();
    }
}

/// The longest piece of a chunk that is given at once, so that each one taken shows as progress: with the head of its
/// frame (RFC 9113 §4.1) it fills one TLS record (RFC 8446 §5.1), where one octet more makes two.
const PIECE: usize = 16_384 - 9;

/// A response's content on its way to a stream.
pub(super) struct Watched<B> {
    // Dropped first, so that its end is known before its stream is over.
    body: Pin<Box<B>>,
    /// What is left of the last chunk.
    rest: Bytes,
    ahead: Arc<Ahead>,
    /// For leave to have the next chunk made.
    waiting: Option<Pin<Box<dyn Future<Output = Leave> + Send>>>,
    watch: StreamWatch,
}

impl<B: Body<Data = Bytes>> Watched<B> {
    pub(super) fn new(body: B, watch: StreamWatch, ahead: Arc<Ahead>) -> Watched<B> {
        Watched { body: Box::pin(body), rest: Bytes::new(), ahead, waiting: None, watch }
    }

    /// Waits for leave to have the next chunk made.
    fn poll_leave(&mut self, cx: &mut Context<'_>) -> Poll<Leave> {
        let waiting = match &mut self.waiting {
            Some(waiting) => waiting,
            none => {
                let octets = self.body.size_hint().lower();
                if let Some(leave) = self.ahead.now(octets) {
                    return Poll::Ready(leave);
                }
                none.insert(Box::pin(Arc::clone(&self.ahead).wait(octets)))
            }
        };
        let leave = ready!(waiting.as_mut().poll(cx));
        self.waiting = None;
        Poll::Ready(leave)
    }

    /// Gives the next piece of the last chunk.
    fn piece(&mut self) -> Frame<Bytes> {
        self.watch.marks.given().moved = Instant::now();
        Frame::data(self.rest.split_to(self.rest.len().min(PIECE)))
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
        if !this.rest.is_empty() {
            return Poll::Ready(Some(Ok(this.piece())));
        }
        // Given back while the body waits, for a disk say: others read meanwhile.
        let leave = ready!(this.poll_leave(cx));
        match ready!(this.body.as_mut().poll_frame(cx)).transpose()?.map(Frame::into_data) {
            Some(Ok(chunk)) if !chunk.is_empty() => {
                this.rest = Bytes::from_owner(Held::new(chunk, &this.watch.marks, leave));
                Poll::Ready(Some(Ok(this.piece())))
            }
            Some(Ok(nothing)) => Poll::Ready(Some(Ok(Frame::data(nothing)))),
            Some(Err(other)) => Poll::Ready(Some(Ok(other))),
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (hint, rest) = (self.body.size_hint(), self.rest.len() as u64);
        let mut all = SizeHint::new();
        all.set_lower(hint.lower().saturating_add(rest));
        if let Some(upper) = hint.upper() {
            all.set_upper(upper.saturating_add(rest));
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use http_body_util::Full;

    use super::*;

    const CHUNK: usize = 65_536;

    fn stream(ahead: &Arc<Ahead>) -> Watched<Full<Bytes>> {
        let watch = StreamWatch::new(Tally::new(), Progress::two());
        Watched::new(Full::new(Bytes::from(vec![7; CHUNK])), watch, Arc::clone(ahead))
    }

    /// Takes all that a stream gives at once, as the engine does.
    fn take(stream: &mut Watched<Full<Bytes>>) -> Vec<Bytes> {
        let mut cx = Context::from_waker(Waker::noop());
        let mut taken = Vec::new();
        while !stream.is_end_stream()
            && let Poll::Ready(Some(frame)) = Pin::new(&mut *stream).poll_frame(&mut cx)
        {
            taken.push(frame.unwrap().into_data().unwrap());
        }
        taken
    }

    #[tokio::test]
    async fn streams_read_a_turn_ahead_together_and_the_next_when_a_chunk_has_left() {
        let ahead = Ahead::new();
        let mut streams: Vec<_> = (0..6).map(|_| stream(&ahead)).collect();
        let mut given: Vec<_> = streams.iter_mut().map(take).collect();
        let lengths = |given: &[Vec<Bytes>]| -> Vec<usize> {
            given.iter().map(|pieces| pieces.iter().map(Bytes::len).sum()).collect()
        };
        assert_eq!(lengths(&given), [CHUNK, CHUNK, CHUNK, CHUNK, 0, 0]);
        given[1].pop();
        assert!(take(&mut streams[4]).is_empty(), "a chunk holds its leave to its last octet");
        given[1].clear();
        assert!(take(&mut streams[5]).is_empty(), "whoever waited first reads first");
        assert_eq!(lengths(&[take(&mut streams[4])]), [CHUNK]);
    }

    #[tokio::test]
    async fn a_piece_and_its_head_fill_one_record() {
        let given = take(&mut stream(&Ahead::new()));
        let lengths: Vec<_> = given.iter().map(|piece| piece.len() + 9).collect();
        assert_eq!(lengths, [16_384, 16_384, 16_384, 16_384, CHUNK - 4 * PIECE + 9]);
    }
}
