//! The heads that the fast path understands: read strictly, or left to the engine.
//!
//! In: the octets that came. Out: one request, still as octets, or that more is needed, or that the engine has to see it. Pure.
//!
//! Nothing is refused here. A head that could be read in two ways, that brings content, or that asks for
//! anything but GET or HEAD is declined: then the engine and the shared service decide, as they do without this path.
//!
//! Of a head only places are noted: most answers depend on two or three of its fields, and a map of all costs more than the answer.

use std::mem::MaybeUninit;

use byteranges::AskedMethod;
use bytes::{Bytes, BytesMut};
use http::header::{HeaderName, HeaderValue};
use http::request::Parts;
use http::{Method, Request, Uri, Version};

use crate::limits::HEAD_BYTES_MIN;

/// The longest head that is read here: the engine takes heads of this length whatever limit is set.
pub const HEAD_MAX: usize = HEAD_BYTES_MIN;

/// The most field lines that are read here; browsers send fewer than half as many.
const FIELDS_MAX: usize = 64;

/// Which octets stand for themselves in a path or a query, or begin what stands for another (RFC 3986 §3.3, §3.4).
const PLAIN: [bool; 256] = {
    let (mut plain, mut octet) = ([false; 256], 0_u8);
    while octet < 128 {
        plain[octet as usize] = octet.is_ascii_alphanumeric() || is_mark(octet);
        octet += 1;
    }
    plain
};

const fn is_mark(octet: u8) -> bool {
    matches!(octet, b'-' | b'.' | b'_' | b'~' | b'%' | b'/' | b':' | b'@' | b'!' | b'$' | b'&' | b'\'')
        || matches!(octet, b'(' | b')' | b'*' | b'+' | b',' | b';' | b'=')
}

/// Says what octets are, as far as the fast path is concerned.
#[derive(Debug)]
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
    /// Its octets, to the empty line.
    head: BytesMut,
    found: Found,
}

/// What was found in a head, and where.
#[derive(Debug)]
struct Found {
    length: usize,
    method: AskedMethod,
    target: Place,
    host: Place,
    fields: Vec<Field>,
    close: bool,
}

/// Says where octets lie in a head.
#[derive(Clone, Copy, Debug)]
struct Place {
    start: u16,
    end: u16,
}

/// Says where one field line lies in a head.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    name: Place,
    value: Place,
}

/// Reads one head from the front of `octets`; what is declined stays in them.
///
/// `fields_max` is the server's own limit; `room` gives an empty list whose memory is used for the fields.
pub fn read(octets: &mut BytesMut, fields_max: usize, room: impl FnOnce() -> Vec<Field>) -> Reading {
    if !begins_well(octets, b"GET /") && !begins_well(octets, b"HEAD /") {
        return Reading::Declined;
    }
    let within = octets.get(..HEAD_MAX).unwrap_or(octets);
    match find(within, fields_max.min(FIELDS_MAX), room) {
        Some(httparse::Status::Complete(found)) => {
            // Mostly there is one head and nothing else, whose memory need not be shared then.
            let is_all = found.length == octets.len();
            let head = if is_all { std::mem::take(octets) } else { octets.split_to(found.length) };
            Reading::Request(Heard { head, found })
        }
        Some(httparse::Status::Partial) if octets.len() <= HEAD_MAX => Reading::Partial,
        _ => Reading::Declined,
    }
}

/// Says whether `octets` begin as `expected` does, as far as either goes.
fn begins_well(octets: &[u8], expected: &[u8]) -> bool {
    let common = octets.len().min(expected.len());
    octets[..common] == expected[..common]
}

/// Says whether every line ends with CR LF: others may not take a bare LF for an end.
fn lines_end_well(octets: &[u8]) -> bool {
    // All of them, in place of as many as it takes to know: that is done many at a time.
    let pairs = octets.iter().zip(octets.iter().skip(1));
    pairs.fold(true, |well, (before, octet)| well & ((*octet != b'\n') | (*before == b'\r')))
}

/// Finds the parts of a head; nothing where it is not for this path.
fn find(
    octets: &[u8],
    fields_max: usize,
    room: impl FnOnce() -> Vec<Field>,
) -> Option<httparse::Status<Found>> {
    let mut lines = [const { MaybeUninit::uninit() }; FIELDS_MAX];
    let mut request = httparse::Request::new(&mut []);
    let parser = httparse::ParserConfig::default();
    let read = parser.parse_request_with_uninit_headers(&mut request, octets, lines.get_mut(..fields_max)?);
    let httparse::Status::Complete(length) = read.ok()? else {
        return lines_end_well(octets).then_some(httparse::Status::Partial);
    };
    let method = match request.method? {
        "GET" => AskedMethod::Get,
        "HEAD" => AskedMethod::Head,
        _ => return None,
    };
    if request.version? != 1 || !lines_end_well(octets.get(..length)?) {
        return None;
    }
    let target = Place::of(request.path?.as_bytes(), octets)?;
    let mut fields = room();
    let (host, close) = note(&mut fields, octets, request.headers)?;
    Some(httparse::Status::Complete(Found { length, method, target, host, fields, close }))
}

