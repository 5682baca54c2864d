//! Cross-origin access: which origins' scripts may read the answers, and ask by range (WHATWG Fetch).
//!
//! In: the setting and a request's Origin. Out: the fields to add to an answer, or to a preflight's.

use byteranges::Answer;
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, ORIGIN, VARY,
};
use http::{HeaderName, HeaderValue};

use crate::field_lines::FieldLines;

/// Fields of a request that a script may set: all that decide about ranges. A `Range` of one closed or open range
/// needs no preflight; a suffix, a set and every condition do.
const ALLOWED_FIELDS: &str =
    "Range, If-Range, If-Match, If-None-Match, If-Modified-Since, If-Unmodified-Since";

/// Fields of an answer that a script may read beyond the few that are always readable.
const EXPOSED_FIELDS: &str =
    "Accept-Ranges, Content-Encoding, Content-Length, Content-Range, Date, ETag, Last-Modified, Retry-After";

/// How long a browser may remember a preflight: a day; browsers cut it to their own limit.
const PREFLIGHT_MAX_AGE: &str = "86400";

const CORP: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

const SAME_ORIGIN: HeaderValue = HeaderValue::from_static("same-origin");
const CROSS_ORIGIN: HeaderValue = HeaderValue::from_static("cross-origin");

/// Tells which origins' scripts may read the answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Cors {
    /// None: only pages of this origin, and other origins may not embed the files either.
    #[default]
    Off,
    /// Scripts of every origin.
    Any,
    /// Scripts of these origins, compared octet for octet as browsers send them (`https://example.org`).
    Origins(Vec<HeaderValue>),
}

impl Cors {
    /// Adds what every answer has to say, errors included; nothing of it is in an answer before.
    // R-FETCH-3
    pub(crate) fn mark(&self, fields: FieldLines<'_>, answer: &mut Answer) {
        answer.append(CORP, if *self == Self::Off { SAME_ORIGIN } else { CROSS_ORIGIN });
        if let Self::Origins(_) = self {
            // The answer differs by origin even where it allows none: a cache has to know.
            answer.append(VARY, HeaderValue::from_static("Origin"));
        }
        if let Some(allowed) = self.allowed(fields) {
            answer.append(ACCESS_CONTROL_ALLOW_ORIGIN, allowed);
            answer.append(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED_FIELDS));
        }
    }

    /// Adds what a preflight is answered with, where the request is one and its origin is allowed.
    // R-FETCH-2
    pub(crate) fn mark_preflight(&self, fields: FieldLines<'_>, answer: &mut Answer) {
        if fields.first(&ACCESS_CONTROL_REQUEST_METHOD).is_some() && self.allowed(fields).is_some() {
            answer.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, HEAD"));
            answer.insert(ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static(ALLOWED_FIELDS));
            answer.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static(PREFLIGHT_MAX_AGE));
        }
    }

    fn allowed(&self, fields: FieldLines<'_>) -> Option<HeaderValue> {
        let origin = || fields.first(&ORIGIN);
        match self {
            Self::Off => None,
            Self::Any => origin().map(|_| HeaderValue::from_static("*")),
            Self::Origins(origins) => {
                origin().and_then(|origin| origins.iter().find(|one| *one == origin).cloned())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderMap, StatusCode};
    use std::time::SystemTime;

    fn marked(cors: &Cors, origin: Option<&'static str>, preflight: bool) -> HeaderMap {
        let mut headers = HeaderMap::new();
        if let Some(origin) = origin {
            headers.insert(ORIGIN, HeaderValue::from_static(origin));
        }
        if preflight {
            headers.insert(ACCESS_CONTROL_REQUEST_METHOD, HeaderValue::from_static("GET"));
        }
        let mut answer = Answer::dated(StatusCode::NO_CONTENT, SystemTime::now());
        cors.mark(FieldLines::Map(&headers), &mut answer);
        cors.mark_preflight(FieldLines::Map(&headers), &mut answer);
        answer.into_response().headers().clone()
    }

    #[test]
    fn off_says_nothing_but_keeps_others_from_embedding() {
        let headers = marked(&Cors::Off, Some("https://example.org"), true);
        assert!(!headers.contains_key(ACCESS_CONTROL_ALLOW_ORIGIN));
        assert!(!headers.contains_key(ACCESS_CONTROL_ALLOW_HEADERS));
        assert_eq!(headers[CORP], "same-origin");
    }

    #[test]
    fn any_allows_all_and_does_not_vary() {
        let headers = marked(&Cors::Any, Some("https://example.org"), false);
        assert_eq!(headers[ACCESS_CONTROL_ALLOW_ORIGIN], "*");
        assert!(!headers.contains_key(VARY));
        assert!(!headers.contains_key(ACCESS_CONTROL_ALLOW_METHODS));
        assert_eq!(headers[CORP], "cross-origin");
    }

    #[test]
    fn listed_origins_are_echoed_others_are_not_and_both_vary() {
        let cors = Cors::Origins(vec![HeaderValue::from_static("https://a.example")]);
        let listed = marked(&cors, Some("https://a.example"), true);
        assert_eq!(listed[ACCESS_CONTROL_ALLOW_ORIGIN], "https://a.example");
        assert!(listed[ACCESS_CONTROL_ALLOW_HEADERS].to_str().unwrap().contains("If-Range"));
        let other = marked(&cors, Some("https://b.example"), true);
        assert!(!other.contains_key(ACCESS_CONTROL_ALLOW_ORIGIN));
        assert!(!other.contains_key(ACCESS_CONTROL_ALLOW_METHODS));
        for headers in [listed, other, marked(&cors, None, false)] {
            assert_eq!(headers[VARY], "Origin");
        }
    }
}
