//! Plaintext HTTP/1.1 without an engine: GET and HEAD that are fully understood, answered with as little work as there is.
//!
//! In: a connection in the clear that was just accepted. Out: answers, or the connection with what was read of it, for
//! the engine to serve to its end.
//!
//! | room | what it does |
//! |---|---|
//! | [`request`] | reads a head strictly, or declines it |
//! | `line` | reads heads from one connection, each within its time |
//! | `sending` | one answer on its way |
//! | `batch` | what leaves in one write |
//! | `origin` | where octets of ranges come from: memory, a file that is copied, a file that the kernel sends |
//! | `ending` | how a connection ends |
//! | `memory` | the buffers that one thread's connections share |
//! | `waits` | the timer, and the server's word |
//!
//! Nothing is decided here: the shared [`Service`] makes the same answer as for every other transport,
//! with the same record, under the same limits. docs/fast-path.md says what that means and what was measured.

mod batch;
mod ending;
mod line;
mod memory;
mod origin;
pub mod request;
mod sending;
mod waits;

use std::pin::pin;

use bytes::Bytes;
use tokio::time::Instant;

use crate::connection::{ConnectionInfo, Context, Respond, Stage, Stream};
use crate::exchange::Wire;
use crate::service::Service;
use line::{Line, Next};
use sending::{Guard, Sending};
use waits::{Heard, Waits};

/// A connection that the engine has to go on with.
pub(crate) struct Declined {
    pub(crate) stream: Stream,
    /// What was read of it and not answered.
    pub(crate) unread: Bytes,
    /// When the first of these octets came.
    pub(crate) head_since: Option<Instant>,
    /// How many requests were answered.
    pub(crate) requests: u64,
}

/// Serves a connection to its end, or until something comes that is not for this path.
pub(crate) async fn serve<R: Respond>(
    stream: Stream,
    info: &ConnectionInfo,
    service: &Service,
    context: &Context<R>,
) -> Option<Declined> {
    let mut signal = context.listen();
    let heard = Heard::new(signal.now());
    let mut driven = pin!(drive(stream, info, service, context, &heard));
    loop {
        tokio::select! {
            biased;
            over = &mut driven => return over,
            // The loop polls the connection again, which looks at what was heard.
            () = signal.changed() => heard.set(signal.now()),
        }
    }
}

async fn drive<R: Respond>(
    mut stream: Stream,
    info: &ConnectionInfo,
    service: &Service,
    context: &Context<R>,
    heard: &Heard,
) -> Option<Declined> {
    let mut line = Line::new();
    let mut waits = Waits::new(&context.limits, heard);
    loop {
        let next = line.next(&mut stream, &mut waits).await;
        let Next::Request(request) = next else {
            if matches!(next, Next::Declined) {
                let unread = line.unread.unwrap_or_default().freeze();
                return Some(Declined {
                    stream,
                    unread,
                    head_since: line.head_since,
                    requests: line.requests,
                });
            }
            let begun = line.unread.is_some();
            Box::pin(ending::end(&mut stream, &next, begun, info, context)).await;
            return None;
        };
        let last = line.requests >= context.limits.requests_per_connection.get();
        // Boxed, so that an idle connection does not carry the room for an exchange.
        let exchanged = Box::pin(exchange(&stream, *request, last, info, service, context, &mut waits)).await;
        match exchanged {
            After::Next => line.rest(),
            After::Close => {
                Box::pin(ending::close(&mut stream, context)).await;
                return None;
            }
            After::Cut => return None,
        }
    }
}

/// What follows an exchange.
enum After {
    Next,
    Close,
    Cut,
}

async fn exchange<R: Respond>(
    stream: &Stream,
    request: request::Heard,
    last: bool,
    info: &ConnectionInfo,
    service: &Service,
    context: &Context<R>,
    waits: &mut Waits<'_>,
) -> After {
    let guard = Guard::new(stream);
    let client = context.trusted.client(info.peer, &request.parts.headers);
    let info = ConnectionInfo { client, ..info.clone() };
    let performance = service.answer(&request.parts, Some(&info), Wire::FastPath).await;
    let close = request.close || last || waits.heard.stage() != Stage::Serving;
    // Its head lies in memory that the next reading wants.
    drop(request);
    if !Sending::new(performance, close, service.buffers()).send(stream, waits).await {
        return After::Cut;
    }
    guard.done();
    if close { After::Close } else { After::Next }
}
