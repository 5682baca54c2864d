//! What the driver tells the machine.
//!
//! In: what came from sockets and disks. Out: plain values; octets themselves never enter the machine.

use std::time::Duration;

use http::{HeaderMap, StatusCode, header};

use super::AskId;
use crate::{ByteRange, ContentRange, EntityTag, HttpDate};

/// Tells the machine what happened. Events of requests that were stopped or have ended are ignored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The head of the final answer is here (no 1xx, redirections followed).
    Head {
        /// The request.
        ask: AskId,
        /// What it says.
        head: Box<Head>,
    },
    /// This many octets of content are here, after those told before. The driver keeps them until an action places them.
    Bytes {
        /// The request.
        ask: AskId,
        /// Octets, framing removed.
        count: u64,
    },
    /// The content ended as its framing says: Content-Length met, last chunk seen, or the connection closed in order.
    End {
        /// The request.
        ask: AskId,
    },
    /// The request failed, or its content ended too early.
    Failed {
        /// The request.
        ask: AskId,
        /// How.
        failure: Failure,
    },
    /// A [`Write`](super::Action::Write) was performed.
    Written {
        /// The file written to.
        generation: u32,
        /// The request whose octets they were.
        ask: AskId,
        /// Where.
        range: ByteRange,
    },
    /// A [`Compare`](super::Action::Compare) was performed.
    Compared {
        /// The request whose octets they were.
        ask: AskId,
        /// Where.
        range: ByteRange,
        /// Whether the octets are those in the file.
        equal: bool,
    },
    /// A [`StartFile`](super::Action::StartFile) was performed: the file, its journal and their directory are durable.
    FileReady {
        /// The file.
        generation: u32,
    },
    /// A [`Sync`](super::Action::Sync) was performed: all told as written before that action is durable.
    Synced {
        /// The file.
        generation: u32,
    },
    /// The content of a whole answer was held against its Content-Digest; told before `End`.
    Digested {
        /// The request.
        ask: AskId,
        /// Whether it matched.
        matches: bool,
    },
    /// The content of this answer will not be held against its Content-Digest after all: on a slow connection its end is not
    /// worth waiting for. What came counts as without such a field.
    Undigested {
        /// The request.
        ask: AskId,
    },
    /// The whole file was held against the digest.
    Verified {
        /// Whether it matched.
        matches: bool,
    },
    /// A write, a sync or a record failed. Nothing after the last `Synced` counts as held.
    DiskFailed,
    /// A link is gone.
    PathDown {
        /// Which, as an index into [`Settings::paths`](super::Settings::paths).
        path: usize,
    },
    /// A link is back.
    PathUp {
        /// Which.
        path: usize,
    },
    /// The user wants to stop; what is held is made durable first.
    Interrupted,
}

/// Says how a request failed below HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// No connection could be made, or the name could not be resolved.
    Connect,
    /// The connection broke, or its framing did.
    Broken,
    /// The content was shorter than its framing said.
    Short,
    /// Trying again would end alike: the server's certificate is not trusted, say. The path is given up at once.
    Hopeless,
}

/// What a Content-Range field says, or that it says nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placement {
    /// There is no such field.
    Absent,
    /// There are several, or one that is malformed or of another unit.
    Invalid,
    /// It is valid.
    Valid(ContentRange),
}

/// Holds what matters of an answer's head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// The status code.
    pub status: u16,
    /// Length of the content, where it is known in advance.
    pub content_length: Option<u64>,
    /// Where the content belongs.
    pub placement: Placement,
    /// Whether the content is in parts.
    pub multipart: bool,
    /// Whether the content is coded, although only identity was asked for.
    pub coded: bool,
    /// Whether there was any ETag field, well formed or not.
    pub has_etag: bool,
    /// The entity tag.
    pub etag: Option<EntityTag>,
    /// The date of the last modification.
    pub last_modified: Option<HttpDate>,
    /// When the server says it answered.
    pub date: Option<HttpDate>,
    /// How long the server asks to be left alone.
    pub retry_after: Option<Duration>,
    /// Whether a redirection led here, which only the driver knows: the URL that the user named may lead elsewhere by now.
    pub redirected: bool,
    /// Whether the driver will tell [`Event::Digested`] or [`Event::Undigested`] for this answer. Nothing of it counts before that, so it is for
    /// answers short enough to be fetched again whole; [`Head::read`] never sets it.
    pub digested: bool,
}

