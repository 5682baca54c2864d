//! Step 5, its result: status, fields and content, with two renderings that say the same.
//!
//! In: what compose puts together, and what a server adds. Out: an `http::Response` or the octets of an HTTP/1.1 head.

use std::time::SystemTime;

use bytes::{BufMut, Bytes, BytesMut};
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, DATE};
use http::{HeaderName, HeaderValue, Response, StatusCode};

use crate::write::write_number;
use crate::{AskedMethod, Content, ContentRange, HttpDate};

/// Holds the value of one field, written out only when the answer is rendered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum FieldValue {
    Text(HeaderValue),
    Number(u64),
    Date(HttpDate),
    ContentRange(ContentRange),
}

impl FieldValue {
    fn write(&self, out: &mut impl BufMut) {
        match self {
            Self::Text(value) => out.put_slice(value.as_bytes()),
            Self::Number(number) => write_number(*number, out),
            Self::Date(date) => date.write(out),
            Self::ContentRange(content_range) => content_range.write(out),
        }
    }

    /// The value as `http` has it; one that is still to be written takes its room from `space`.
    fn to_header_value(&self, space: &mut BytesMut) -> Option<HeaderValue> {
        if let Self::Text(value) = self {
            return Some(value.clone());
        }
        self.write(space);
        HeaderValue::from_maybe_shared(space.split().freeze()).ok()
    }
}

/// Room for one value that is to be written: the longest Content-Range has 67 octets.
const VALUE: usize = 72;

/// Room for the values that most answers write: two dates, two numbers and a Content-Range.
const WRITTEN: usize = 160;

/// Room for the heads of most answers.
const HEAD: usize = 512;

/// Room for the fields that most answers carry; more are no error, only slower.
const FIELDS: usize = 12;

/// Holds a complete answer: status, header fields in order, content.
///
/// Both renderings give the same fields with the same values. Content-Length is always there, and exact, except on
/// 304. Fields of the connection are the transport's to add.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status code.
    pub status: StatusCode,
    fields: Vec<(HeaderName, FieldValue)>,
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
    pub(crate) fn on(status: StatusCode, now: Option<HttpDate>) -> Self {
        let mut answer = Self { status, fields: Vec::with_capacity(FIELDS), content: Content::default() };
        if let Some(now) = now {
            answer.field(DATE, FieldValue::Date(now));
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

    pub(crate) fn field(&mut self, name: HeaderName, value: FieldValue) {
        self.fields.push((name, value));
    }

    pub(crate) fn text(&mut self, name: HeaderName, value: &HeaderValue) {
        self.field(name, FieldValue::Text(value.clone()));
    }

    pub(crate) fn optional(&mut self, name: HeaderName, value: Option<&HeaderValue>) {
        if let Some(value) = value {
            self.text(name, value);
        }
    }

    /// Sets a field, in place of all others of that name.
    pub fn insert(&mut self, name: HeaderName, value: HeaderValue) {
        self.fields.retain(|(other, _)| *other != name);
        self.field(name, FieldValue::Text(value));
    }

    /// Adds a field line beside others of that name.
    pub fn append(&mut self, name: HeaderName, value: HeaderValue) {
        self.field(name, FieldValue::Text(value));
    }

    /// The value of the first field of that name.
    pub fn get(&self, name: &HeaderName) -> Option<HeaderValue> {
        self.fields
            .iter()
            .find(|(other, _)| other == name)?
            .1
            .to_header_value(&mut BytesMut::with_capacity(VALUE))
    }

    /// The Content-Range that the answer carries in its head.
    pub fn content_range(&self) -> Option<ContentRange> {
        self.fields.iter().find_map(|(_, value)| match value {
            FieldValue::ContentRange(content_range) => Some(*content_range),
            _ => None,
        })
    }

    /// Renders the answer for any library that speaks `http` types.
    pub fn into_response(self) -> Response<Content> {
        let mut response = Response::new(self.content);
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.reserve(self.fields.len());
        let mut space = BytesMut::with_capacity(WRITTEN);
        for (name, value) in self.fields {
            if let Some(value) = value.to_header_value(&mut space) {
                headers.append(name, value);
            }
        }
        response
    }

    /// Renders the head as HTTP/1.1 sends it, status line to empty line, at the end of `out`.
    pub fn write_head(&self, out: &mut Vec<u8>) {
        out.reserve(HEAD);
        match self.status {
            StatusCode::PARTIAL_CONTENT => out.extend_from_slice(b"HTTP/1.1 206 Partial Content\r\n"),
            StatusCode::OK => out.extend_from_slice(b"HTTP/1.1 200 OK\r\n"),
            other => {
                out.extend_from_slice(b"HTTP/1.1 ");
                out.extend_from_slice(other.as_str().as_bytes());
                out.push(b' ');
                out.extend_from_slice(other.canonical_reason().unwrap_or_default().as_bytes());
                out.extend_from_slice(b"\r\n");
            }
        }
        for (name, value) in &self.fields {
            out.extend_from_slice(name.as_str().as_bytes());
            out.extend_from_slice(b": ");
            value.write(out);
            out.extend_from_slice(b"\r\n");
        }
        out.extend_from_slice(b"\r\n");
    }
}