/// Notes the fields; gives the Host and whether they ask for a close, and nothing if they ask for what is not done here.
fn note(into: &mut Vec<Field>, octets: &[u8], lines: &[httparse::Header<'_>]) -> Option<(Place, bool)> {
    let (mut hosts, mut host, mut close) = (0, &[][..], false);
    for line in lines {
        let is = |name: &str| line.name.eq_ignore_ascii_case(name);
        match line.name.len() {
            4 if is("host") => (hosts, host) = (hosts + 1, line.value),
            10 if is("connection") => close |= asks_to_close(line.value)?,
            // Content, or a wish about it: R-9112/6.3-1.
            6 if is("expect") => return None,
            7 if is("upgrade") => return None,
            14 if is("content-length") => return None,
            17 if is("transfer-encoding") => return None,
            _ => {}
        }
        into.push(Field {
            name: Place::of(line.name.as_bytes(), octets)?,
            value: Place::of(line.value, octets)?,
        });
    }
    (hosts == 1).then_some((Place::of(host, octets)?, close))
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

impl Place {
    /// Says where `part` lies in `octets`, if it does.
    fn of(part: &[u8], octets: &[u8]) -> Option<Self> {
        if part.is_empty() {
            return Some(Self { start: 0, end: 0 });
        }
        let start = part.as_ptr().addr().checked_sub(octets.as_ptr().addr())?;
        Some(Self { start: u16::try_from(start).ok()?, end: u16::try_from(start + part.len()).ok()? })
    }

    fn within(self, octets: &[u8]) -> &[u8] {
        octets.get(usize::from(self.start)..usize::from(self.end)).unwrap_or_default()
    }
}

impl Heard {
    /// Gives the method.
    #[must_use]
    pub fn method(&self) -> AskedMethod {
        self.found.method
    }

    /// Gives it in the engine's type.
    pub(crate) fn http_method(&self) -> Method {
        match self.found.method {
            AskedMethod::Head => Method::HEAD,
            _ => Method::GET,
        }
    }

    /// Gives the target, as it came.
    #[must_use]
    pub fn target(&self) -> &[u8] {
        self.found.target.within(&self.head)
    }

    /// Gives the Host: there is one.
    pub(crate) fn host(&self) -> &[u8] {
        self.found.host.within(&self.head)
    }

    /// Says whether the peer wants no more answers on this connection.
    #[must_use]
    pub fn close(&self) -> bool {
        self.found.close
    }

    /// Gives path and query of a target in which every octet is one that a path may hold, or a query.
    pub(crate) fn plain_target(&self) -> Option<(&str, Option<&str>)> {
        let (mut query, target) = (None, self.target());
        for (at, octet) in target.iter().enumerate() {
            match octet {
                b'?' => query = query.or(Some(at)),
                octet if PLAIN[usize::from(*octet)] => {}
                _ => return None,
            }
        }
        let target = std::str::from_utf8(target).ok()?;
        match query {
            Some(at) => Some((&target[..at], Some(&target[at + 1..]))),
            None => Some((target, None)),
        }
    }

    /// Gives the field lines in their order.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.found.fields.iter().map(|field| (field.name.within(&self.head), field.value.within(&self.head)))
    }

    /// Gives the head as the engine would; `None` where its types do not hold such a one.
    #[must_use]
    pub fn parts(&self) -> Option<Parts> {
        let head = Bytes::copy_from_slice(&self.head);
        let (mut parts, ()) = Request::new(()).into_parts();
        parts.method = self.http_method();
        parts.version = Version::HTTP_11;
        parts.uri = Uri::from_maybe_shared(head.slice_ref(self.found.target.within(&head))).ok()?;
        parts.headers.reserve(self.found.fields.len());
        for field in &self.found.fields {
            let name = HeaderName::from_bytes(field.name.within(&head)).ok()?;
            let value = HeaderValue::from_maybe_shared(head.slice_ref(field.value.within(&head))).ok()?;
            parts.headers.append(name, value);
        }
        Some(parts)
    }

    /// Takes it apart: its octets, and the list of its fields, whose memory may be used again.
    pub(crate) fn into_memory(self) -> (BytesMut, Vec<Field>) {
        (self.head, self.found.fields)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads one head, and says what became of it: `?` for more, `-` for declined, else method, target and close.
    fn reading(octets: &[u8]) -> (String, BytesMut) {
        let mut buffer = BytesMut::from(octets);
        let reading = match read(&mut buffer, 100, Vec::new) {
            Reading::Partial => "?".to_owned(),
            Reading::Declined => "-".to_owned(),
            Reading::Request(heard) => {
                let close = if heard.close() { " close" } else { "" };
                let parts = heard.parts().expect("a head that the engine's types hold");
                format!("{} {}{close}", parts.method, parts.uri)
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
    fn a_plain_target_is_what_the_engine_takes_it_for() {
        let mut plain = 0;
        for octet in 0..=u8::MAX {
            let target = [b"/a", &[octet][..], b"b?c", &[octet], b"=d"].concat();
            let head = [b"GET ", &target[..], b" HTTP/1.1\r\nHost: a\r\n\r\n"].concat();
            let Reading::Request(heard) = read(&mut BytesMut::from(&head[..]), 100, Vec::new) else {
                continue;
            };
            assert_eq!(heard.target(), target);
            let Some((path, query)) = heard.plain_target() else { continue };
            let uri = heard.parts().expect("a target that the engine takes").uri;
            assert_eq!((uri.path(), uri.query()), (path, query));
            plain += 1;
        }
        // Letters, digits, and all other marks that RFC 3986 lets a path or a query hold.
        assert_eq!(plain, 62 + 20);
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
        assert!(matches!(read(&mut few, 10, Vec::new), Reading::Declined), "the server's own limit");
    }
}
