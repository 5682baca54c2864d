//! What happened, once: the record of one request and its answer.
//!
//! In: what was asked, decided and sent. Out: one [`Exchange`] per request, after its response really
//! ended, given to every [`Sink`] (log, metrics, inspector) and, while it runs, to the views of the player page.

mod detail;
mod fields;
mod gate;
mod open;
mod received;
mod record;
mod views;

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{HeaderValue, Method, StatusCode};

use crate::connection::Peer;

pub use self::detail::Detail;
pub use self::fields::Fields;
pub use self::gate::DETAILS_PER_SECOND;
pub(crate) use self::open::Open;
pub use self::open::Running;
pub use self::received::{Answered, Received};
pub use self::record::{Record, Recorder, Sink, Wire, lines};
pub use self::views::{Cost, Spent, Views};

/// Holds what was asked, decided and sent in one exchange.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// When the head had been received.
    pub time: SystemTime,
    /// Over what it went; of no meaning for what never became a request.
    pub transport: Transport,
    /// Who asked: the peer, or whom a trusted proxy named; `None` where nothing is known of the connection.
    pub peer: Option<Peer>,
    /// The method; `None` when the head could not be read.
    pub method: Option<Method>,
    /// The request target as it came; `None` when the head could not be read.
    pub target: Option<Bytes>,
    /// The Range field as it came, several lines joined with `, `.
    pub range: Option<Bytes>,
    /// The If-Range field as it came.
    pub if_range: Option<Bytes>,
    /// The status of the answer; `None` when none was made.
    pub status: Option<StatusCode>,
    /// The Content-Range of the answer; `None` for a multipart answer, which has one in each part.
    pub content_range: Option<HeaderValue>,
    /// Why this answer: the stable key of the reason.
    pub because: Option<&'static str>,
    /// The section of RFC 9110 the reason stands in.
    pub section: Option<&'static str>,
    /// How many octets of content the answer promised; of one that promised no length, how many came to be sent.
    pub bytes_planned: u64,
    /// How many octets of content the connection counted as handed over: taken by the kernel (HTTP/1.1) or
    /// given to the HTTP/2 layer.
    pub bytes_sent: u64,
    /// How it ended.
    pub outcome: Outcome,
    /// What the system said, when the outcome is a read error; what is wrong with the origin, through a lens.
    pub fault: Option<String>,
    /// How long it took from the head received to the end.
    pub elapsed: Duration,
    /// What an inspector shows beyond this; `None` while there is none, and beyond [`DETAILS_PER_SECOND`].
    pub detail: Option<Box<Detail>>,
}

impl Exchange {
    /// Makes the record of a connection or head that never became a request.
    #[must_use]
    pub fn without_request(peer: Option<Peer>, outcome: Outcome) -> Self {
        Self::at(SystemTime::now(), peer, outcome)
    }

    /// The same for a moment that is known already.
    fn at(time: SystemTime, peer: Option<Peer>, outcome: Outcome) -> Self {
        Self {
            time,
            transport: Transport::Service,
            peer,
            method: None,
            target: None,
            range: None,
            if_range: None,
            status: None,
            content_range: None,
            because: None,
            section: None,
            bytes_planned: 0,
            bytes_sent: 0,
            outcome,
            fault: None,
            elapsed: Duration::ZERO,
            detail: None,
        }
    }

    /// Says whether the exchange is one that our own pages make by themselves, and went well: style, script, and the cost
    /// that a player asks for each second. People look for the film's; machines get all.
    pub(crate) fn is_housekeeping(&self) -> bool {
        self.target.as_ref().is_some_and(|target| target.starts_with(b"/.swath/"))
            && self.status.is_some_and(|status| !status.is_client_error() && !status.is_server_error())
            && self.outcome == Outcome::Finished
    }

    /// Gives the time it took in milliseconds, to the microsecond.
    #[must_use]
    pub fn millis(&self) -> f64 {
        millis(self.elapsed)
    }
}

/// Gives a time in microseconds, to the nearest.
pub(crate) fn micros(time: Duration) -> u64 {
    u64::try_from((time.as_nanos() + 500) / 1000).unwrap_or(u64::MAX)
}

/// Gives a time in milliseconds, to the microsecond.
pub(crate) fn millis(time: Duration) -> f64 {
    micros(time) as f64 / 1e3
}

/// Says over what an exchange went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Transport {
    /// HTTP/1.1 in the clear, without an engine.
    FastPath,
    /// HTTP/1.1 by the engine.
    Http1,
    /// HTTP/2.
    Http2,
    /// A service in somebody else's server.
    Service,
}

impl Transport {
    /// Lists every transport, in the order of the documentation.
    pub const ALL: [Self; 4] = [Self::FastPath, Self::Http1, Self::Http2, Self::Service];

    /// Gives the stable name.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::FastPath => "fast-path",
            Self::Http1 => "http1",
            Self::Http2 => "http2",
            Self::Service => "service",
        }
    }
}

/// Says how an exchange ended. The names are stable: logs and metrics carry them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Outcome {
    /// Every promised octet was sent.
    Finished,
    /// Every promised octet was sent while the file was being appended to, under no strong validator.
    Grew,
    /// The peer closed, reset or vanished before the end.
    AbortedByPeer,
    /// The file was changed while it was sent: aborted.
    Changed,
    /// The file became shorter than promised: aborted.
    Truncated,
    /// The file could not be read: aborted.
    ReadError,
    /// The origin before which the lens stands broke off in its content: aborted.
    OriginCut,
    /// That origin sent nothing of its content for longer than it may: aborted.
    OriginStalled,
    /// The peer took nothing for longer than the limit: aborted.
    Stalled,
    /// The server stopped before the end.
    ShutDown,
    /// The head was no valid HTTP request, or beyond a limit.
    BadHead,
    /// The head did not arrive in time.
    HeadTimeout,
    /// The connection was refused by a limit.
    Refused,
}

impl Outcome {
    /// Lists every outcome, in the order of the documentation.
    pub const ALL: [Self; 13] = [
        Self::Finished,
        Self::Grew,
        Self::AbortedByPeer,
        Self::Changed,
        Self::Truncated,
        Self::ReadError,
        Self::OriginCut,
        Self::OriginStalled,
        Self::Stalled,
        Self::ShutDown,
        Self::BadHead,
        Self::HeadTimeout,
        Self::Refused,
    ];

    /// Gives the stable name.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Finished => "finished",
            Self::Grew => "grew",
            Self::AbortedByPeer => "aborted-by-peer",
            Self::Changed => "changed",
            Self::Truncated => "truncated",
            Self::ReadError => "read-error",
            Self::OriginCut => "origin-cut",
            Self::OriginStalled => "origin-stalled",
            Self::Stalled => "stalled",
            Self::ShutDown => "shut-down",
            Self::BadHead => "bad-head",
            Self::HeadTimeout => "head-timeout",
            Self::Refused => "refused",
        }
    }

    /// Says whether the peer got every octet that was promised.
    #[must_use]
    pub const fn is_complete(self) -> bool {
        matches!(self, Self::Finished | Self::Grew)
    }
}
