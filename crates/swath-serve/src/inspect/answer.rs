//! The inspector's listener: its page, the stream, snapshots.
//!
//! In: request heads, from this machine. Out: answers that no other site's page can have: every request has to name this
//! machine directly, and those for data must not come from another site.

use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, DATE, HeaderName,
    HeaderValue, ORIGIN, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use http::request::Parts;
use http::{Method, Response, StatusCode};
use http_body_util::{Either, Full};

use super::export::{Filter, Form};
use super::{Events, Inspector, page};
use crate::connection::{ConnectionInfo, Refusal, Respond};
use crate::limits::Limits;
use crate::rebinding::{REFUSED, authority, is_addressed_directly};

/// What the page may load: what is here, and nothing else.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const CORP: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

const HTML: &str = "text/html; charset=utf-8";
const JSON: &str = "application/json";
const PLAIN: &str = "text/plain; charset=utf-8";

type Answer = Response<Either<Full<Bytes>, Events>>;

/// Answers for an inspector.
#[derive(Debug)]
pub struct Inspection {
    inspector: Arc<Inspector>,
}

impl Inspection {
    /// Answers for this inspector.
    #[must_use]
    pub fn new(inspector: Arc<Inspector>) -> Self {
        Self { inspector }
    }

    /// Gives the limits for its listener: a few pages of one person.
    #[must_use]
    pub fn limits() -> Limits {
        Limits {
            head_bytes: crate::limits::HEAD_BYTES_MIN,
            connections: NonZeroUsize::new(64),
            // Pages that follow would never finish by themselves.
            grace: Duration::from_millis(200),
            streams: NonZeroU32::new(32).unwrap_or(NonZeroU32::MIN),
            ..Limits::default()
        }
    }

    fn answer(&self, parts: &Parts) -> Answer {
        if !is_addressed_directly(parts) {
            return text(StatusCode::MISDIRECTED_REQUEST, REFUSED);
        }
        let path = parts.uri.path();
        if path.starts_with("/api/") && comes_from_elsewhere(parts) {
            return text(StatusCode::FORBIDDEN, "pages of other sites have no business here\n");
        }
        match (&parts.method, path) {
            (&Method::POST, "/api/clear") => {
                self.inspector.clear();
                finished(StatusCode::NO_CONTENT, PLAIN, Bytes::new())
            }
            (_, "/api/clear") => not_allowed("POST"),
            (&Method::GET | &Method::HEAD, _) => self.read(parts, path),
            _ => not_allowed("GET, HEAD"),
        }
    }

    fn read(&self, parts: &Parts, path: &str) -> Answer {
        match path {
            "/api/events" => self.events(parts),
            "/api/findings" => {
                finished(StatusCode::OK, JSON, Bytes::from(format!("{}\n", self.inspector.findings_json().1)))
            }
            "/api/exchanges" => finished(StatusCode::OK, JSON, self.snapshot()),
            "/api/export.json" => self.export(parts, Form::Json, JSON),
            "/api/export.har" => self.export(parts, Form::Har, JSON),
            "/api/export.txt" => self.export(parts, Form::Text, PLAIN),
            "/" => finished(StatusCode::OK, HTML, Bytes::from(page::page(&self.inspector.source))),
            _ => match page::file(path.strip_prefix('/').unwrap_or_default()) {
                Some((content_type, octets)) => {
                    finished(StatusCode::OK, content_type, Bytes::from_static(octets))
                }
                None => text(StatusCode::NOT_FOUND, "there is nothing of this name; the page is at /\n"),
            },
        }
    }

    fn export(&self, parts: &Parts, form: Form, content_type: &'static str) -> Answer {
        let filter = Filter::of_query(parts.uri.query());
        finished(StatusCode::OK, content_type, Bytes::from(self.inspector.export(&filter, form)))
    }

    fn snapshot(&self) -> Bytes {
        let (entries, running) = (self.inspector.entries(), self.inspector.running());
        let entries: Vec<_> = entries.iter().map(|entry| &**entry).collect();
        let passed_over = self.inspector.passed_over();
        let all = serde_json::json!({ "exchanges": entries, "running": running, "passed_over": passed_over });
        Bytes::from(format!("{all}\n"))
    }

    fn events(&self, parts: &Parts) -> Answer {
        let number = |text: Option<&str>| text.and_then(|text| text.parse().ok());
        let last = number(parts.headers.get(LAST_EVENT_ID).and_then(|value| value.to_str().ok()));
        let after = number(query_value(parts.uri.query(), "after"));
        let Some(events) = Events::new(&self.inspector, last.or(after).unwrap_or(0)) else {
            let sentence = "too many pages follow this inspector already: close some of them\n";
            return text(StatusCode::SERVICE_UNAVAILABLE, sentence);
        };
        if parts.method == Method::HEAD {
            return finished(StatusCode::OK, "text/event-stream", Bytes::new());
        }
        dressed(StatusCode::OK, "text/event-stream", Either::Right(events))
    }
}

impl Respond for Inspection {
    type Body = Either<Full<Bytes>, Events>;

