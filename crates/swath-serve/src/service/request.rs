//! What of a request's head its answer depends on.
//!
//! In: the head. Out: a view of it that the other rooms read.

use std::time::SystemTime;

use byteranges::{Asked, AskedMethod};
use http::header::{ACCEPT, ACCEPT_ENCODING};
use http::request::Parts;

use crate::pages::{RESERVED, Wants, wants};
use crate::store::Wanted;

/// A view of one request head.
pub(super) struct Request<'a> {
    pub(super) parts: &'a Parts,
    pub(super) asked: Asked<'a>,
    pub(super) now: SystemTime,
    accept_encoding: Vec<&'a [u8]>,
}

impl<'a> Request<'a> {
    pub(super) fn read(parts: &'a Parts, now: SystemTime) -> Self {
        Self {
            parts,
            asked: Asked::from_request(&parts.method, &parts.headers),
            now,
            accept_encoding: parts
                .headers
                .get_all(ACCEPT_ENCODING)
                .iter()
                .map(|value| value.as_bytes())
                .collect(),
        }
    }

    pub(super) fn method(&self) -> AskedMethod {
        self.asked.method()
    }

    pub(super) fn path(&self) -> &'a str {
        self.parts.uri.path()
    }

    pub(super) fn query(&self) -> Option<&'a str> {
        self.parts.uri.query()
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
        let lines: Vec<_> =
            self.parts.headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok()).collect();
        wants(Some(&lines.join(",")))
    }
}
