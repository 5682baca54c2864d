//! What one peer, and all of them together, may cost: every limit with its default and its reason.
//!
//! Comes in: nothing; goes out: one plain struct that the listener, the connections and the
//! performers read. A limit of zero never means "no limit": what can be absent is an `Option`.

use std::num::{NonZeroU32, NonZeroU64, NonZeroUsize};
use std::time::Duration;

/// Bounds everything a peer can make the server hold, wait for or do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The longest request head (request line and fields), in octets; a longer one is answered 431.
    ///
    /// 32 KiB: browsers with many cookies stay below 16 KiB, and it is what one connection may make
    /// the server hold before it has asked for anything. Never below [`HEAD_BYTES_MIN`].
    // R-5.4-1
    pub head_bytes: usize,
    /// The most field lines in one request head; more are answered 431.
    ///
    /// 100: real clients send fewer than 40; each costs memory several times its length.
    pub head_fields: usize,
    /// The time a peer has from its connection's first octet, or from a request's first octet, to the
    /// end of that request's head.
    ///
    /// 15 s: enough for a head of one packet sent five times over a lossy link; a peer that dribbles one
    /// octet at a time holds a connection no longer than this.
    pub head_time: Duration,
    /// The time a TLS handshake may take.
    ///
    /// 10 s: two round trips and a retransmission; handshakes cost CPU, so they get less than heads.
    pub handshake_time: Duration,
    /// The time a connection may stay open with no request under way.
    ///
    /// 60 s: longer than the pause between two seeks of a person; a connection that is opened
    /// ahead of need, as browsers do, waits as long as `head_time` for its first octet.
    pub idle_time: Duration,
    /// The time a connection may stay open with no request under way while every place is taken and peers
    /// wait.
    ///
    /// 2 s: whoever holds places and asks for nothing makes room for those who do; a person's next seek
    /// costs a reconnection then, and only then.
    pub crowded_idle_time: Duration,
    /// The time a response may make no progress because its peer takes none of it.
    ///
    /// 60 s: a player that is paused lets its connection stall, and asks again by range when it goes on; so
    /// cutting it costs one request, and keeping it costs a descriptor, a buffer and a kernel queue.
    /// Progress is an octet the kernel (HTTP/1.1) or the stream's window (HTTP/2) takes. It comes in steps:
    /// half of `unsent_bytes` here, and what the peer's kernel opens its window by, on Linux up to a
    /// sixteenth of its buffer (400 KiB); so a peer that reads 10 KiB/s or more is safe with 60 s.
    pub stalled_write_time: Duration,
    /// The octets that may wait in the kernel unsent before writing pauses (TCP_NOTSENT_LOWAT).
    ///
    /// 256 KiB: keeps what a slow reader pins in the kernel small, lets one whole buffer leave at once, and
    /// keeps "no progress" near the truth: without it the kernel asks for more only once a third of its own
    /// buffer, which grows to megabytes, has gone.
    pub unsent_bytes: u32,
    /// The most connections at once, over all listeners; further ones wait in the kernel's backlog, and
    /// idle ones make room.
    ///
    /// By default derived from the descriptors the process may open: see [`Limits::connections_for`].
    pub connections: Option<NonZeroUsize>,
    /// The most connections at once from one peer (one IPv4 address, or one IPv6 /64).
    ///
    /// Off by default: a household, an office or a reverse proxy is one peer.
    pub connections_per_peer: Option<NonZeroUsize>,
    /// The most requests on one connection; the last one's answer closes it.
    ///
    /// 10,000: bounds what a connection can accumulate, and costs a busy peer one reconnection in 10,000
    /// requests.
    pub requests_per_connection: NonZeroU64,
    /// The octets per second that one connection is sent, at most.
    ///
    /// Off by default.
    pub rate: Option<NonZeroU64>,
    /// The time that responses under way get to finish once the server is told to stop.
    ///
    /// 10 s: below the 30 s that container and service managers commonly wait before they kill.
    pub grace: Duration,
    /// The octets of a request's content, or of whatever follows a refused head, that are read and thrown
    /// away so that the answer is not lost to a reset (RFC 9112 §9.6).
    ///
    /// 256 KiB: what is usually in flight when the peer reads the answer and stops.
    pub linger_bytes: u64,
    /// The time that reading and throwing away may take.
    ///
    /// 2 s: one round trip on any usable link, and some.
    pub linger_time: Duration,
    /// The most requests under way at once on one HTTP/2 connection.
    ///
    /// 100: the least that RFC 9113 §6.5.2 recommends.
    pub streams: NonZeroU32,
    /// The octets of content that may be held in buffers at once by all responses together.
    ///
    /// 64 MiB: buffers shrink as it gets short, so that 10,000 stalled readers still hold 4 KiB each.
    pub buffer_bytes: usize,
}

