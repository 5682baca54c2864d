//! One HTTP/2 connection, driven to its end.
//!
//! Comes in: a stream, and what was read of it already. Goes out: an answer on each of its streams; a
//! stream whose peer opens no window for too long is reset alone, and the others go on.

use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll};

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode, request};
use http_body::Body;
use hyper::body::Incoming;
use hyper::server::conn::http2;
use hyper::service::Service;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::time::{Instant, sleep_until};

use super::ahead::Ahead;
use super::alarm::Alarm;
use super::answer::{Answer, refusal};
use super::bucket::Bucket;
use super::context::{Context, Stage};
use super::gather::Gather;
use super::guard::Guard;
use super::linger;
use super::progress::{Expired, Progress};
use super::respond::{ConnectionInfo, Refusal, Respond};
use super::stream::Stream;
use super::stream_task::{StreamTasks, StreamWatch, Watched};
use crate::buffers::TURN;
use crate::exchange::Outcome;
use crate::limits::Limits;

/// The octets a field counts for beside its name and value (RFC 9113 §6.5.2).
const FIELD_OVERHEAD: usize = 32;

/// Serves one connection.
pub(super) async fn serve<R: Respond>(
    stream: Stream,
    read_ahead: Bytes,
    info: ConnectionInfo,
    context: Arc<Context<R>>,
) {
    let limits = &context.limits;
    let progress = Progress::two();
    let bucket = limits.rate.map(|rate| Bucket::new(rate, Instant::now()));
    let gather = Gather::new(Guard::new(stream, read_ahead, Arc::clone(&progress), bucket));
    let tasks = StreamTasks::new(limits.stalled_write_time);
    let ahead = Ahead::new();
    let requests = Requests {
        info: info.clone(),
        progress: Arc::clone(&progress),
        context: Arc::clone(&context),
        tasks: tasks.clone(),
        ahead: Arc::clone(&ahead),
    };
    let mut engine =
        std::pin::pin!(engine(limits, tasks).serve_connection(TokioIo::new(gather.clone()), requests));
    let mut alarm = Alarm::new(limits);
    let mut signal = context.listen();
    let (mut told, mut leave_at) = (false, None);
    let end = loop {
        let word = signal.now();
        if word.stage == Stage::Cutting {
            break Outcome::ShutDown;
        }
        if !told && (word.stage == Stage::Finishing || has_asked_enough(&progress, limits)) {
            told = true;
            engine.as_mut().graceful_shutdown();
        }
        tokio::select! {
            biased;
            done = poll_fn(|cx| drive(engine.as_mut(), cx, &gather, &progress, &ahead)) => {
                match done {
                    // What the peer still says, such as its own goodbye, must not reset the connection under the last answer.
                    Ok(Ok(())) => {
                        let mut rest = gather.clone();
                        tokio::select! {
                            () = linger::close(&mut rest, &[], limits) => {}
                            () = context.reached(Stage::Cutting) => {}
                        }
                    }
                    Ok(Err(error)) => note_broken_framing(&error, &progress, &info, &context),
                    Err(_) => {}
                }
                break Outcome::AbortedByPeer;
            }
            why = poll_fn(|cx| alarm.poll(cx, &progress, limits, word.crowded)), if leave_at.is_none() || !progress.is_idle() => {
                if why == Expired::Stalled {
                    break Outcome::Stalled;
                }
                // The peer is told that no request of its will be lost, and gets a moment to hear it.
                engine.as_mut().graceful_shutdown();
                leave_at = Some(Instant::now() + limits.linger_time);
            }
            // A request that crossed our goodbye is answered all the same.
            () = sleep_until(leave_at.unwrap_or_else(Instant::now)), if leave_at.is_some() => {
                if progress.is_idle() {
                    break Outcome::AbortedByPeer;
                }
                leave_at = Some(Instant::now() + limits.linger_time);
            }
            () = poll_fn(|_| enough(&progress, limits)), if !told => {}
            () = signal.changed() => {}
        }
    };
    progress.cut(end);
}

