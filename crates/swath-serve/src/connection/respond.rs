//! The seam between connections and whatever answers requests.
//!
//! Comes in: a request's head and what the connection knows of its peer. Goes out: a response, of
//! known length or not.

use std::fmt;
use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use bytes::Bytes;
use http::{Response, StatusCode, request};

use crate::exchange::Outcome;
use crate::service::Service;
use crate::tally::Tally;

/// An error of any kind, as bodies and services hand it over.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Answers requests; one value serves every connection of a server.
pub trait Respond: Send + Sync + 'static {
    /// The content of a response.
    ///
    /// Where its `size_hint` is not exact, the response is sent in chunks, or to an HTTP/1.0 client until the
    /// connection closes; it must have no Content-Length then. An error cuts the response off: the
    /// connection is reset on HTTP/1.1, the stream on HTTP/2.
    type Body: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static;

    /// Answers one request.
    ///
    /// `has_content` says whether the request came with content; it is never read, only thrown away within
    /// a limit.
    fn respond(
        &self,
        parts: request::Parts,
        has_content: bool,
        connection: &ConnectionInfo,
    ) -> impl Future<Output = Response<Self::Body>> + Send;

    /// Answers a request whose head the connection refuses, where the answer travels as any other does
    /// (HTTP/2).
    fn refuse(&self, refusal: &Refusal, connection: &ConnectionInfo) -> Response<Self::Body>;

    /// Takes note of a head or a connection that was refused, and answered by the connection itself if at
    /// all; called once for each.
    fn refused(&self, refusal: &Refusal, connection: &ConnectionInfo);

    /// Gives up descriptors that are held in case they are of use again, because the process has none left; says how
    /// many those were.
    fn give_up_descriptors(&self) -> usize {
        0
    }

    /// Gives the service behind, where its answers may be sent without an engine (see [`fast_path`](crate::fast_path)).
    fn service(&self) -> Option<&Service> {
        None
    }

    /// Takes note that a connection was accepted and is served.
    fn connection_opened(&self) {}

    /// Takes note that such a connection is over.
    fn connection_closed(&self) {}
}

/// Describes what never became a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The status it is answered with; `None` when the connection was closed without an answer.
    pub status: Option<StatusCode>,
    /// How it is recorded: a bad head, one that came too slowly, or a connection too many.
    pub outcome: Outcome,
    /// One sentence for the peer and for the log.
    pub because: &'static str,
    /// The content octets sent with the answer.
    pub bytes_sent: u64,
}

/// What a connection knows when a request arrives on it; cheap to clone.
#[derive(Clone, Debug)]
pub struct ConnectionInfo {
    /// Its number, counted from 1 as connections are taken up.
    pub number: u64,
    /// The other end of the socket.
    pub peer: Peer,
    /// Whom to name in logs: the peer, or whom a trusted proxy says it stands for.
    pub client: Peer,
    /// Whether the connection is protected by TLS.
    pub scheme: Scheme,
    /// What the kernel took of the connection's responses (HTTP/1.1), and why they end early: one for the
    /// connection on HTTP/1.1, one for each stream on HTTP/2.
    pub tally: Arc<Tally>,
}

/// The other end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peer {
    /// A TCP peer.
    Tcp(SocketAddr),
    /// A peer that a trusted proxy named without a port.
    Named(IpAddr),
    /// A peer on a Unix socket, which has no name.
    Unix,
}

impl Peer {
    /// Returns the address, if the peer has one; IPv4 addresses mapped into IPv6 as IPv4.
    pub fn ip(&self) -> Option<IpAddr> {
        match self {
            Peer::Tcp(address) => Some(address.ip().to_canonical()),
            Peer::Named(address) => Some(address.to_canonical()),
            Peer::Unix => None,
        }
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Peer::Tcp(address) => {
                write!(f, "{}", SocketAddr::new(address.ip().to_canonical(), address.port()))
            }
            Peer::Named(address) => write!(f, "{}", address.to_canonical()),
            Peer::Unix => f.write_str("unix"),
        }
    }
}

/// Whether requests come in the clear or under TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// Cleartext.
    Http,
    /// TLS.
    Https,
}

impl Scheme {
    /// Returns the scheme as it stands in a URI.
    pub fn as_str(self) -> &'static str {
        match self {
            Scheme::Http => "http",
            Scheme::Https => "https",
        }
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn peers_are_named_as_logs_want_them() {
        let mapped: SocketAddr = "[::ffff:192.0.2.7]:80".parse().unwrap();
        assert_eq!(Peer::Tcp(mapped).to_string(), "192.0.2.7:80");
        assert_eq!(Peer::Tcp(mapped).ip(), Some("192.0.2.7".parse().unwrap()));
        let six: SocketAddr = "[2001:db8::1]:80".parse().unwrap();
        assert_eq!(Peer::Tcp(six).to_string(), "[2001:db8::1]:80");
        assert_eq!(Peer::Named("2001:db8::1".parse().unwrap()).to_string(), "2001:db8::1");
        assert_eq!(Peer::Unix.to_string(), "unix");
        assert_eq!(Peer::Unix.ip(), None);
    }
}