/// The least [`Limits::head_bytes`] may be: the engine below reads heads in pieces of this length.
pub const HEAD_BYTES_MIN: usize = 8192;

/// The most connections that are derived from the number of descriptors; more must be asked for.
const CONNECTIONS_MAX: usize = 65_536;

/// The descriptors kept for what is not a connection: listeners, the runtimes' own, directories, logs.
const DESCRIPTORS_KEPT: usize = 64;

/// The most files kept open that are derived from the number of descriptors: of more, few are hot, and a kernel's own
/// cache of names serves the others well.
const OPEN_FILES_MAX: usize = 32_768;

impl Default for Limits {
    fn default() -> Self {
        Limits {
            head_bytes: 32 * 1024,
            head_fields: 100,
            head_time: Duration::from_secs(15),
            handshake_time: Duration::from_secs(10),
            idle_time: Duration::from_secs(60),
            crowded_idle_time: Duration::from_secs(2),
            stalled_write_time: Duration::from_secs(60),
            unsent_bytes: 256 * 1024,
            connections: None,
            connections_per_peer: None,
            requests_per_connection: NonZeroU64::new(10_000).unwrap_or(NonZeroU64::MIN),
            rate: None,
            grace: Duration::from_secs(10),
            linger_bytes: 256 * 1024,
            linger_time: Duration::from_secs(2),
            streams: NonZeroU32::new(100).unwrap_or(NonZeroU32::MIN),
            buffer_bytes: 64 * 1024 * 1024,
        }
    }
}

impl Limits {
    /// Derives the most connections from the descriptors the process may open.
    ///
    /// Half of them, less a few: a connection needs one for itself and one for the file it is sent.
    pub fn connections_for(descriptors: u64) -> NonZeroUsize {
        let descriptors = usize::try_from(descriptors).unwrap_or(usize::MAX);
        let half = descriptors.saturating_sub(DESCRIPTORS_KEPT) / 2;
        NonZeroUsize::new(half.min(CONNECTIONS_MAX)).unwrap_or(NonZeroUsize::MIN)
    }

    /// Derives how many files may be kept open between requests from the descriptors the process may open.
    ///
    /// Half of them: what they take from connections they give back as soon as there is want of descriptors.
    pub fn open_files_for(descriptors: u64) -> usize {
        let descriptors = usize::try_from(descriptors).unwrap_or(usize::MAX);
        (descriptors.saturating_sub(DESCRIPTORS_KEPT) / 2).min(OPEN_FILES_MAX)
    }

    /// Raises the soft limit on open descriptors to the hard one, and returns the one now in force.
    ///
    /// Where raising is refused, the present limit stays and is returned: the server then takes fewer
    /// connections.
    pub fn raise_descriptors() -> u64 {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let now = getrlimit(Resource::Nofile);
        let wanted = Rlimit { current: now.maximum, maximum: now.maximum };
        let now = if setrlimit(Resource::Nofile, wanted).is_ok() { getrlimit(Resource::Nofile) } else { now };
        now.current.unwrap_or(u64::MAX)
    }

    /// Returns the head limit that is enforced: never below what the engine needs.
    pub(crate) fn head_bytes_enforced(&self) -> usize {
        self.head_bytes.max(HEAD_BYTES_MIN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_descriptors_for_files() {
        assert_eq!(Limits::connections_for(1024).get(), 480);
        assert_eq!(Limits::connections_for(20_000).get(), 9_968);
    }

    #[test]
    fn connections_stay_within_reason_at_both_ends() {
        assert_eq!(Limits::connections_for(0).get(), 1);
        assert_eq!(Limits::connections_for(65).get(), 1);
        assert_eq!(Limits::connections_for(u64::MAX).get(), CONNECTIONS_MAX);
    }

    #[test]
    fn kept_files_take_one_half_at_most() {
        assert_eq!(Limits::open_files_for(0), 0);
        assert_eq!(Limits::open_files_for(1024), 480);
        assert_eq!(Limits::open_files_for(u64::MAX), OPEN_FILES_MAX);
    }

    #[test]
    fn raising_descriptors_reaches_the_hard_limit() {
        use rustix::process::{Resource, getrlimit};
        let raised = Limits::raise_descriptors();
        assert_eq!(Some(raised), getrlimit(Resource::Nofile).maximum.or(Some(u64::MAX)));
    }

    #[test]
    fn a_head_limit_below_the_engines_least_is_lifted() {
        let limits = Limits { head_bytes: 100, ..Limits::default() };
        assert_eq!(limits.head_bytes_enforced(), HEAD_BYTES_MIN);
    }
}
