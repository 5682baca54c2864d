//! Step 5, its result: status, fields and content, with two renderings that say the same.
//!
//! In: what compose puts together, and what a server adds. Out: an `http::Response` or the octets of an HTTP/1.1 head.

use std::time::SystemTime;

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE};
use http::{HeaderName, HeaderValue, Response, StatusCode};

use crate::fields::{self, DATE, Fields};
use crate::{AskedMethod, Content, ContentRange, HttpDate};

/// Room for what stands around the fields: the status line with any registered reason phrase, and the empty line.
const AROUND: usize = 64;

/// Holds a complete answer: status, header fields in order, content.
///
/// Both renderings give the same fields with the same values. Content-Length is always there, and exact, except on
/// 304. Fields of the connection are the transport's to add.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status code.
    pub status: StatusCode,
    pub(crate) fields: Fields,
    content_range: Option<ContentRange>,
    /// What follows the head; empty for HEAD, whatever Content-Length says (§9.3.2).
    pub content: Content,
}

impl Answer {
    /// Starts an answer that is about no representation, such as an error or a redirect: Date and nothing else yet.
    // R-6.6.1-1
    pub fn dated(status: StatusCode, now: SystemTime) -> Self {
        Self::on(status, HttpDate::from_system_time(now))
    }

    /// The same for an instant that is a date already; without a clock there is no Date.
    #[inline]
    pub(crate) fn on(status: StatusCode, now: Option<HttpDate>) -> Self {
        let mut answer =
            Self { status, fields: Fields::new(), content_range: None, content: Content::default() };
        if let Some(now) = now {
            answer.fields.write(DATE, |out| now.write(out));
        }
        answer
    }

    /// Replaces the content by octets of the given type, with Content-Length; for HEAD the octets are counted, not sent.
    // R-9.3.2-1, R-9.3.2-2
    pub fn set_content(&mut self, method: AskedMethod, content_type: HeaderValue, octets: impl Into<Bytes>) {
        let content = Content::literal(octets);
        self.insert(CONTENT_TYPE, content_type);
        self.insert(CONTENT_LENGTH, HeaderValue::from(content.length()));
        self.content = if method == AskedMethod::Head { Content::default() } else { content };
    }

    /// Adds the Content-Range.
    #[inline]
    pub(crate) fn set_content_range(&mut self, content_range: ContentRange) {
        self.fields.write(fields::CONTENT_RANGE, |out| content_range.write(out));
        self.content_range = Some(content_range);
    }

    /// Sets a field, in place of all others of that name.
    pub fn insert(&mut self, name: HeaderName, value: HeaderValue) {
        self.fields.remove(&name);
        if name == CONTENT_RANGE {
            self.content_range = None;
        }
        self.append(name, value);
    }

    /// Adds a field line beside others of that name.
    pub fn append(&mut self, name: HeaderName, value: HeaderValue) {
        self.fields.push(&name, &value);
    }

    /// The value of the first field of that name.
    pub fn get(&self, name: &HeaderName) -> Option<HeaderValue> {
        self.fields.get(name)
    }

    /// The Content-Range that the answer carries in its head.
    pub fn content_range(&self) -> Option<ContentRange> {
        self.content_range
    }

    /// Renders the answer for any library that speaks `http` types.
    pub fn into_response(self) -> Response<Content> {
        let mut response = Response::new(self.content);
        *response.status_mut() = self.status;
        self.fields.move_to(response.headers_mut());
        response
    }

    /// Renders the head as HTTP/1.1 sends it, status line to empty line, at the end of `out`.
    pub fn write_head(&self, out: &mut Vec<u8>) {
        out.reserve(self.fields.as_octets().len().saturating_add(AROUND));
        match self.status {
            StatusCode::PARTIAL_CONTENT => out.extend_from_slice(b"HTTP/1.1 206 Partial Content"),
            StatusCode::OK => out.extend_from_slice(b"HTTP/1.1 200 OK"),
            other => {
                out.extend_from_slice(b"HTTP/1.1 ");
                out.extend_from_slice(other.as_str().as_bytes());
                out.push(b' ');
                out.extend_from_slice(other.canonical_reason().unwrap_or_default().as_bytes());
            }
        }
        out.extend_from_slice(self.fields.as_octets());
        out.extend_from_slice(b"\r\n\r\n");
    }
}
