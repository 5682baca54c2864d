//! One HTTP/1.1 connection, driven to its end.
//!
//! Comes in: a stream, and what was read of it already. Goes out: answers in order, and a close that fits
//! how it ended.

use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{CONNECTION, HeaderValue};
use http::{HeaderMap, Method, Request, Response, StatusCode, Version};
use http_body::Body;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::Service;
use hyper_util::rt::TokioIo;
use tokio::time::Instant;

use super::alarm::Alarm;
use super::answer::{Answer, HEAD_TIMEOUT, refusal};
use super::bucket::Bucket;
use super::context::{Context, Stage};
use super::guard::Guard;
use super::linger;
use super::meter::Follows;
use super::progress::{Expired, Progress};
use super::respond::{ConnectionInfo, Respond};
use super::stream::Stream;
use crate::exchange::Outcome;

/// Why a connection is not driven further.
enum Over {
    Engine(hyper::Result<()>),
    Expired(Expired),
    Cut,
}

/// What happened on a connection before the engine had it.
#[derive(Default)]
pub(super) struct Before {
    /// What was read and not answered.
    pub(super) read_ahead: Bytes,
    /// When the first of these octets came.
    pub(super) head_since: Option<Instant>,
    /// How many requests were answered.
    pub(super) requests: u64,
}

/// Serves one connection to its end.
pub(super) async fn serve<R: Respond>(
    stream: Stream,
    before: Before,
    info: ConnectionInfo,
    context: Arc<Context<R>>,
) {
    let progress = Progress::one(Arc::clone(&info.tally), before.head_since, before.requests);
    let bucket = context.limits.rate.map(|rate| Bucket::new(rate, Instant::now()));
    let guard = Guard::new(stream, before.read_ahead, Arc::clone(&progress), bucket).left_open();
    let requests =
        Requests { info: info.clone(), progress: Arc::clone(&progress), context: Arc::clone(&context) };
    let mut engine = engine(&context).serve_connection(TokioIo::new(guard), requests);
    let mut alarm = Alarm::new(&context.limits);
    let mut signal = context.listen();
    let mut told = false;
    let over = loop {
        let word = signal.now();
        if word.stage == Stage::Cutting {
            break Over::Cut;
        }
        if word.stage == Stage::Finishing && !told {
            told = true;
            Pin::new(&mut engine).graceful_shutdown();
        }
        tokio::select! {
            biased;
            done = &mut engine => break Over::Engine(done),
            why = poll_fn(|cx| alarm.poll(cx, &progress, &context.limits, word.crowded)) => break Over::Expired(why),
            () = signal.changed() => {}
        }
    };
    // What is not complete is ended before the engine lets go of it, so that whoever hears of it hears why.
    match &over {
        Over::Engine(Ok(())) => {
            progress.closed();
            progress.cut(Outcome::AbortedByPeer);
        }
        Over::Engine(Err(_)) => progress.cut(Outcome::AbortedByPeer),
        Over::Expired(_) => progress.cut(Outcome::Stalled),
        Over::Cut => progress.cut(Outcome::ShutDown),
    }
    let parts = engine.into_parts();
    let mut guard = parts.io.into_inner();
    let begun = !parts.read_buf.is_empty() || guard.has_read_ahead();
    finish(&over, begun, &mut guard, &progress, &info, &context).await;
}

/// Sets up the engine from the limits.
fn engine<R>(context: &Context<R>) -> http1::Builder {
    let mut builder = http1::Builder::new();
    let head = context.limits.head_bytes_enforced();
    builder
        .auto_date_header(false)
        // A peer that has asked for all it wants may end its side and still get the answer.
        .half_close(true)
        .max_headers(context.limits.head_fields)
        .max_header_size(head)
        // This also bounds what is queued for writing: one piece of content and a head.
        .max_buf_size(head);
    builder
}

/// Ends the connection as it deserves: with an answer, quietly, or by a reset when a response was cut (the
/// guard's drop does that).
async fn finish<R: Respond>(
    over: &Over,
    begun: bool,
    guard: &mut Guard,
    progress: &Progress,
    info: &ConnectionInfo,
    context: &Context<R>,
) {
    if progress.was_cut() {
        return;
    }
    let answer = match over {
        Over::Engine(Ok(())) => return close(guard, &[], context).await,
        Over::Engine(Err(error)) => match progress.refusal() {
            Some(status) => Some(Answer::to_bad_head(status)),
            None if error.is_parse() || error.is_incomplete_message() => None,
            // The peer reset an idle connection, or closed it.
            None => return,
        },
        Over::Expired(Expired::Head | Expired::Idle) if begun => Some(HEAD_TIMEOUT),
        // An answer on an idle connection would be taken for that to a request which is on its way.
        Over::Expired(_) => return linger::part(guard.stream(), &context.limits).await,
        Over::Cut => return,
    };
    context.respond.refused(&refusal(answer), info);
    if let Some(answer) = answer {
        close(guard, &answer.to_octets(), context).await;
    }
}

async fn close<R>(guard: &mut Guard, last: &[u8], context: &Context<R>) {
    tokio::select! {
        () = linger::close(guard.stream(), last, &context.limits) => {}
        () = context.reached(Stage::Cutting) => {}
    }
}

/// The requests of one connection, as the engine hands them over.
struct Requests<R> {
    info: ConnectionInfo,
    progress: Arc<Progress>,
    context: Arc<Context<R>>,
}

impl<R: Respond> Service<Request<Incoming>> for Requests<R> {
    type Response = Response<R::Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let (parts, content) = request.into_parts();
        let has_content = !content.is_end_stream();
        // Let go of before anything is answered: the engine then throws away what has come, or closes and
        // says so.
        drop(content);
        let (number, tally) = self.progress.begin();
        let last = number >= self.context.limits.requests_per_connection.get();
        let client = self.context.trusted.client(self.info.peer, &parts.headers);
        let info = ConnectionInfo { tally, client, ..self.info.clone() };
        let (context, progress) = (Arc::clone(&self.context), Arc::clone(&self.progress));
        let (to_head, version) = (parts.method == Method::HEAD, parts.version);
        Box::pin(async move {
            let mut response = context.respond.respond(parts, has_content, &info).await;
            if last {
                close_after(response.headers_mut());
            }
            progress.expect(follows(&response, to_head, version));
            Ok(response)
        })
    }
}

fn close_after(fields: &mut HeaderMap) {
    fields.insert(CONNECTION, HeaderValue::from_static("close"));
}

/// Returns what follows the response's head on the wire: the engine decides so too (RFC 9112 §6.3).
fn follows<B: Body>(response: &Response<B>, to_head: bool, version: Version) -> Follows {
    let status = response.status();
    let none = to_head
        || status.is_informational()
        || matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
    if none {
        return Follows::Octets(0);
    }
    match response.body().size_hint().exact() {
        Some(length) => Follows::Octets(length),
        None if version < Version::HTTP_11 => Follows::UntilClose,
        None => Follows::Chunks,
    }
}