    async fn respond(&self, parts: Parts, _: bool, _: &ConnectionInfo) -> Answer {
        let mut answer = self.answer(&parts);
        if parts.method == Method::HEAD {
            *answer.body_mut() = Either::Left(Full::default());
        }
        answer
    }

    fn refuse(&self, refusal: &Refusal, _: &ConnectionInfo) -> Answer {
        text(refusal.status.unwrap_or(StatusCode::BAD_REQUEST), refusal.because)
    }

    // What is inspected is what is served, not who inspects it.
    fn refused(&self, _: &Refusal, _: &ConnectionInfo) {}
}

/// Says whether a browser sends this for a page of another site. Who is no browser sends neither field.
fn comes_from_elsewhere(parts: &Parts) -> bool {
    let foreign_site = parts
        .headers
        .get(SEC_FETCH_SITE)
        .is_some_and(|site| !matches!(site.as_bytes(), b"same-origin" | b"none"));
    let foreign_origin = parts.headers.get(ORIGIN).is_some_and(|origin| {
        let own = authority(parts).map(|authority| format!("http://{authority}"));
        own.is_none_or(|own| !origin.as_bytes().eq_ignore_ascii_case(own.as_bytes()))
    });
    foreign_site || foreign_origin
}

/// Finds the value of a key in a query; no key here has a value that needs decoding.
pub(super) fn query_value<'a>(query: Option<&'a str>, key: &str) -> Option<&'a str> {
    query?
        .split('&')
        .find_map(|pair| pair.split_once('=').filter(|(name, _)| *name == key).map(|(_, value)| value))
}

fn not_allowed(allowed: &'static str) -> Answer {
    let mut answer = text(StatusCode::METHOD_NOT_ALLOWED, "this is not answered here\n");
    answer.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
    answer
}

fn text(status: StatusCode, sentence: &'static str) -> Answer {
    finished(status, PLAIN, Bytes::from_static(sentence.as_bytes()))
}

fn finished(status: StatusCode, content_type: &'static str, content: Bytes) -> Answer {
    let length = content.len();
    let mut answer = dressed(status, content_type, Either::Left(Full::new(content)));
    if status != StatusCode::NO_CONTENT {
        answer.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(length));
    }
    answer
}

/// Adds what every answer carries.
fn dressed(status: StatusCode, content_type: &'static str, content: Either<Full<Bytes>, Events>) -> Answer {
    let mut answer = Response::new(content);
    *answer.status_mut() = status;
    let fields = answer.headers_mut();
    if let Ok(date) = HeaderValue::try_from(httpdate::fmt_http_date(SystemTime::now())) {
        fields.insert(DATE, date);
    }
    for (name, value) in [
        (CONTENT_TYPE, content_type),
        (CACHE_CONTROL, "no-store"),
        (CONTENT_SECURITY_POLICY, POLICY),
        (CORP, "same-origin"),
        (REFERRER_POLICY, "no-referrer"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ] {
        fields.insert(name, HeaderValue::from_static(value));
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::super::{RingLimits, Source};
    use super::*;
    use http::Request;

    fn status(line: &str, fields: &[(&str, &str)]) -> u16 {
        let inspector = Inspector::new(Source::Live("/".into()), RingLimits::default());
        let (method, target) = line.split_once(' ').expect("method and target");
        let mut request = Request::builder().method(method).uri(target);
        for (name, value) in fields {
            request = request.header(*name, *value);
        }
        let (parts, ()) = request.body(()).expect("a request").into_parts();
        Inspection::new(Arc::new(inspector)).answer(&parts).status().as_u16()
    }

    #[test]
    fn only_who_means_this_machine_is_answered() {
        for (host, expected) in [
            ("127.0.0.1:8207", 200),
            ("[::1]:8207", 200),
            ("localhost:8207", 200),
            ("evil.example", 421),
            ("127.0.0.1.evil.example", 421),
            ("", 421),
        ] {
            assert_eq!(status("GET /api/exchanges", &[("host", host)]), expected, "{host}");
        }
        assert_eq!(status("GET /api/exchanges", &[]), 421);
    }

    #[test]
    fn pages_of_other_sites_get_no_data_and_clear_nothing() {
        let own = ("host", "127.0.0.1:8207");
        for (field, expected) in [
            (("sec-fetch-site", "same-origin"), 200),
            (("sec-fetch-site", "none"), 200),
            (("sec-fetch-site", "cross-site"), 403),
            (("sec-fetch-site", "same-site"), 403),
            (("origin", "http://127.0.0.1:8207"), 200),
            (("origin", "http://127.0.0.1:8206"), 403),
            (("origin", "null"), 403),
        ] {
            assert_eq!(status("GET /api/exchanges", &[own, field]), expected, "{field:?}");
            let cleared = if expected == 200 { 204 } else { expected };
            assert_eq!(status("POST /api/clear", &[own, field]), cleared, "{field:?}");
        }
        assert_eq!(status("GET /api/clear", &[own]), 405);
        assert_eq!(status("POST /api/exchanges", &[own]), 405);
        assert_eq!(status("GET /api/nothing", &[own]), 404);
    }
}
