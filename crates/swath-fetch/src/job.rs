//! What is to be fetched, how, and under which limits.
//!
//! In: nothing. Out: plain values; each limit says why it is what it is.

use std::fmt;
use std::num::NonZeroU64;
use std::sync::Arc;
use std::time::Duration;

use byteranges::download::{Journal, Settings};
use http::HeaderMap;
use swath_trust::Trust;
use url::Url;

use crate::Digest;
use crate::cookies::Cookies;
use crate::netrc::Netrc;

/// Describes one download.
#[derive(Clone, Debug)]
pub struct Job {
    /// What the user named.
    pub url: Url,
    /// Other places that have the same; used only under a strong tag that they share.
    pub mirrors: Vec<Url>,
    /// Whether each mirror is asked for one thing at a time, as those are that a server or a Metalink names.
    pub mirrors_one_at_a_time: bool,
    /// The links to use; none leaves it to the system.
    pub interfaces: Vec<Interface>,
    /// Fields added to every request. Those that the machine or HTTP itself decides are refused.
    pub fields: HeaderMap,
    /// For the origin of [`url`](Self::url), and no other.
    pub credentials: Option<Credentials>,
    /// Names and passwords by host, for every server on the way; [`credentials`](Self::credentials) come first.
    pub netrc: Option<Arc<Netrc>>,
    /// Cookies, for the servers they belong to.
    pub cookies: Option<Arc<Cookies>>,
    /// Whether mirrors that the server names (RFC 6249) are used.
    pub follow_mirrors: bool,
    /// Which way requests leave.
    pub proxy: Proxy,
    /// Who vouches for a server.
    pub trust: Trust,
    /// Which versions of HTTP are spoken.
    pub versions: HttpVersions,
    /// The digest that the whole must have.
    pub digest: Option<Digest>,
    /// Whether digests are asked for (RFC 9530), and what the server says is verified.
    pub want_digests: bool,
    /// What the transport may take.
    pub limits: Limits,
    /// What the machine decides by. Its paths and `verify` are filled in by the driver.
    pub settings: Settings,
    /// What an earlier run left.
    pub journal: Option<Journal>,
    /// Octets of a file that was found without a journal; of no meaning beside one.
    pub unproved: Option<u64>,
}

/// Names a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interface {
    /// The device, as the system names it.
    pub name: String,
    /// Content octets it may carry, for metered links.
    pub budget: Option<u64>,
}

/// Holds a name and a password.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The user.
    pub user: String,
    /// The password.
    pub password: String,
}

/// Says which way requests leave.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Proxy {
    /// As `http_proxy`, `https_proxy`, `all_proxy` and `no_proxy` say.
    #[default]
    Environment,
    /// Straight to the server.
    None,
    /// By this one: `http:`, `https:` or `socks5:`.
    By(String),
}

/// Says which versions of HTTP are spoken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HttpVersions {
    /// HTTP/1.1, a connection for each lane; HTTP/2 where a server speaks nothing else.
    #[default]
    Auto,
    /// HTTP/1.1 only.
    Http1,
    /// HTTP/2 only: all lanes of a path share one connection.
    Http2,
}

/// Holds what the transport may take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Octets of content in memory, over all lanes: received and not yet written.
    pub memory: usize,
    /// Octets of an answer's head. Servers limit theirs to a quarter of it.
    pub head_octets: usize,
    /// Fields of an answer's head.
    pub head_fields: usize,
    /// Redirections followed for one request: browsers give up after twenty, no honest chain needs ten.
    pub redirects: usize,
    /// How long a connection, TLS included, may take to stand. Two lost SYNs cost three seconds.
    pub connect_timeout: Duration,
    /// Octets of content per second, over all lanes.
    pub rate: Option<NonZeroU64>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory: 32 << 20,
            head_octets: 64 << 10,
            head_fields: 256,
            redirects: 10,
            connect_timeout: Duration::from_secs(15),
            rate: None,
        }
    }
}

impl Job {
    /// Describes the download of one URL, with all defaults.
    pub fn new(url: Url) -> Self {
        Self {
            url,
            mirrors: Vec::new(),
            mirrors_one_at_a_time: false,
            interfaces: Vec::new(),
            fields: HeaderMap::new(),
            credentials: None,
            netrc: None,
            cookies: None,
            follow_mirrors: true,
            proxy: Proxy::default(),
            trust: Trust::default(),
            versions: HttpVersions::default(),
            digest: None,
            want_digests: true,
            limits: Limits::default(),
            settings: Settings::default(),
            journal: None,
            unproved: None,
        }
    }
}

/// Shows no password.
impl fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Credentials").field("user", &self.user).finish_non_exhaustive()
    }
}
