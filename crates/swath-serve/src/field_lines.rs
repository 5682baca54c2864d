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

#[cfg(test)]
mod tests {
    use bytes::BytesMut;

    use super::*;
    use crate::fast_path::request::{Reading, read};

    #[test]
    fn field_lines_are_the_same_as_in_a_map() {
        let head = b"GET / HTTP/1.1\r\nHOST: a\r\nRange:\r\nX-A: 1\r\nx-a:  2 \r\nX-AB: 3\r\n\r\n";
        let Reading::Request(heard) = read(&mut BytesMut::from(&head[..]), 100, Vec::new) else {
            panic!("a plain head")
        };
        let map = heard.parts().expect("a plain head").headers;
        for (name, expected) in
            [("host", &["a"][..]), ("range", &[""]), ("x-a", &["1", "2"]), ("x-ab", &["3"]), ("x", &[])]
        {
            let name = HeaderName::from_static(name);
            for lines in [FieldLines::Map(&map), FieldLines::Heard(&heard)] {
                let found = lines.all(&name);
                let expected: Vec<_> = expected.iter().map(|value| value.as_bytes()).collect();
                assert_eq!(found, expected, "{name}");
                assert_eq!(lines.first(&name), expected.first().copied(), "{name}");
            }
        }
    }
}