/// Has the engine read and send all that it may, and sends what it gathered.
fn drive<E: Future>(
    engine: Pin<&mut E>,
    cx: &mut TaskContext<'_>,
    gather: &Gather,
    progress: &Progress,
    ahead: &Ahead,
) -> Poll<io::Result<E::Output>> {
    ahead.driven_by(cx.waker());
    if let Poll::Ready(done) = engine.poll(cx) {
        return Poll::Ready(Ok(done));
    }
    // Streams that may read now come first, and what they give leaves with what is left over here. As long as there is more
    // each time: otherwise they wait for a disk, or for room that only sending makes.
    if gather.has_written() && ahead.has_let_read() {
        cx.waker().wake_by_ref();
        return Poll::Pending;
    }
    if let Poll::Ready(Err(error)) = gather.poll_send(cx) {
        return Poll::Ready(Err(error));
    }
    if !progress.is_held_back() {
        ahead.all_left();
    }
    Poll::Pending
}

/// Says whether the connection has had as many requests as it may have.
fn has_asked_enough(progress: &Progress, limits: &Limits) -> bool {
    progress.requests() >= limits.requests_per_connection.get()
}

/// Is ready once the connection has had as many requests as it may have.
///
/// Wakes nobody: it is polled whenever the connection is, which every request causes.
fn enough(progress: &Progress, limits: &Limits) -> Poll<()> {
    if has_asked_enough(progress, limits) { Poll::Ready(()) } else { Poll::Pending }
}

/// Sets up the engine from the limits.
fn engine(limits: &Limits, tasks: StreamTasks) -> http2::Builder<StreamTasks> {
    let mut builder = http2::Builder::new(tasks);
    let head = u32::try_from(limits.head_bytes_enforced()).unwrap_or(u32::MAX);
    builder
        .timer(TokioTimer::new())
        .auto_date_header(false)
        .max_concurrent_streams(limits.streams.get())
        // Beyond our own limit, so that a head somewhat too long is answered and recorded by us.
        .max_header_list_size(head.saturating_mul(2))
        // Request content is never read: the least window keeps peers from sending much of it.
        .initial_stream_window_size(65_535)
        .initial_connection_window_size(1 << 20)
        // A turn at once: what a stream has read, it hands over.
        .max_send_buf_size(TURN);
    builder
}

/// Records a connection whose frames broke the protocol: a head that never became a request.
fn note_broken_framing<R: Respond>(
    error: &hyper::Error,
    progress: &Progress,
    info: &ConnectionInfo,
    context: &Context<R>,
) {
    let framing = std::error::Error::source(error).and_then(|source| source.downcast_ref::<h2::Error>());
    if framing.is_some_and(|framing| !framing.is_io() && !framing.is_remote()) && progress.is_idle() {
        let because = "the connection broke the framing of HTTP/2";
        let refusal = Refusal { status: None, outcome: Outcome::BadHead, because, bytes_sent: 0 };
        context.respond.refused(&refusal, info);
    }
}

/// The requests of one connection, as the engine hands them over.
struct Requests<R> {
    info: ConnectionInfo,
    progress: Arc<Progress>,
    context: Arc<Context<R>>,
    tasks: StreamTasks,
    ahead: Arc<Ahead>,
}

impl<R: Respond> Service<Request<Incoming>> for Requests<R> {
    type Response = Response<Watched<R::Body>>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let (parts, content) = request.into_parts();
        let has_content = !content.is_end_stream();
        drop(content);
        let (_, tally) = self.progress.begin();
        let watch = StreamWatch::new(Arc::clone(&tally), Arc::clone(&self.progress));
        self.tasks.next(&watch);
        let client = self.context.trusted.client(self.info.peer, &parts.headers);
        let info = ConnectionInfo { tally, client, ..self.info.clone() };
        let (context, ahead) = (Arc::clone(&self.context), Arc::clone(&self.ahead));
        Box::pin(async move {
            let response = if head_fits(&parts, &context.limits) {
                context.respond.respond(parts, has_content, &info).await
            } else {
                context.respond.refuse(&too_long(), &info)
            };
            Ok(response.map(|body| Watched::new(body, watch, ahead)))
        })
    }
}

fn head_fits(parts: &request::Parts, limits: &Limits) -> bool {
    parts.headers.len() <= limits.head_fields && head_length(parts) <= limits.head_bytes_enforced()
}

fn head_length(parts: &request::Parts) -> usize {
    let target = parts.uri.path_and_query().map_or(0, |target| target.as_str().len());
    field_lengths(&parts.headers).saturating_add(target)
}

fn field_lengths(fields: &HeaderMap) -> usize {
    fields.iter().fold(0usize, |sum, (name, value)| {
        sum.saturating_add(name.as_str().len()).saturating_add(value.len()).saturating_add(FIELD_OVERHEAD)
    })
}

fn too_long() -> Refusal {
    refusal(Some(Answer::to_bad_head(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE)))
}