impl Head {
    /// Reads the fields of an answer that was received at `received`.
    ///
    /// ```
    /// use byteranges::{HttpDate, download::Head};
    /// let mut fields = http::HeaderMap::new();
    /// fields.insert("retry-after", "120".parse().unwrap());
    /// let now = HttpDate::from_seconds(1_800_000_000).unwrap();
    /// let head = Head::read(http::StatusCode::SERVICE_UNAVAILABLE, &fields, now);
    /// assert_eq!(head.retry_after.unwrap().as_secs(), 120);
    /// ```
    pub fn read(status: StatusCode, fields: &HeaderMap, received: HttpDate) -> Self {
        let one = |name: header::HeaderName| {
            let mut lines = fields.get_all(name).iter();
            lines.next().filter(|_| lines.next().is_none()).map(http::HeaderValue::as_bytes)
        };
        let date = |name| one(name).and_then(|value| HttpDate::parse(value, received));
        let text = |name| one(name).and_then(|value| std::str::from_utf8(value).ok());
        let content_type = fields.get(header::CONTENT_TYPE).map_or(&b""[..], http::HeaderValue::as_bytes);
        let own_date = date(header::DATE);
        Self {
            status: status.as_u16(),
            content_length: text(header::CONTENT_LENGTH).and_then(|value| value.parse().ok()),
            placement: match one(header::CONTENT_RANGE).map(ContentRange::parse) {
                Some(Some(read)) => Placement::Valid(read),
                Some(None) => Placement::Invalid,
                None if fields.contains_key(header::CONTENT_RANGE) => Placement::Invalid,
                None => Placement::Absent,
            },
            multipart: content_type.to_ascii_lowercase().starts_with(b"multipart/"),
            coded: fields.get_all(header::CONTENT_ENCODING).iter().any(|value| {
                let value = value.as_bytes().trim_ascii();
                !value.is_empty() && !value.eq_ignore_ascii_case(b"identity")
            }),
            has_etag: fields.contains_key(header::ETAG),
            etag: one(header::ETAG).and_then(EntityTag::parse),
            last_modified: date(header::LAST_MODIFIED),
            date: own_date,
            retry_after: one(header::RETRY_AFTER)
                .and_then(|value| retry_after(value, own_date.unwrap_or(received))),
            redirected: false,
            digested: false,
        }
    }
}

/// Reads delay-seconds or a date; a date counts from the answer's own Date, so that clocks need not agree.
// R-10.2.3-1
fn retry_after(value: &[u8], sent: HttpDate) -> Option<Duration> {
    if let Some(delay) = crate::lex::Numeral::read(value) {
        return Some(Duration::from_secs(delay.value));
    }
    let until = HttpDate::parse(value, sent)?;
    Some(Duration::from_secs(until.seconds().saturating_sub(sent.seconds())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(fields: &[(&'static str, &'static str)]) -> Head {
        let mut map = HeaderMap::new();
        for (name, value) in fields {
            map.append(*name, http::HeaderValue::from_static(value));
        }
        Head::read(StatusCode::PARTIAL_CONTENT, &map, HttpDate::from_seconds(784_111_777).unwrap())
    }

    // R-10.2.3-1
    #[test]
    fn retry_after_is_a_delay_or_a_date() {
        let seconds = |value| read(&[("retry-after", value)]).retry_after.map(|delay| delay.as_secs());
        assert_eq!(seconds("7"), Some(7));
        assert_eq!(seconds("Sun, 06 Nov 1994 08:49:47 GMT"), Some(10));
        assert_eq!(seconds("Sun, 06 Nov 1994 08:00:00 GMT"), Some(0));
        assert_eq!(seconds("soon"), None);
        let by_its_own_clock = read(&[
            ("date", "Sun, 06 Nov 1994 09:00:00 GMT"),
            ("retry-after", "Sun, 06 Nov 1994 09:00:05 GMT"),
        ]);
        assert_eq!(by_its_own_clock.retry_after, Some(Duration::from_secs(5)));
    }

    // R-14.4-3, R-5.3-1
    #[test]
    fn a_doubled_or_malformed_field_is_not_taken_for_one() {
        let twice = read(&[("content-range", "bytes 0-1/2"), ("content-range", "bytes 0-1/2")]);
        assert_eq!(twice.placement, Placement::Invalid);
        assert_eq!(read(&[("content-range", "bytes 0-1")]).placement, Placement::Invalid);
        assert_eq!(read(&[]).placement, Placement::Absent);
        let tags = read(&[("etag", "\"a\""), ("etag", "\"a\"")]);
        assert_eq!((tags.has_etag, tags.etag), (true, None));
        let unquoted = read(&[("etag", "abc")]);
        assert_eq!((unquoted.has_etag, unquoted.etag), (true, None));
    }
}
