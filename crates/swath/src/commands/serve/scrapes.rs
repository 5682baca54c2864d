//! Answers whoever collects metrics: in, requests on the listener of `--metrics`; out, the counters as they stand.

use std::sync::Arc;

use bytes::Bytes;
use http::{
    HeaderValue, Method, Response, StatusCode,
    header::{ALLOW, CONTENT_TYPE},
    request::Parts,
};
use http_body_util::Full;
use swath_serve::{
    connection::{ConnectionInfo, Refusal, Respond},
    metrics::{self, Metrics},
};

/// Answers `/metrics`, and nothing else.
pub(super) struct Scrapes(pub(super) Arc<Metrics>);

impl Respond for Scrapes {
    type Body = Full<Bytes>;

    async fn respond(
        &self,
        parts: Parts,
        _has_content: bool,
        _connection: &ConnectionInfo,
    ) -> Response<Full<Bytes>> {
        match (&parts.method, parts.uri.path()) {
            (&Method::GET | &Method::HEAD, "/metrics") => {
                answer(StatusCode::OK, metrics::CONTENT_TYPE, self.0.render())
            }
            (&Method::GET | &Method::HEAD, _) => {
                answer(StatusCode::NOT_FOUND, PLAIN, "The metrics are at /metrics.\n")
            }
            _ => {
                let mut refused =
                    answer(StatusCode::METHOD_NOT_ALLOWED, PLAIN, "Only GET and HEAD are answered.\n");
                refused.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
                refused
            }
        }
    }

    fn refuse(&self, refusal: &Refusal, _connection: &ConnectionInfo) -> Response<Full<Bytes>> {
        answer(refusal.status.unwrap_or(StatusCode::BAD_REQUEST), PLAIN, format!("{}\n", refusal.because))
    }

    fn refused(&self, _refusal: &Refusal, _connection: &ConnectionInfo) {
        // What befalls the collector of the records is no record of its own.
    }
}

const PLAIN: &str = "text/plain; charset=utf-8";

fn answer(status: StatusCode, content_type: &'static str, text: impl Into<Bytes>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(text.into()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}
