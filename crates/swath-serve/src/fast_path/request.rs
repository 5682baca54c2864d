//! The heads that the fast path understands: read strictly, or left to the engine.
//!
//! In: the octets that came. Out: one request, or that more is needed, or that the engine has to see it. Pure.
//!
//! Nothing is refused here. A head that could be read in two ways, that brings content, or that asks for
//! anything but GET or HEAD is declined: then the engine and the shared service decide, as they do without this path.

use std::mem::MaybeUninit;

use bytes::{Bytes, BytesMut};
use http::header::{
    CONNECTION, CONTENT_LENGTH, EXPECT, HOST, HeaderMap, HeaderName, HeaderValue, TRANSFER_ENCODING, UPGRADE,
};
use http::request::Parts;
use http::{Method, Request, Uri, Version};

use crate::limits::HEAD_BYTES_MIN;

/// The longest head that is read here: the engine takes heads of this length whatever limit is set.
pub const HEAD_MAX: usize = HEAD_BYTES_MIN;

/// The most field lines that are read here; browsers send fewer than half as many.
const FIELDS_MAX: usize = 64;

/// Says what octets are, as far as the fast path is concerned.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "it never leaves the stack")]
pub enum Reading {
    /// The beginning of a head, as far as it goes.
    Partial,
    /// Something to be left to the engine, from the first of these octets on.
    Declined,
    /// A whole request without content; its octets were taken out.
    Request(Heard),
}

/// Holds one request that was understood.
#[derive(Debug)]
pub struct Heard {
    /// Its head.
    pub parts: Parts,
    /// Whether the peer wants no more answers on this connection.
    pub close: bool,
}

/// Reads one head from the front of `octets`; what is declined stays in them.
///
/// `fields_max` is the server's own limit; `fields` is a map whose memory is used for the fields.
pub fn read(octets: &mut BytesMut, fields_max: usize, fields: impl FnOnce() -> HeaderMap) -> Reading {
    match end_of(octets) {
        End::At(end) if end <= HEAD_MAX => {
            let head = octets.split_to(end).freeze();
            match parse(&head, fields_max.min(FIELDS_MAX), fields()) {
                Some(heard) => Reading::Request(heard),
                None => {
                    // Put back: the engine reads them again.
                    let rest = std::mem::take(octets);
                    octets.reserve(head.len() + rest.len());
                    octets.extend_from_slice(&head);
                    octets.extend_from_slice(&rest);
                    Reading::Declined
                }
            }
        }
        End::NotYet if octets.len() <= HEAD_MAX => Reading::Partial,
        End::At(_) | End::NotYet | End::Doubtful => Reading::Declined,
    }
}

enum End {
    /// The head ends before this octet.
    At(usize),
    NotYet,
    /// It begins otherwise than we read, or has a line end that others may not take for one.
    Doubtful,
}

/// Finds the end of a head whose every line ends with CR LF.
fn end_of(octets: &[u8]) -> End {
    if !begins_well(octets, b"GET /") && !begins_well(octets, b"HEAD /") {
        return End::Doubtful;
    }
    let mut line = 0;
    for at in memchr::memchr_iter(b'\n', octets) {
        match octets.get(line..at) {
            Some(b"\r") => return End::At(at + 1),
            Some([.., b'\r']) => line = at + 1,
            _ => return End::Doubtful,
        }
    }
    End::NotYet
}

/// Says whether `octets` begin as `expected` does, as far as either goes.
fn begins_well(octets: &[u8], expected: &[u8]) -> bool {
    let common = octets.len().min(expected.len());
    octets[..common] == expected[..common]
}

fn parse(head: &Bytes, fields_max: usize, empty: HeaderMap) -> Option<Heard> {
    let mut lines = [const { MaybeUninit::uninit() }; FIELDS_MAX];
    let mut request = httparse::Request::new(&mut []);
    let lines = lines.get_mut(..fields_max)?;
    match httparse::ParserConfig::default().parse_request_with_uninit_headers(&mut request, head, lines) {
        Ok(httparse::Status::Complete(length)) if length == head.len() => {}
        _ => return None,
    }
    let method = match request.method? {
        "GET" => Method::GET,
        "HEAD" => Method::HEAD,
        _ => return None,
    };
    if request.version? != 1 {
        return None;
    }
    let (mut parts, ()) = Request::new(()).into_parts();
    parts.headers = empty;
    parts.method = method;
    parts.version = Version::HTTP_11;
    parts.uri = Uri::from_maybe_shared(head.slice_ref(request.path?.as_bytes())).ok()?;
    let close = fields(&mut parts.headers, head, request.headers)?;
    Some(Heard { parts, close })
}

