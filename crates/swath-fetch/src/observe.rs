//! What happens while a download runs, for whoever watches.
//!
//! In: nothing. Out: events in the order in which they happened, and from time to time the state of the whole.

use std::net::SocketAddr;
use std::time::Duration;

use byteranges::ByteSet;
use serde::Serialize;

/// Watches a download. It is called on the thread that called [`download`](crate::download), and holds nothing up there
/// but itself: lanes go on while it works.
pub trait Observer {
    /// Tells what happened, and when since the start.
    fn event(&mut self, at: Duration, event: &Event);

    /// Shows how far it is, some times a second.
    fn progress(&mut self, progress: &Progress);
}

/// Watches nothing.
impl Observer for () {
    fn event(&mut self, _at: Duration, _event: &Event) {}
    fn progress(&mut self, _progress: &Progress) {}
}

/// Tells what happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// A request is sent.
    Asked {
        /// The request.
        ask: u64,
        /// Which way, as a number.
        path: usize,
        /// Where to.
        url: String,
        /// By which link, where one was named.
        interface: Option<String>,
        /// What is asked for: `bytes=0-`, or nothing for the whole.
        range: Option<String>,
    },
    /// A connection stands.
    Connected {
        /// The request that waits for it.
        ask: u64,
        /// The other end, where the system tells it.
        address: Option<SocketAddr>,
        /// The version of HTTP spoken over it.
        version: &'static str,
    },
    /// The server sends elsewhere.
    Redirected {
        /// The request.
        ask: u64,
        /// The status.
        status: u16,
        /// Where to.
        url: String,
    },
    /// The head of an answer is here.
    Head {
        /// The request.
        ask: u64,
        /// The status.
        status: u16,
        /// Its Content-Range.
        content_range: Option<String>,
        /// Its entity tag.
        etag: Option<String>,
    },
    /// An answer ended as it should.
    Ended {
        /// The request.
        ask: u64,
        /// Octets of content that came.
        received: u64,
    },
    /// The machine gave a request up: for a faster lane, or since it failed.
    Stopped {
        /// The request.
        ask: u64,
        /// Octets of content that came.
        received: u64,
    },
    /// A request failed.
    Failed {
        /// The request.
        ask: u64,
        /// Octets of content that came.
        received: u64,
        /// Why, in a sentence.
        why: String,
    },
    /// A new file was begun: the first, or one for another version.
    Began {
        /// Its number.
        generation: u32,
        /// Octets of the whole, where known.
        complete_length: Option<u64>,
        /// Its entity tag.
        etag: Option<String>,
    },
    /// What was written until now is durable.
    Synced {
        /// The file.
        generation: u32,
    },
    /// The whole, or an answer, was held against its digest.
    Digested {
        /// The request, when it is about an answer and not the whole.
        ask: Option<u64>,
        /// Whether it matches.
        matches: bool,
    },
    /// A link went or came.
    Link {
        /// Which.
        interface: String,
        /// Whether it is there.
        up: bool,
    },
}

/// Shows how far a download is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Since the start.
    pub elapsed: Duration,
    /// Octets of the whole, where known.
    pub complete_length: Option<u64>,
    /// What has arrived, in this run or before.
    pub held: ByteSet,
    /// What is being fetched.
    pub in_flight: Vec<InFlight>,
    /// Content octets received in this run.
    pub received: u64,
    /// Of these, dropped or only compared.
    pub wasted: u64,
    /// Octets per second, over the last seconds.
    pub rate: u64,
}

/// Describes one request under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct InFlight {
    /// The request.
    pub ask: u64,
    /// Which way.
    pub path: usize,
    /// The first octet still to come.
    pub first: u64,
    /// The position after the last, where known.
    pub end: Option<u64>,
}
