//! Plaintext HTTP/1.1 without an engine: GET and HEAD that are fully understood, answered with as little work as there is.
//!
//! In: a connection in the clear that was just accepted. Out: answers, or the connection with what was read of it, for
//! the engine to serve to its end.
//!
//! | room | what it does |
//! |---|---|
//! | [`request`] | reads a head strictly, or declines it |
//! | `line` | reads heads from one connection, each within its time |
//! | `pass` | one request after the other, without waiting as long as there is no need |
//! | `sending` | one answer on its way |
//! | `lane` | long answers one by one, and what came meanwhile in between |
//! | `batch` | what leaves in one write |
//! | `origin` | where octets of ranges come from: memory, a file that is copied, a file that the kernel sends |
//! | `pipe` | where octets wait, uncopied, for the look before they leave |
//! | `ending` | how a connection ends |
//! | `memory` | the buffers that one thread's connections share |
//! | `waits` | the timer |
//!
//! Nothing is decided here: the shared [`Service`] makes the same answer as for every other transport,
//! with the same record, under the same limits. docs/fast-path.md says what that means and what was measured.

mod batch;
mod ending;
mod lane;
mod line;
mod memory;
mod origin;
mod pass;
mod pipe;
pub mod request;
mod sending;
mod waits;

use std::future::{Future, poll_fn};
use std::pin::pin;

use bytes::Bytes;
use tokio::time::Instant;

use crate::connection::bell::Listener;
use crate::connection::{Caller, Context, Respond, Stream};
use crate::service::Service;
use line::Line;
use pass::{Pass, Sent, Step};
use sending::Guard;
use waits::Waits;

/// What an engine has to know of a connection that it goes on with.
#[derive(Default)]
pub(crate) struct Declined {
    /// What was read of it and not answered.
    pub(crate) unread: Bytes,
    /// When the first of these octets came.
    pub(crate) head_since: Option<Instant>,
    /// How many requests were answered.
    pub(crate) requests: u64,
}

/// Serves a connection to its end, or until something comes that is not for this path.
pub(crate) async fn serve<R: Respond>(
    stream: &mut Stream,
    caller: &Caller,
    service: &Service,
    context: &Context<R>,
) -> Option<Declined> {
    let mut pass = Pass { line: Line::new(), waits: Waits::new(&context.limits), caller, service, context };
    let mut listener = Listener::default();
    let mut driven = pin!(drive(stream, &mut pass));
    poll_fn(|cx| {
        // Whoever is woken by a word finds it wherever it counts.
        listener.listen(cx.waker());
        driven.as_mut().poll(cx)
    })
    .await
}

async fn drive<R: Respond>(stream: &mut Stream, pass: &mut Pass<'_, R>) -> Option<Declined> {
    loop {
        let sent = match poll_fn(|cx| pass.poll(cx, stream)).await {
            Step::Sent(sent) => sent,
            Step::Send(mut sending, close) => {
                let guard = Guard::new(stream);
                let whole = poll_fn(|cx| sending.poll_sent(cx, stream, &mut pass.waits)).await;
                Sent::when(whole, close, guard)
            }
            // Boxed, so that an idle connection does not carry the room for an exchange.
            Step::Ask(request) => Box::pin(pass.exchange(stream, *request)).await,
            Step::Declined => {
                let Line { unread, head_since, requests, .. } = &mut pass.line;
                let unread = unread.take().unwrap_or_default().freeze();
                return Some(Declined { unread, head_since: *head_since, requests: *requests });
            }
            Step::End(why) => {
                let begun = pass.line.unread.is_some();
                Box::pin(ending::end(stream, why, begun, pass.caller, pass.context)).await;
                return None;
            }
        };
        match sent {
            Sent::Next => {
                pass.line.rest();
                if pass.line.unread.is_some() {
                    // A peer that pipelines takes turns with the others, too.
                    tokio::task::yield_now().await;
                }
            }
            Sent::Last => {
                Box::pin(ending::close(stream, pass.context)).await;
                return None;
            }
            Sent::Cut => return None,
        }
    }
}
