//! What of a head goes on through the lens.
//!
//! In: the fields as they came. Out: the same in the same order, without those that belong to one connection
//! (RFC 9110 §7.6.1), with what an intermediary has to change.

use std::time::SystemTime;

use http::header::{
    CONNECTION, CONTENT_LENGTH, COOKIE, DATE, EXPECT, HOST, HeaderName, MAX_FORWARDS, PROXY_AUTHENTICATE,
    PROXY_AUTHORIZATION, TE, TRAILER, TRANSFER_ENCODING, UPGRADE, VIA,
};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Version};

use super::origin::{Origin, REFERENCES};

/// The fields that belong to one connection whether or not Connection names them.
const HOP_BY_HOP: [HeaderName; 7] =
    [CONNECTION, TE, TRAILER, TRANSFER_ENCODING, UPGRADE, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION];

/// Those of them that `http` has no constants for.
const HOP_BY_HOP_NAMES: [&str; 3] = ["keep-alive", "proxy-connection", "proxy-authentication-info"];

/// What the lens calls itself in Via.
#[derive(Debug)]
pub(super) struct Pseudonym(String);

impl Pseudonym {
    /// Draws a name that tells this lens from others, so that it knows its own requests when they come back.
    pub(super) fn draw() -> Self {
        let mut bits = [0; 4];
        // Without random bits two lenses may share a name, and one of them refuse what the other sends: no harm
        // that is worth not starting for.
        let _ = getrandom::fill(&mut bits);
        Self(format!("swath-{:08x}", u32::from_ne_bytes(bits)))
    }

    /// Says whether a request has come through this lens before.
    pub(super) fn is_in(&self, fields: &HeaderMap) -> bool {
        let members = fields.get_all(VIA).into_iter().filter_map(|line| line.to_str().ok());
        members.flat_map(|line| line.split(',')).any(|member| {
            member.split_ascii_whitespace().nth(1).is_some_and(|name| name.eq_ignore_ascii_case(&self.0))
        })
    }
}

/// The fields of the request to the origin.
///
/// Its content stays behind, and so does what describes how it would come.
pub(super) fn of_request(parts: &Parts, origin: &Origin, pseudonym: &Pseudonym) -> HeaderMap {
    let mut fields = HeaderMap::with_capacity(parts.headers.len() + 2);
    if let Some(host) = origin.host_field() {
        fields.insert(HOST, host);
    }
    for (name, value) in end_to_end(&parts.headers) {
        match *name {
            HOST | CONTENT_LENGTH | EXPECT | COOKIE => {}
            MAX_FORWARDS if parts.method == Method::OPTIONS => fields.extend(one_less(value)),
            _ => drop(fields.append(name, value.clone())),
        }
    }
    if let Some(cookies) = cookies(&parts.headers) {
        fields.insert(COOKIE, cookies);
    }
    let version = match parts.version {
        Version::HTTP_09 => "0.9",
        Version::HTTP_10 => "1.0",
        Version::HTTP_2 => "2",
        Version::HTTP_3 => "3",
        _ => "1.1",
    };
    if let Ok(via) = HeaderValue::try_from(format!("{version} {}", pseudonym.0)) {
        fields.append(VIA, via);
    }
    fields
}

/// The fields of the origin's answer; `has_length` says whether its Content-Length goes on.
///
/// A Date is added where the origin sent none, as RFC 9110 §6.6.1 demands of whoever forwards.
pub(super) fn of_response(origins: &HeaderMap, origin: &Origin, has_length: bool) -> HeaderMap {
    let mut fields = HeaderMap::with_capacity(origins.len() + 1);
    for (name, value) in end_to_end(origins) {
        if name == CONTENT_LENGTH && !has_length {
            continue;
        }
        let turned = match REFERENCES.contains(name) {
            true => value.to_str().ok().and_then(|reference| origin.turned(reference)),
            false => None,
        };
        let turned = turned.and_then(|reference| HeaderValue::try_from(reference).ok());
        fields.append(name, turned.unwrap_or_else(|| value.clone()));
    }
    if !fields.contains_key(DATE)
        && let Ok(date) = HeaderValue::try_from(httpdate::fmt_http_date(SystemTime::now()))
    {
        fields.insert(DATE, date);
    }
    fields
}

/// The fields that do not belong to the connection they came on.
fn end_to_end(fields: &HeaderMap) -> impl Iterator<Item = (&HeaderName, &HeaderValue)> {
    let named: Vec<&str> = fields
        .get_all(CONNECTION)
        .into_iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','))
        .map(str::trim)
        .collect();
    fields.iter().filter(move |(name, _)| {
        !HOP_BY_HOP.contains(name)
            && !HOP_BY_HOP_NAMES.contains(&name.as_str())
            && !named.iter().any(|named| named.eq_ignore_ascii_case(name.as_str()))
    })
}