/// Takes the fields over; says whether they ask for a close, and nothing if they ask for what is not done here.
fn fields(into: &mut HeaderMap, head: &Bytes, lines: &[httparse::Header<'_>]) -> Option<bool> {
    into.reserve(lines.len());
    let (mut hosts, mut close) = (0, false);
    for line in lines {
        let name = HeaderName::from_bytes(line.name.as_bytes()).ok()?;
        match name {
            // Content, or a wish about it: R-9112/6.3-1.
            CONTENT_LENGTH | TRANSFER_ENCODING | EXPECT | UPGRADE => return None,
            HOST => hosts += 1,
            CONNECTION => close |= asks_to_close(line.value)?,
            _ => {}
        }
        into.append(name, HeaderValue::from_maybe_shared(head.slice_ref(line.value)).ok()?);
    }
    (hosts == 1).then_some(close)
}

/// Reads a Connection field of `close` and `keep-alive`; `None` where it names anything else.
fn asks_to_close(value: &[u8]) -> Option<bool> {
    value.split(|octet| *octet == b',').map(<[u8]>::trim_ascii).try_fold(false, |close, option| {
        if option.eq_ignore_ascii_case(b"close") {
            Some(true)
        } else {
            option.eq_ignore_ascii_case(b"keep-alive").then_some(close)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads one head, and says what became of it: `?` for more, `-` for declined, else method, target and close.
    fn reading(octets: &[u8]) -> (String, BytesMut) {
        let mut buffer = BytesMut::from(octets);
        let reading = match read(&mut buffer, 100, HeaderMap::new) {
            Reading::Partial => "?".to_owned(),
            Reading::Declined => "-".to_owned(),
            Reading::Request(heard) => {
                let close = if heard.close { " close" } else { "" };
                format!("{} {}{close}", heard.parts.method, heard.parts.uri)
            }
        };
        (reading, buffer)
    }

    #[test]
    fn only_what_is_fully_understood_is_read() {
        let cases: &[(&str, &str)] = &[
            ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET /"),
            ("HEAD /a%20b?c=d HTTP/1.1\r\nhost: a\r\n\r\n", "HEAD /a%20b?c=d"),
            ("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "GET / close"),
            ("GET / HTTP/1.1\r\nHost: a\r\nConnection: Keep-Alive , Close\r\n\r\n", "GET / close"),
            ("GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive\r\n\r\n", "GET /"),
            ("GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, TE\r\n\r\n", "-"),
            ("GET / HTTP/1.1\r\nHost: a\r\nConnection:\r\n\r\n", "-"),
            ("GET / HTTP/1.1\r\nHost: a\r\nRange: bytes=0-1\r\n\r\nGET /next", "GET /"),
            ("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", "-"),
            ("GET / HTTP/1.1\r\nHost: a\r\ncontent-length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", "-"),
            ("GET / HTTP/1.1\r\nHost: a\r\nTRANSFER-ENCODING: chunked\r\n\r\n", "-"),
            ("GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n", "-"),
            ("GET / HTTP/1.1\r\nHost: a\r\nUpgrade: h2c\r\n\r\n", "-"),
            ("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", "-"),
            ("GET / HTTP/1.1\r\n\r\n", "-"),
            ("GET / HTTP/1.1\nHost: a\n\n", "-"),
            ("GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n", "-"),
            ("GET / HTTP/1.1\r\nHost: a\r\nX", "?"),
            ("GET / HTTP/1.1\r\nHost: a\r\n\n", "-"),
            ("GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n c\r\n\r\n", "-"),
            ("GET / HTTP/1.1\r\nHost: a\r\nX : b\r\n\r\n", "-"),
            ("GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n", "-"),
            ("GET / HTTP/1.1\r\nHost: a\r\nX: b\rc\r\n\r\n", "-"),
            ("GET / HTTP/1.1\r\nHost: a\r\nX: b\0c\r\n\r\n", "-"),
            ("GET / HTTP/1.0\r\nHost: a\r\n\r\n", "-"),
            ("GET / HTTP/2.0\r\nHost: a\r\n\r\n", "-"),
            ("GET /\r\n\r\n", "-"),
            ("GET  / HTTP/1.1\r\nHost: a\r\n\r\n", "-"),
            ("GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n", "-"),
            ("GET * HTTP/1.1\r\nHost: a\r\n\r\n", "-"),
            ("get / HTTP/1.1\r\nHost: a\r\n\r\n", "-"),
            ("POST / HTTP/1.1\r\nHost: a\r\n\r\n", "-"),
            ("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", "-"),
            ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "-"),
            ("G", "?"),
            ("HEAD ", "?"),
            ("HEAD *", "-"),
            ("", "?"),
        ];
        for (octets, expected) in cases {
            let (found, rest) = reading(octets.as_bytes());
            assert_eq!(found, *expected, "{octets:?}");
            match *expected {
                "?" | "-" => assert_eq!(rest, octets.as_bytes(), "kept for whoever reads on: {octets:?}"),
                _ => {
                    let head = octets.find("\r\n\r\n").unwrap() + 4;
                    assert_eq!(rest, octets.as_bytes()[head..], "{octets:?}");
                }
            }
        }
    }

    #[test]
    fn a_head_may_come_in_pieces() {
        let whole = b"GET /a HTTP/1.1\r\nHost: a\r\nRange: bytes=0-1\r\n\r\n";
        for end in 0..whole.len() {
            assert_eq!(reading(&whole[..end]).0, "?", "{end}");
        }
        assert_eq!(reading(whole).0, "GET /a");
    }

    #[test]
    fn what_is_long_or_has_many_fields_is_left_to_the_engine() {
        let head = |fields: usize, length: usize| {
            let padding = "x".repeat(length);
            let lines: String = (0..fields).map(|number| format!("X-{number}: {padding}\r\n")).collect();
            format!("GET / HTTP/1.1\r\nHost: a\r\n{lines}\r\n")
        };
        assert_eq!(reading(head(63, 1).as_bytes()).0, "GET /");
        assert_eq!(reading(head(64, 1).as_bytes()).0, "-");
        assert_eq!(reading(head(1, 8_000).as_bytes()).0, "GET /");
        assert_eq!(reading(head(1, 8_192).as_bytes()).0, "-");
        assert_eq!(reading(&head(1, 9_000).as_bytes()[..8_193]).0, "-", "before its end came");
        let mut few = BytesMut::from(head(10, 1).as_bytes());
        assert!(matches!(read(&mut few, 10, HeaderMap::new), Reading::Declined), "the server's own limit");
    }
}
