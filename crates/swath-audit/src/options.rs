//! How an audit is made: limits, credentials, whom to trust. Plain values; nothing is read from anywhere here.

use std::{net::SocketAddr, time::Duration};

use swath_trust::Trust;

use crate::replay::Player;

/// Says how an audit is made.
#[derive(Debug, Clone)]
pub struct Options {
    /// How long one exchange may take, from connecting to the last octet that is wanted.
    pub timeout: Duration,
    /// The most requests that one audit sends.
    pub requests_max: u32,
    /// The most octets of content that one audit reads.
    pub bytes_max: u64,
    /// The least time between two requests.
    pub pause: Duration,
    /// Header fields that go with every request.
    pub fields: Vec<(String, Vec<u8>)>,
    /// The origin in whose name a script would ask; asks the CORS checks too.
    pub origin: Option<String>,
    /// The clients to replay after the checks.
    pub players: Vec<Player>,
    /// Addresses for hosts, instead of those that the resolver knows.
    pub resolve: Vec<Resolve>,
    /// Whose certificates are good.
    pub trust: Trust,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            // A request that takes longer than this from a healthy server is itself worth telling.
            timeout: Duration::from_secs(10),
            // All checks together need about 260, a client that is replayed four more.
            requests_max: 300,
            // Enough to compare slices of a short film with the whole; small enough for a metered link.
            bytes_max: 32 << 20,
            pause: Duration::ZERO,
            fields: Vec::new(),
            origin: None,
            players: Vec::new(),
            resolve: Vec::new(),
            trust: Trust::System,
        }
    }
}

/// Replaces the address of one host and port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolve {
    /// The host as it stands in the URL.
    pub host: String,
    /// The port.
    pub port: u16,
    /// Where to connect instead.
    pub address: SocketAddr,
}
