//! One request after the other: read, answered and sent without waiting, as long as there is no need to.
//!
//! In: a connection that may have something to read. Out: what has to be waited for. What is hot, a small range of a file
//! that is kept open, comes and goes in here, and a connection that waits keeps nothing of it.

use std::future::poll_fn;
use std::task::{Context as Waker, Poll, ready};

use http::request::Parts;

use super::line::{Line, Next};
use super::memory;
use super::request::Heard;
use super::sending::{Guard, Sending};
use super::waits::Waits;
use crate::connection::{Caller, Context, Respond, Stage, Stream, bell};
use crate::exchange::{Record, Wire};
use crate::service::{Performance, Service};
use crate::tally::Tally;

/// One connection's part in what is shared, and its own.
pub(super) struct Pass<'a, R> {
    pub(super) line: Line,
    pub(super) waits: Waits<'a>,
    pub(super) caller: &'a Caller,
    pub(super) service: &'a Service,
    pub(super) context: &'a Context<R>,
}

/// What a pass came to.
pub(super) enum Step {
    /// An answer has left.
    Sent(Sent),
    /// An answer is to be sent further; whether it is the last.
    Send(Box<Sending>, bool),
    /// An answer is to be asked for.
    Ask(Box<Asking>),
    /// Something came for the engine.
    Declined,
    /// The connection is to be ended.
    End(Why),
}

/// A request that something has to be looked up or waited for.
pub(super) struct Asking {
    parts: Parts,
    /// Whether the peer wants no more answers.
    close: bool,
}

/// Why a connection on which nothing is under way ends.
#[derive(Clone, Copy)]
pub(super) enum Why {
    /// Not all of a head came in its time.
    Late,
    /// The peer's side ended; in the middle of a head if something is unread.
    Ended,
    /// Nothing came for as long as nothing may come.
    Idle,
    /// The server stops.
    Stopped,
    /// It was reset.
    Gone,
}

/// What follows an answer.
pub(super) enum Sent {
    Next,
    /// It was the last.
    Last,
    /// It did not leave as a whole.
    Cut,
}

impl Sent {
    /// Lets go of the guard if all of the answer has left.
    pub(super) fn when(whole: bool, close: bool, guard: Guard<'_>) -> Self {
        if !whole {
            return Self::Cut;
        }
        guard.done();
        if close { Self::Last } else { Self::Next }
    }
}

impl<R: Respond> Pass<'_, R> {
    /// Waits for a request, and answers it at once if that can be done.
    pub(super) fn poll(&mut self, cx: &mut Waker<'_>, stream: &mut Stream) -> Poll<Step> {
        let why = match ready!(self.line.poll_next(cx, stream, &mut self.waits)) {
            Next::Request(request) => return Poll::Ready(self.at_once(cx, stream, request)),
            Next::Declined => return Poll::Ready(Step::Declined),
            Next::End(why) => why,
        };
        Poll::Ready(Step::End(why))
    }

    fn at_once(&mut self, cx: &mut Waker<'_>, stream: &Stream, request: Heard) -> Step {
        let guard = Guard::new(stream);
        // Whom a proxy stands for is read where there is time for it.
        let may_offer = !self.context.trusted.trusts(self.caller.peer);
        let Some(mut offer) = may_offer.then(|| self.service.offer(&request)).flatten() else {
            // Nothing is under way yet: whoever asks guards for himself.
            guard.done();
            return self.ask(request);
        };
        let close = self.is_last(request.close());
        let source = offer.source.take();
        let mut sending =
            Sending::new(&mut offer.answer, source, Record::none(), close, self.service.buffers());
        let record = || self.service.record(&offer, &request, self.caller);
        let Some(is_there) = sending.prove_and_send(stream, record) else {
            guard.done();
            return self.ask(request);
        };
        memory::give_heard(request);
        let sent = if is_there { sending.poll_sent(cx, stream, &mut self.waits) } else { Poll::Ready(false) };
        match sent {
            Poll::Ready(whole) => Step::Sent(Sent::when(whole, close, guard)),
            Poll::Pending => {
                guard.done();
                Step::Send(Box::new(sending), close)
            }
        }
    }

    fn ask(&mut self, request: Heard) -> Step {
        let Some(parts) = request.parts() else {
            self.line.put_back(request);
            return Step::Declined;
        };
        let close = request.close();
        memory::give_heard(request);
        Step::Ask(Box::new(Asking { parts, close }))
    }

    /// Has a request answered, and sends the answer.
    pub(super) async fn exchange(&mut self, stream: &Stream, Asking { parts, close }: Asking) -> Sent {
        let guard = Guard::new(stream);
        let mut info = self.caller.info(Tally::unused());
        info.client = self.context.trusted.client(info.peer, &parts.headers);
        let Performance { mut answer, source, record } =
            self.service.answer(&parts, Some(&info), Wire::FastPath).await;
        let close = self.is_last(close);
        let mut sending = Sending::new(&mut answer, source, record, close, self.service.buffers());
        drop(answer);
        let whole = poll_fn(|cx| sending.poll_sent(cx, stream, &mut self.waits)).await;
        Sent::when(whole, close, guard)
    }

    /// Says whether the answer under way is the last one of its connection; `close`: the peer wants no more.
    fn is_last(&self, close: bool) -> bool {
        close
            || self.line.requests >= self.context.limits.requests_per_connection.get()
            || bell::word().stage != Stage::Serving
    }
}
