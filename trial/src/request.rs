//! One request, read from a socket.
//!
//! In: octets. Out: method, target, fields. The clients are ours or well known, so it reads no more than it needs.

use std::io::{self, Read};
use std::net::TcpStream;

/// How long a head may be: no client here writes a tenth of it.
const HEAD_MAX: usize = 64 << 10;

/// A request's head. Content is never expected.
#[derive(Clone, Debug)]
pub struct Request {
    /// GET, as a rule.
    pub method: String,
    /// The path with its query.
    pub target: String,
    fields: Vec<(String, String)>,
}

/// A range as a client asks for it: one, by positions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// The first position.
    pub(crate) first: u64,
    /// The last position, unless all the rest is wanted.
    pub(crate) last: Option<u64>,
}

impl Request {
    /// Reads a head; nothing when the peer closed before one began.
    ///
    /// # Errors
    /// When the peer closes within a head, sends one that is too long, or nothing within the socket's time.
    pub fn read(stream: &mut TcpStream) -> io::Result<Option<Self>> {
        let mut head = Vec::new();
        // One octet at a time: what follows the head belongs to the next request, and heads are short.
        let mut octet = [0];
        while !head.ends_with(b"\r\n\r\n") {
            if stream.read(&mut octet)? == 0 {
                return if head.is_empty() { Ok(None) } else { Err(io::ErrorKind::UnexpectedEof.into()) };
            }
            head.extend_from_slice(&octet);
            if head.len() > HEAD_MAX {
                return Err(io::ErrorKind::InvalidData.into());
            }
        }
        Self::parse(&String::from_utf8_lossy(&head))
            .map(Some)
            .ok_or_else(|| io::ErrorKind::InvalidData.into())
    }

    pub(crate) fn parse(head: &str) -> Option<Self> {
        let mut lines = head.split("\r\n");
        let mut words = lines.next()?.split(' ');
        let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
        let fields = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        Some(Self { method, target, fields })
    }

    /// The value of the first field of this name, which stands in lower case.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(of, _)| of == name).map(|(_, value)| value.as_str())
    }

    /// The path alone.
    #[must_use]
    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    /// The range that is asked for. Suffixes and sets are none: an origin may ignore Range (R-14.2-2), and this one does then.
    pub(crate) fn wanted(&self) -> Option<Wanted> {
        let (first, last) = self.field("range")?.strip_prefix("bytes=")?.split_once('-')?;
        let last = if last.is_empty() { None } else { Some(last.parse().ok()?) };
        Some(Wanted { first: first.parse().ok()?, last })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read() {
        let wanted = |value: &str| {
            Request::parse(&format!("GET / HTTP/1.1\r\nRange: {value}\r\n\r\n")).expect("a head").wanted()
        };
        assert_eq!(wanted("bytes=5-"), Some(Wanted { first: 5, last: None }));
        assert_eq!(wanted("bytes=5-9"), Some(Wanted { first: 5, last: Some(9) }));
        assert_eq!((wanted("bytes=-9"), wanted("bytes=0-1,5-6")), (None, None));
    }
}
