//! A request to be: its octets in exactly the form that a check wants.

use crate::target::Target;

/// How this program names itself.
pub(crate) const USER_AGENT: &str =
    concat!("swath-audit/", env!("CARGO_PKG_VERSION"), " (byte range conformance check)");

/// As much of an answer's content as is read where a check needs no more.
pub(crate) const ENOUGH: u64 = 64 << 10;

/// Describes a request.
#[derive(Debug, Clone)]
pub(crate) struct Ask {
    pub(crate) method: &'static str,
    /// The request target, where it is not the resource in origin form.
    pub(crate) path: Option<String>,
    pub(crate) version: &'static str,
    pub(crate) fields: Vec<(String, Vec<u8>)>,
    /// Lines written as they are, after all fields: what is malformed on purpose.
    pub(crate) raw: Vec<u8>,
    /// Whether Host is sent.
    pub(crate) host: bool,
    /// Whether the server is asked to close; the content is then read to the connection's end.
    pub(crate) close: bool,
    /// Whether a connection of its own is opened.
    pub(crate) fresh: bool,
    /// The most octets of content that are read.
    pub(crate) enough: u64,
}

impl Ask {
    pub(crate) fn new(method: &'static str) -> Self {
        Self {
            method,
            path: None,
            version: "HTTP/1.1",
            fields: Vec::new(),
            raw: Vec::new(),
            host: true,
            close: false,
            fresh: false,
            enough: ENOUGH,
        }
    }

    pub(crate) fn get() -> Self {
        Self::new("GET")
    }

    pub(crate) fn field(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.fields.push((name.to_owned(), value.as_ref().to_vec()));
        self
    }

    pub(crate) fn path(mut self, path: impl Into<String>) -> Self {
        self.path = Some(path.into());
        self
    }

    pub(crate) fn closing(mut self) -> Self {
        self.close = true;
        self.fresh = true;
        self
    }

    fn states(&self, name: &str) -> bool {
        self.fields.iter().any(|(own, _)| own.eq_ignore_ascii_case(name))
    }

    /// Writes the request's octets.
    pub(crate) fn head(&self, target: &Target, extra: &[(String, Vec<u8>)]) -> Vec<u8> {
        let path = self.path.clone().unwrap_or_else(|| target.path());
        let mut head = format!("{} {path} {}\r\n", self.method, self.version).into_bytes();
        let mut line = |name: &str, value: &[u8]| {
            head.extend_from_slice(name.as_bytes());
            head.extend_from_slice(b": ");
            head.extend_from_slice(value);
            head.extend_from_slice(b"\r\n");
        };
        let extra_states = |name: &str| extra.iter().any(|(own, _)| own.eq_ignore_ascii_case(name));
        if self.host && !extra_states("host") {
            line("Host", target.authority().as_bytes());
        }
        if !extra_states("user-agent") {
            line("User-Agent", USER_AGENT.as_bytes());
        }
        line("Accept", b"*/*");
        // Slices of a form that is coded on the way cannot be compared, so the uncoded one is asked for.
        if !self.states("accept-encoding") && !extra_states("accept-encoding") {
            line("Accept-Encoding", b"identity");
        }
        if self.close {
            line("Connection", b"close");
        }
        for (name, value) in extra.iter().filter(|(name, _)| !self.states(name)).chain(&self.fields) {
            line(name, value);
        }
        head.extend_from_slice(&self.raw);
        head.extend_from_slice(b"\r\n");
        head
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(ask: &Ask, extra: &[(String, Vec<u8>)]) -> String {
        let target = Target::read("http://a.example:81/x?y").unwrap();
        String::from_utf8(ask.head(&target, extra)).unwrap()
    }

    #[test]
    fn a_plain_request_identifies_itself_and_asks_for_no_coding() {
        let head = head(&Ask::get(), &[]);
        assert!(
            head.starts_with("GET /x?y HTTP/1.1\r\nHost: a.example:81\r\nUser-Agent: swath-audit/"),
            "{head}"
        );
        assert!(head.contains("\r\nAccept-Encoding: identity\r\n") && head.ends_with("\r\n\r\n"), "{head}");
    }

    #[test]
    fn what_a_check_states_is_not_stated_again() {
        let ask = Ask::get().field("Accept-Encoding", "gzip").field("Range", "a").field("Range", "b");
        let head =
            head(&ask, &[("Cookie".to_owned(), b"c".to_vec()), ("User-Agent".to_owned(), b"me".to_vec())]);
        assert_eq!(head.matches("Accept-Encoding").count(), 1);
        assert_eq!(head.matches("Range: ").count(), 2);
        assert!(head.contains("Cookie: c\r\n") && head.contains("User-Agent: me\r\n"), "{head}");
        assert!(!head.contains("swath-audit/"), "{head}");
    }
}
