//! The field lines of a request, wherever they lie.
//!
//! In: what an engine read, or what the fast path heard. Out: the values of one name, for whoever answers.

use http::{HeaderMap, HeaderName, HeaderValue};

use crate::fast_path::request::Heard;

/// The field lines of one request.
#[derive(Clone, Copy)]
pub(crate) enum FieldLines<'a> {
    /// As an engine gives them.
    Map(&'a HeaderMap),
    /// As octets: few are asked for, so that looking through all of them costs less than a map.
    Heard(&'a Heard),
}

impl<'a> FieldLines<'a> {
    /// Gives the first value of one name.
    pub(crate) fn first(self, name: &HeaderName) -> Option<&'a [u8]> {
        match self {
            Self::Map(map) => map.get(name).map(HeaderValue::as_bytes),
            Self::Heard(heard) => heard.lines().find(|(other, _)| is(name, other)).map(|(_, value)| value),
        }
    }

    /// Hands over the values of one name, in their order.
    pub(crate) fn each(self, name: &HeaderName, mut take: impl FnMut(&'a [u8])) {
        match self {
            Self::Map(map) => map.get_all(name).iter().for_each(|value| take(value.as_bytes())),
            Self::Heard(heard) => {
                heard.lines().filter(|(other, _)| is(name, other)).for_each(|(_, value)| take(value));
            }
        }
    }

    /// Gives the values of one name, in their order.
    pub(crate) fn all(self, name: &HeaderName) -> Vec<&'a [u8]> {
        let mut all = Vec::new();
        self.each(name, |value| all.push(value));
        all
    }
}

fn is(name: &HeaderName, other: &[u8]) -> bool {
    other.eq_ignore_ascii_case(name.as_str().as_bytes())
}
