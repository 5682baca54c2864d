//! One exchange as the inspector keeps it: printable, masked, and the same in memory, on the wire and in a recording.
//!
//! In: an [`Exchange`] with its detail. Out: an [`Entry`], whose JSON docs/inspect.md describes.

use std::hash::BuildHasher;

use serde::{Deserialize, Serialize};

use super::mask;
use crate::exchange::{self, Exchange, Fields, Outcome};
use crate::log::{plain_up_to, rfc3339};

/// The longest target or range that is kept, in octets; longer ones end in `...(+N)`.
const TEXT_MAX: usize = 1024;

/// Holds one exchange. Every string is printable ASCII, whatever came.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Entry {
    /// Its number, in the order in which exchanges began.
    pub id: u64,
    /// The number of its connection.
    pub connection: Option<u64>,
    /// When the head had been received: RFC 3339, UTC.
    pub time: String,
    /// Who asked.
    pub peer: Option<String>,
    /// `HTTP/1.1` and so on.
    pub version: Option<String>,
    /// The method.
    pub method: Option<String>,
    /// The target, with the values of its query masked.
    pub target: Option<String>,
    /// The same for exchanges of the same target, its query's values included; it tells nothing else.
    pub resource: Option<String>,
    /// The Range field.
    pub range: Option<String>,
    /// The If-Range field.
    pub if_range: Option<String>,
    /// The status; `None` while there is no answer.
    pub status: Option<u16>,
    /// The Content-Range of the answer.
    pub content_range: Option<String>,
    /// The key of the reason for this answer.
    pub because: Option<String>,
    /// The section of RFC 9110 it stands in.
    pub section: Option<String>,
    /// Octets of content the answer promised.
    pub bytes_planned: u64,
    /// Octets of content that left.
    pub bytes_sent: u64,
    /// How it ended; `None` while it runs.
    pub outcome: Option<String>,
    /// Who ended it early: `client`, `server` or `origin`.
    pub closed_by: Option<String>,
    /// What went wrong, in the system's words.
    pub fault: Option<String>,
    /// From the head received until the answer's head had left, in milliseconds.
    pub first_octet_millis: Option<f64>,
    /// From the head received to the end, or to now, in milliseconds.
    pub millis: f64,
    /// The fields of the request that are kept: name and value.
    pub request: Fields,
    /// Those of the answer.
    pub answer: Fields,
    /// Which opened player page asked; never told.
    #[serde(skip)]
    pub(crate) view: Option<u64>,
}

/// Makes entries; two of them name the same resource differently.
#[derive(Debug, Default)]
pub(crate) struct Maker {
    // Keyed at random for each run, so that what is told of a target cannot be guessed at.
    keys: std::hash::RandomState,
}

impl Maker {
    /// Makes the entry of an exchange; `ended` says whether its outcome is final.
    pub(crate) fn make(&self, exchange: &Exchange, ended: bool) -> Option<Entry> {
        let detail = exchange.detail.as_deref()?;
        let text = |octets: &[u8]| plain_up_to(octets, TEXT_MAX);
        let target = exchange.target.as_deref();
        Some(Entry {
            id: detail.id,
            connection: detail.connection,
            time: rfc3339(exchange.time),
            peer: exchange.peer.map(|peer| peer.to_string()),
            version: detail.version.map(|version| format!("{version:?}")),
            method: exchange.method.as_ref().map(|method| plain_up_to(method.as_str().as_bytes(), 32)),
            target: target.map(|target| mask::target(&text(target))),
            resource: target.map(|target| format!("{:012x}", self.resource(target) >> 16)),
            range: exchange.range.as_deref().map(text),
            if_range: exchange.if_range.as_deref().map(text),
            status: exchange.status.map(|status| status.as_u16()),
            content_range: exchange.content_range.as_ref().map(|value| text(value.as_bytes())),
            because: exchange.because.map(str::to_owned),
            section: exchange.section.map(str::to_owned),
            bytes_planned: exchange.bytes_planned,
            bytes_sent: exchange.bytes_sent,
            outcome: ended.then(|| exchange.outcome.key().to_owned()),
            closed_by: if ended { closed_by(exchange.outcome).map(str::to_owned) } else { None },
            fault: exchange.fault.as_ref().map(|fault| text(fault.as_bytes())),
            first_octet_millis: detail.first_octet.map(exchange::millis),
            millis: exchange.millis(),
            request: detail.request.clone(),
            answer: detail.answer.clone(),
            view: target.and_then(view_of).map(|token| self.keys.hash_one(token)),
        })
    }

