//! One connection from its first octet to its close: HTTP/1.1 and HTTP/2, in the clear and under TLS.
//!
//! ```text
//! accepted socket ─► open: TLS? which HTTP? ─► h1 or h2: drives hyper ─► Respond::respond, once per request
//!                                                 │
//!                 guard (between hyper and the stream): progress, pace, tally ─► alarm: deadlines
//!                                                 │
//!                                              linger, or a reset when a response was cut
//! ```
//!
//! What a peer may do is bounded by [`Limits`](crate::limits::Limits) alone:
//!
//! - A head that is begun and not finished in time is answered 408; one that is too long or has too many
//!   fields 431; one that is not HTTP 400. Each is told to [`Respond::refused`] once, and the connection
//!   closes once the peer has had time to read the answer.
//! - A connection on which nothing is asked for closes without a word; on HTTP/2 with GOAWAY.
//! - A peer that takes nothing of its answer is cut: the connection is reset on HTTP/1.1, and on HTTP/2 the
//!   stream, or the connection when none of its streams moves.
//! - A response that its maker cuts (its body fails) ends in a reset too, so that no peer takes it for
//!   complete.

mod ahead;
mod alarm;
mod answer;
pub(crate) mod bell;
mod bucket;
mod chunks;
mod context;
mod cork;
mod gather;
mod guard;
mod h1;
mod h2;
pub(crate) mod linger;
mod meter;
mod open;
mod peer;
mod progress;
mod respond;
mod scrape;
mod stream;
mod stream_task;
#[cfg(test)]
mod woken;

pub(crate) use answer::{Answer, HEAD_TIMEOUT};
pub(crate) use context::{Context, Stage, Word};
pub(crate) use open::{Caller, open, refuse, turn_away};
pub use peer::{ForwardedField, ParseProxyError, TrustedProxies, TrustedProxy};
pub use respond::{BoxError, ConnectionInfo, Peer, Refusal, Respond, Scheme};
pub use scrape::Scrape;
pub(crate) use stream::Stream;
