//! What a request asks: its method and the seven fields that decide about ranges, still as octets.
//!
//! In: field lines from any transport. Out: one value that borrows from them; a request without these fields costs nothing.

use http::{HeaderMap, Method};

/// Tells how a request's method stands to ranges and preconditions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AskedMethod {
    /// GET, the one method with range handling (§14.2).
    Get,
    /// HEAD: as GET without content, and Range ignored.
    Head,
    /// Any other method that selects a representation.
    Other,
}

impl From<&Method> for AskedMethod {
    fn from(method: &Method) -> Self {
        match *method {
            Method::GET => Self::Get,
            Method::HEAD => Self::Head,
            _ => Self::Other,
        }
    }
}

/// Holds the field lines of one name, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Lines<'a> {
    #[default]
    None,
    One(&'a [u8]),
    Many(Vec<&'a [u8]>),
}

impl<'a> Lines<'a> {
    fn push(&mut self, value: &'a [u8]) {
        *self = match std::mem::take(self) {
            Self::None => Self::One(value),
            Self::One(first) => Self::Many(vec![first, value]),
            Self::Many(mut lines) => {
                lines.push(value);
                Self::Many(lines)
            }
        };
    }

    pub(crate) fn is_present(&self) -> bool {
        *self != Self::None
    }

    /// The value, where there is exactly one line.
    pub(crate) fn single(&self) -> Option<&'a [u8]> {
        match self {
            Self::One(value) => Some(value),
            _ => None,
        }
    }

    pub(crate) fn as_slice(&self) -> &[&'a [u8]] {
        match self {
            Self::None => &[],
            Self::One(value) => std::slice::from_ref(value),
            Self::Many(lines) => lines,
        }
    }
}

/// Holds what one request asks, as far as ranges and preconditions are concerned.
///
/// ```
/// use byteranges::{Asked, AskedMethod};
/// let asked = Asked::new(AskedMethod::Get).with("Range", "bytes=0-499").with("Host", "example.org");
/// assert_eq!(asked.range(), Some(&b"bytes=0-499"[..]));
/// ```
#[derive(Clone, Debug)]
pub struct Asked<'a> {
    pub(crate) method: AskedMethod,
    pub(crate) range: Lines<'a>,
    pub(crate) if_range: Lines<'a>,
    pub(crate) if_match: Lines<'a>,
    pub(crate) if_none_match: Lines<'a>,
    pub(crate) if_modified_since: Lines<'a>,
    pub(crate) if_unmodified_since: Lines<'a>,
}

impl<'a> Asked<'a> {
    /// Creates a request without any of the fields.
    pub const fn new(method: AskedMethod) -> Self {
        Self {
            method,
            range: Lines::None,
            if_range: Lines::None,
            if_match: Lines::None,
            if_none_match: Lines::None,
            if_modified_since: Lines::None,
            if_unmodified_since: Lines::None,
        }
    }

    /// Reads the request's method and header section.
    pub fn from_request(method: &Method, headers: &'a HeaderMap) -> Self {
        let mut asked = Self::new(method.into());
        for (name, value) in headers {
            asked.push(name.as_str().as_bytes(), value.as_bytes());
        }
        asked
    }

    /// Takes in one field line; names compare without case, and other fields are passed over.
    // R-14.4-5: Content-Range among them.
    pub fn push(&mut self, name: &[u8], value: &'a [u8]) {
        let lines = match name.len() {
            5 if name.eq_ignore_ascii_case(b"range") => &mut self.range,
            8 if name.eq_ignore_ascii_case(b"if-range") => &mut self.if_range,
            8 if name.eq_ignore_ascii_case(b"if-match") => &mut self.if_match,
            13 if name.eq_ignore_ascii_case(b"if-none-match") => &mut self.if_none_match,
            17 if name.eq_ignore_ascii_case(b"if-modified-since") => &mut self.if_modified_since,
            19 if name.eq_ignore_ascii_case(b"if-unmodified-since") => &mut self.if_unmodified_since,
            _ => return,
        };
        lines.push(value);
    }

    /// The same with one more field line, for building by hand.
    #[must_use]
    pub fn with(mut self, name: &str, value: &'a str) -> Self {
        self.push(name.as_bytes(), value.as_bytes());
        self
    }

    /// The method.
    pub const fn method(&self) -> AskedMethod {
        self.method
    }

    /// The first Range line as it came, for records of the exchange.
    pub fn range(&self) -> Option<&'a [u8]> {
        self.range.as_slice().first().copied()
    }

    /// The first If-Range line as it came, for records of the exchange.
    pub fn if_range(&self) -> Option<&'a [u8]> {
        self.if_range.as_slice().first().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_kept_in_order_and_names_compare_without_case() {
        let asked = Asked::new(AskedMethod::Get)
            .with("RANGE", "a")
            .with("range", "b")
            .with("Range", "c")
            .with("Ranges", "d");
        assert_eq!(asked.range.as_slice(), [b"a", b"b", b"c"]);
        assert_eq!(asked.range.single(), None);
        assert!(!asked.if_range.is_present());
    }

    #[test]
    fn a_header_map_gives_the_same_as_lines() {
        let mut headers = HeaderMap::new();
        headers.append("if-match", "\"a\"".parse().unwrap());
        headers.append("if-match", "\"b\"".parse().unwrap());
        headers.append("if-none-match", "*".parse().unwrap());
        headers.append("if-modified-since", "x".parse().unwrap());
        headers.append("if-unmodified-since", "y".parse().unwrap());
        let asked = Asked::from_request(&Method::HEAD, &headers);
        assert_eq!(asked.method(), AskedMethod::Head);
        assert_eq!(asked.if_match.as_slice(), [b"\"a\"", b"\"b\""]);
        assert_eq!(asked.if_none_match.single(), Some(&b"*"[..]));
        assert_eq!(asked.if_modified_since.single(), Some(&b"x"[..]));
        assert_eq!(asked.if_unmodified_since.single(), Some(&b"y"[..]));
    }
}
