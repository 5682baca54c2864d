//! What goes into the record of one request: first what was received, later what was decided.
//!
//! In: a request's head; an answer's. Out: [`Received`] and [`Answered`], as far as the record goes.

use std::time::{Instant, SystemTime};

use bytes::Bytes;
use http::{HeaderValue, Method, StatusCode};

use crate::connection::Peer;
use crate::fast_path::request::Heard;
use crate::field_lines::FieldLines;

/// Holds what was received: the request as far as the record goes.
#[derive(Clone, Debug)]
pub struct Received {
    /// When the head had been received.
    pub time: SystemTime,
    /// The same moment, for measuring.
    pub instant: Instant,
    /// Who asks; `None` where nothing is known of the connection.
    pub peer: Option<Peer>,
    /// The method.
    pub method: Method,
    /// The request target as it came.
    pub target: Bytes,
    /// The Range field as it came, several lines joined with `, `.
    pub range: Option<Bytes>,
    /// The If-Range field as it came.
    pub if_range: Option<Bytes>,
}

impl Received {
    /// Makes the record of a request whose head has just been received.
    #[must_use]
    pub fn now(peer: Option<Peer>, parts: &http::request::Parts) -> Self {
        Self::at(SystemTime::now(), Instant::now(), peer, parts)
    }

    /// The same for one whose moment is known already.
    pub(crate) fn at(
        time: SystemTime,
        instant: Instant,
        peer: Option<Peer>,
        parts: &http::request::Parts,
    ) -> Self {
        let target = target_as_it_came(parts);
        Self::of((time, instant), peer, parts.method.clone(), target, FieldLines::Map(&parts.headers))
    }

    /// The same for what the fast path heard.
    pub(crate) fn heard(time: SystemTime, instant: Instant, peer: Peer, heard: &Heard) -> Self {
        let target = Bytes::copy_from_slice(heard.target());
        Self::of((time, instant), Some(peer), heard.http_method(), target, FieldLines::Heard(heard))
    }

    fn of(
        (time, instant): (SystemTime, Instant),
        peer: Option<Peer>,
        method: Method,
        target: Bytes,
        fields: FieldLines<'_>,
    ) -> Self {
        let joined = |name| {
            let mut joined: Option<Vec<u8>> = None;
            fields.each(name, |line| match &mut joined {
                None => joined = Some(line.to_vec()),
                Some(joined) => {
                    joined.extend_from_slice(b", ");
                    joined.extend_from_slice(line);
                }
            });
            joined.map(Bytes::from)
        };
        Self {
            time,
            instant,
            peer,
            method,
            target,
            range: joined(&http::header::RANGE),
            if_range: joined(&http::header::IF_RANGE),
        }
    }
}

/// Gives path and query, also for HTTP/2, where the URI is put together from fields; whole, if it came so in HTTP/1.1.
fn target_as_it_came(parts: &http::request::Parts) -> Bytes {
    let came_whole = parts.uri.scheme().is_some() && parts.version < http::Version::HTTP_2;
    match parts.uri.path_and_query() {
        Some(path) if !came_whole && !path.as_str().is_empty() => Bytes::from(path.as_str().to_owned()),
        _ => Bytes::from(parts.uri.to_string()),
    }
}

/// Holds what was decided: the answer as far as the record goes.
#[derive(Clone, Debug)]
pub struct Answered {
    /// The status.
    pub status: StatusCode,
    /// The Content-Range field, if the answer has one.
    pub content_range: Option<HeaderValue>,
    /// The stable key of the reason.
    pub because: Option<&'static str>,
    /// The section the reason stands in.
    pub section: Option<&'static str>,
    /// The octets of content promised; 0 for HEAD.
    pub bytes_planned: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn received(request: http::request::Builder) -> Received {
        let (parts, ()) = request.body(()).expect("a request").into_parts();
        Received::now(None, &parts)
    }

    #[test]
    fn the_target_is_recorded_as_it_came() {
        use http::Version;
        for (version, uri, expected) in [
            (Version::HTTP_11, "/a%20b?c=d&e", "/a%20b?c=d&e"),
            (Version::HTTP_11, "*", "*"),
            (Version::HTTP_11, "http://example.com/a?b", "http://example.com/a?b"),
            (Version::HTTP_2, "https://example.com/a?b", "/a?b"),
            (Version::HTTP_11, "example.com:443", "example.com:443"),
        ] {
            let target = received(http::Request::builder().version(version).uri(uri)).target;
            assert_eq!(target, expected, "{version:?} {uri}");
        }
    }

    #[test]
    fn several_lines_of_a_field_are_joined() {
        let two =
            received(http::Request::builder().header("Range", "bytes=0-1").header("Range", "bytes=5-\u{e9}"));
        assert_eq!(two.range.as_deref(), Some("bytes=0-1, bytes=5-\u{e9}".as_bytes()));
        assert_eq!(two.if_range, None);
    }
}
