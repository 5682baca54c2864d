//! The metrics on a listener of their own, for a program that collects them.
//!
//! Comes in: a function that renders them. Goes out: a service that answers `GET /metrics`, and nothing to
//! pages that reached it by a name they made up (DNS rebinding).

use std::num::{NonZeroU32, NonZeroUsize};
use std::time::SystemTime;

use bytes::Bytes;
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, DATE, HeaderName, HeaderValue};
use http::{Method, Response, StatusCode, request};
use http_body_util::Full;

use super::respond::{ConnectionInfo, Refusal, Respond};
use crate::limits::Limits;
use crate::rebinding::{REFUSED, is_addressed_directly};

/// The path of the metrics, where collectors look for them.
const PATH: &str = "/metrics";

const PLAIN: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");
const NOSNIFF: (HeaderName, HeaderValue) =
    (HeaderName::from_static("x-content-type-options"), HeaderValue::from_static("nosniff"));

/// Answers a collector of metrics.
pub struct Scrape<F> {
    content_type: HeaderValue,
    render: F,
}

impl<F: Fn() -> String + Send + Sync + 'static> Scrape<F> {
    /// Answers with what `render` gives at that moment.
    pub fn new(content_type: HeaderValue, render: F) -> Scrape<F> {
        Scrape { content_type, render }
    }

    /// Answers one request head.
    fn answer(&self, parts: &request::Parts) -> Response<Full<Bytes>> {
        if !is_addressed_directly(parts) {
            return text(StatusCode::MISDIRECTED_REQUEST, REFUSED);
        }
        if parts.method != Method::GET && parts.method != Method::HEAD {
            let mut response = text(StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD are answered here\n");
            response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
            return response;
        }
        if parts.uri.path() != PATH {
            return text(StatusCode::NOT_FOUND, "the metrics are at /metrics\n");
        }
        response(StatusCode::OK, self.content_type.clone(), Bytes::from((self.render)()))
    }
}

impl Scrape<fn() -> String> {
    /// Returns the limits for the metrics' listener: a handful of collectors, however many peers there are
    /// elsewhere.
    pub fn limits() -> Limits {
        Limits {
            head_bytes: crate::limits::HEAD_BYTES_MIN,
            connections: NonZeroUsize::new(32),
            streams: NonZeroU32::new(8).unwrap_or(NonZeroU32::MIN),
            ..Limits::default()
        }
    }
}

impl<F: Fn() -> String + Send + Sync + 'static> Respond for Scrape<F> {
    type Body = Full<Bytes>;

    async fn respond(&self, parts: request::Parts, _: bool, _: &ConnectionInfo) -> Response<Full<Bytes>> {
        let mut response = self.answer(&parts);
        if parts.method == Method::HEAD {
            *response.body_mut() = Full::default();
        }
        response
    }

    fn refuse(&self, refusal: &Refusal, _: &ConnectionInfo) -> Response<Full<Bytes>> {
        text(refusal.status.unwrap_or(StatusCode::BAD_REQUEST), refusal.because)
    }

    // The metrics count what is served, not who collects them.
    fn refused(&self, _: &Refusal, _: &ConnectionInfo) {}
}

fn text(status: StatusCode, sentence: &'static str) -> Response<Full<Bytes>> {
    response(status, PLAIN, Bytes::from_static(sentence.as_bytes()))
}

fn response(status: StatusCode, content_type: HeaderValue, content: Bytes) -> Response<Full<Bytes>> {
    let length = HeaderValue::from(content.len());
    let mut response = Response::new(Full::new(content));
    *response.status_mut() = status;
    let fields = response.headers_mut();
    if let Ok(date) = HeaderValue::try_from(httpdate::fmt_http_date(SystemTime::now())) {
        fields.insert(DATE, date);
    }
    fields.insert(CONTENT_TYPE, content_type);
    fields.insert(CONTENT_LENGTH, length);
    fields.insert(CACHE_CONTROL, NO_STORE);
    fields.insert(NOSNIFF.0, NOSNIFF.1);
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::Request;
    use http::header::HOST;

    fn status(method: &str, target: &str, hosts: &[&str]) -> u16 {
        let scrape = Scrape::new(PLAIN, || "up 1\n".to_owned());
        let mut request = Request::builder().method(method).uri(target);
        for host in hosts {
            request = request.header(HOST, *host);
        }
        scrape.answer(&request.body(()).unwrap().into_parts().0).status().as_u16()
    }

    #[test]
    fn collectors_are_answered_by_address_and_pages_are_not() {
        let cases: &[(&str, &str, &[&str], u16)] = &[
            ("GET", "/metrics", &["127.0.0.1:9000"], 200),
            ("HEAD", "/metrics", &["[::1]:9000"], 200),
            ("GET", "/metrics?x=1", &["LOCALHOST"], 200),
            ("GET", "/metrics", &["192.0.2.7"], 200),
            ("GET", "http://127.0.0.1:9000/metrics", &["127.0.0.1:9000"], 200),
            ("GET", "/metrics", &["evil.example"], 421),
            ("GET", "/metrics", &["127.0.0.1.evil.example"], 421),
            ("GET", "http://evil.example/metrics", &["127.0.0.1"], 421),
            ("GET", "/metrics", &["127.0.0.1", "evil.example"], 421),
            ("GET", "/metrics", &[], 421),
            ("GET", "/metrics", &[""], 421),
            ("GET", "/", &["127.0.0.1"], 404),
            ("POST", "/metrics", &["127.0.0.1"], 405),
        ];
        for (method, target, hosts, expected) in cases {
            assert_eq!(status(method, target, hosts), *expected, "{method} {target} {hosts:?}");
        }
    }
}