/// Cookies in one line: HTTP/2 may bring them in several, which HTTP/1.1 does not know (RFC 9113 §8.2.3).
fn cookies(fields: &HeaderMap) -> Option<HeaderValue> {
    if end_to_end(fields).all(|(name, _)| name != COOKIE) {
        return None;
    }
    let lines: Vec<&[u8]> = fields.get_all(COOKIE).into_iter().map(HeaderValue::as_bytes).collect();
    let mut all = HeaderValue::from_bytes(&lines.join(&b"; "[..])).ok()?;
    all.set_sensitive(true);
    Some(all)
}

/// Counts Max-Forwards down (RFC 9110 §7.6.2); what is no number goes nowhere.
fn one_less(value: &HeaderValue) -> Option<(HeaderName, HeaderValue)> {
    let most: u64 = value.to_str().ok()?.parse().ok()?;
    Some((MAX_FORWARDS, HeaderValue::from(most.saturating_sub(1))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::Request;

    fn shown(fields: &HeaderMap) -> Vec<String> {
        fields.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect()
    }

    fn forwarded(fields: &[(&str, &str)], version: Version) -> Vec<String> {
        let mut request = Request::builder().method("OPTIONS").uri("/a").version(version);
        for (name, value) in fields {
            request = request.header(*name, *value);
        }
        let (parts, ()) = request.body(()).unwrap().into_parts();
        let origin = "http://origin.example:81/".parse().unwrap();
        shown(&of_request(&parts, &origin, &Pseudonym("me".to_owned())))
    }

    #[test]
    fn a_request_goes_on_without_what_belongs_to_its_connection() {
        let fields = forwarded(
            &[
                ("host", "lens.example"),
                ("range", "bytes=0-1"),
                ("connection", "close, X-Named"),
                ("x-named", "1"),
                ("keep-alive", "timeout=5"),
                ("te", "trailers"),
                ("upgrade", "h2c"),
                ("proxy-authorization", "Basic eDp5"),
                ("proxy-connection", "keep-alive"),
                ("content-length", "5"),
                ("expect", "100-continue"),
                ("accept", "a"),
                ("accept", "b"),
                ("max-forwards", "7"),
                ("via", "1.0 other"),
                ("authorization", "Basic eDp5"),
            ],
            Version::HTTP_11,
        );
        let expected = [
            "host: origin.example:81",
            "range: bytes=0-1",
            "accept: a",
            "accept: b",
            "max-forwards: 6",
            "via: 1.0 other",
            "via: 1.1 me",
            "authorization: Basic eDp5",
        ];
        assert_eq!(fields, expected);
    }

    #[test]
    fn cookies_of_http2_become_one_line() {
        let fields = forwarded(&[("cookie", "a=1"), ("cookie", "b=2")], Version::HTTP_2);
        assert_eq!(fields, ["host: origin.example:81", "cookie: a=1; b=2", "via: 2 me"]);
        assert!(
            !forwarded(&[("connection", "cookie"), ("cookie", "a")], Version::HTTP_11)[1].contains("cookie")
        );
    }

    #[test]
    fn an_answer_goes_on_with_its_faults() {
        let mut origins = HeaderMap::new();
        for (name, value) in [
            ("date", "no date at all"),
            ("content-length", "7"),
            ("content-range", "bytes 9-3/2"),
            ("content-range", "octets *"),
            ("location", "http://origin.example/p/a"),
            ("transfer-encoding", "chunked"),
            ("connection", "x-named"),
            ("x-named", "1"),
            ("etag", "unquoted"),
        ] {
            origins.append(name, HeaderValue::from_static(value));
        }
        let origin = "http://origin.example/p/".parse().unwrap();
        let expected = [
            "date: no date at all",
            "content-length: 7",
            "content-range: bytes 9-3/2",
            "content-range: octets *",
            "location: /a",
            "etag: unquoted",
        ];
        assert_eq!(shown(&of_response(&origins, &origin, true)), expected);
        origins.remove("date");
        let dated = of_response(&origins, &origin, false);
        assert!(httpdate::parse_http_date(dated["date"].to_str().unwrap()).is_ok());
        assert!(!dated.contains_key("content-length"));
    }

    #[test]
    fn a_lens_knows_its_own_requests() {
        let me = Pseudonym::draw();
        let mut fields = HeaderMap::new();
        fields.append(VIA, HeaderValue::from_static("1.1 swath-other, 1.0 a (swath)"));
        assert!(!me.is_in(&fields));
        fields.append(VIA, HeaderValue::try_from(format!("1.1 x,2 {} (c)", me.0)).unwrap());
        assert!(me.is_in(&fields));
    }
}