    /// Gives the name of a view by its token, as entries carry it.
    pub(crate) fn view(&self, token: &str) -> u64 {
        self.keys.hash_one(token.as_bytes())
    }

    /// Names a resource by its target; the token of a player page, and whether it is to be saved, make no other one.
    fn resource(&self, target: &[u8]) -> u64 {
        let (path, query) = match target.iter().position(|octet| *octet == b'?') {
            Some(at) => target.split_at(at),
            None => (target, &[][..]),
        };
        let ours = |pair: &&[u8]| !pair.starts_with(b"view=") && !matches!(*pair, b"" | b"download");
        let query = query.strip_prefix(b"?").unwrap_or_default();
        let rest: Vec<&[u8]> = query.split(|octet| *octet == b'&').filter(ours).collect();
        self.keys.hash_one((path, rest))
    }
}

impl Entry {
    /// Gives a field of the request; the first, where there are several.
    #[must_use]
    pub fn asked(&self, name: &str) -> Option<&str> {
        self.request.get(name)
    }

    /// Gives a field of the answer; the first, where there are several.
    #[must_use]
    pub fn answered(&self, name: &str) -> Option<&str> {
        self.answer.get(name)
    }

    /// Gives whom it is shown under: the peer's address without the port, with what the peer calls itself.
    #[must_use]
    pub fn client(&self) -> (&str, &str) {
        (self.peer.as_deref().map_or("-", address), self.asked("user-agent").unwrap_or_default())
    }

    /// Gives the path without its query.
    #[must_use]
    pub fn path(&self) -> &str {
        let target = self.target.as_deref().unwrap_or_default();
        target.split('?').next().unwrap_or_default()
    }

    /// Says about how much memory it holds.
    pub(crate) fn weight(&self) -> usize {
        let optional =
            [&self.target, &self.range, &self.if_range, &self.content_range, &self.fault, &self.peer];
        let texts: usize = optional.into_iter().flatten().map(String::len).sum();
        size_of::<Self>() + 160 + texts + self.request.weight() + self.answer.weight()
    }
}

/// Takes the port off an address.
fn address(peer: &str) -> &str {
    match peer.rsplit_once(':') {
        Some((host, port))
            if port.bytes().all(|b| b.is_ascii_digit()) && (!host.contains(':') || host.ends_with(']')) =>
        {
            host.trim_start_matches('[').trim_end_matches(']')
        }
        _ => peer,
    }
}

/// Finds the token of a player page in a target.
fn view_of(target: &[u8]) -> Option<&[u8]> {
    let query = target.splitn(2, |octet| *octet == b'?').nth(1)?;
    query.split(|octet| *octet == b'&').find_map(|pair| pair.strip_prefix(b"view="))
}

/// Says who ended an exchange early.
fn closed_by(outcome: Outcome) -> Option<&'static str> {
    match outcome {
        Outcome::Finished | Outcome::Grew => None,
        Outcome::AbortedByPeer => Some("client"),
        Outcome::OriginCut | Outcome::OriginStalled => Some("origin"),
        Outcome::Changed
        | Outcome::Truncated
        | Outcome::ReadError
        | Outcome::Stalled
        | Outcome::ShutDown
        | Outcome::BadHead
        | Outcome::HeadTimeout
        | Outcome::Refused => Some("server"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_are_known_by_their_address() {
        for (peer, client) in [
            ("192.0.2.7:50312", "192.0.2.7"),
            ("[2001:db8::1]:80", "2001:db8::1"),
            ("2001:db8::1", "2001:db8::1"),
            ("192.0.2.7", "192.0.2.7"),
            ("unix", "unix"),
        ] {
            assert_eq!(address(peer), client, "{peer}");
        }
    }

    #[test]
    fn a_resource_is_known_by_its_whole_target_and_not_by_which_page_plays_it() {
        let maker = Maker::default();
        let one = maker.resource(b"/a?id=1");
        assert_eq!(one, maker.resource(b"/a?id=1&view=0123"));
        assert_ne!(one, maker.resource(b"/a?id=2"));
        assert_eq!(maker.resource(b"/a"), maker.resource(b"/a?download"));
        assert_ne!(maker.resource(b"/a"), maker.resource(b"/a?play"), "that is a page");
        assert_ne!(one, Maker::default().resource(b"/a?id=1"), "keyed at random");
    }
}
