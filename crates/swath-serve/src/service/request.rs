//! What of a request's head its answer depends on.
//!
//! In: the head. Out: a view of it that the other rooms read.

use std::time::SystemTime;

use byteranges::{Asked, AskedMethod};
use http::header::{ACCEPT, ACCEPT_ENCODING};
use http::request::Parts;

use crate::fast_path::request::Heard;
use crate::field_lines::FieldLines;
use crate::pages::{RESERVED, Wants, wants};
use crate::store::Wanted;

/// A view of one request head.
pub(super) struct Request<'a> {
    path: &'a str,
    query: Option<&'a str>,
    pub(super) fields: FieldLines<'a>,
    pub(super) asked: Asked<'a>,
    pub(super) now: SystemTime,
    accept_encoding: Vec<&'a [u8]>,
}

impl<'a> Request<'a> {
    pub(super) fn read(parts: &'a Parts, now: SystemTime) -> Self {
        let asked = Asked::from_request(&parts.method, &parts.headers);
        let fields = FieldLines::Map(&parts.headers);
        let accept_encoding = fields.all(&ACCEPT_ENCODING);
        let (path, query) = (parts.uri.path(), parts.uri.query());
        Self { path, query, asked, fields, now, accept_encoding }
    }

    /// The same for what the fast path heard; `None` where its target needs a parser.
    pub(super) fn heard(heard: &'a Heard, now: SystemTime) -> Option<Self> {
        let (path, query) = heard.plain_target()?;
        let (mut asked, mut accept_encoding) = (Asked::new(heard.method()), Vec::new());
        for (name, value) in heard.lines() {
            asked.push(name, value);
            if name.eq_ignore_ascii_case(b"accept-encoding") {
                accept_encoding.push(value);
            }
        }
        Some(Self { path, query, asked, fields: FieldLines::Heard(heard), now, accept_encoding })
    }

    pub(super) fn method(&self) -> AskedMethod {
        self.asked.method()
    }

    pub(super) fn path(&self) -> &'a str {
        self.path
    }

    pub(super) fn query(&self) -> Option<&'a str> {
        self.query
    }

    /// The value of a key in the query; empty where the key stands alone.
    pub(super) fn query_value(&self, key: &str) -> Option<&'a str> {
        self.query()?.split('&').find_map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (name == key).then_some(value)
        })
    }

    /// What follows the reserved first segment of the path, if it begins with that.
    pub(super) fn reserved_name(&self) -> Option<&'a str> {
        self.path().strip_prefix('/')?.strip_prefix(RESERVED)?.strip_prefix('/')
    }

    /// What the store needs to know.
    pub(super) fn wanted(&self) -> Wanted<'_> {
        Wanted { path: self.path(), accept_encoding: &self.accept_encoding, now: self.now }
    }

    /// The form that a page is best given in.
    pub(super) fn wants(&self) -> Wants {
        let lines = self.fields.all(&ACCEPT).into_iter().filter(|value| value.is_ascii());
        let lines: Vec<_> = lines.filter_map(|value| std::str::from_utf8(value).ok()).collect();
        wants(Some(&lines.join(",")))
    }
}
