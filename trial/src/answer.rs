//! One answer, right or wrong, as a plain value.
//!
//! In: what a row wants to say. Out: octets and manners, which `connection` performs. Nothing is checked: being wrong is its purpose.

use std::time::Duration;

use bytes::Bytes;

/// How the end of the content is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    /// By Content-Length, which the fields may say otherwise.
    Length,
    /// By chunks.
    Chunked,
    /// By the connection's end.
    Close,
}

/// What becomes of the connection at a place in the content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Break {
    /// It is closed in order.
    Close,
    /// It is reset.
    Reset,
    /// It stays open, and nothing comes any more.
    Stall,
}

/// An answer and how it is sent.
#[derive(Clone, Debug)]
pub struct Answer {
    pub(crate) version: &'static str,
    pub(crate) status: String,
    pub(crate) fields: Vec<(String, String)>,
    pub(crate) content: Bytes,
    pub(crate) framing: Framing,
    /// Octets before the head: interim answers, or what is none.
    pub(crate) before: Bytes,
    /// Octets after the content.
    pub(crate) after: Bytes,
    /// Fields without end.
    pub(crate) endless: bool,
    pub(crate) line_end: &'static str,
    /// How long the head is held back.
    pub(crate) head_after: Duration,
    /// From this octet of the content on, so many octets a second.
    pub(crate) slow: Option<(usize, u64)>,
    pub(crate) breaks: Option<(usize, Break)>,
    /// Whether the connection is closed after the answer.
    pub(crate) close: bool,
    /// Whether nothing at all is said.
    pub(crate) silent: bool,
}

impl Answer {
    /// An answer with this status line's code and phrase, and this content.
    #[must_use]
    pub fn new(status: &str, content: impl Into<Bytes>) -> Self {
        Self {
            version: "HTTP/1.1",
            status: status.into(),
            fields: vec![("Date".into(), httpdate::fmt_http_date(std::time::SystemTime::now()))],
            content: content.into(),
            framing: Framing::Length,
            before: Bytes::new(),
            after: Bytes::new(),
            endless: false,
            line_end: "\r\n",
            head_after: Duration::ZERO,
            slow: None,
            breaks: None,
            close: false,
            silent: false,
        }
    }

    /// A status with a line of text, as errors come.
    #[must_use]
    pub fn plain(status: &str) -> Self {
        Self::new(status, format!("{status}\n")).with("Content-Type", "text/plain")
    }

    /// Another place for the same, by 302.
    #[must_use]
    pub fn redirect(to: &str) -> Self {
        Self::plain("302 Found").with("Location", to)
    }

    /// Closes the connection, or resets it, in place of an answer.
    pub(crate) fn none(how: Break) -> Self {
        Self { silent: true, breaks: Some((0, how)), ..Self::new("", Bytes::new()) }
    }

    /// Adds a field.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.fields.push((name.into(), value.into()));
        self
    }

    /// Takes a field away, whatever the case of its name.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.fields.retain(|(of, _)| !of.eq_ignore_ascii_case(name));
        self
    }

    /// Puts a field in the place of those of its name.
    #[must_use]
    pub fn replacing(self, name: &str, value: impl Into<String>) -> Self {
        self.without(name).with(name, value)
    }

    /// Puts other content in the place of what was to be sent.
    #[must_use]
    pub fn sending(self, content: impl Into<Bytes>) -> Self {
        Self { content: content.into(), ..self }
    }

    /// Turns every bit of one octet of the content.
    #[must_use]
    pub fn turned(self, at: usize) -> Self {
        let mut octets = self.content.to_vec();
        if let Some(octet) = octets.get_mut(at) {
            *octet = !*octet;
        }
        self.sending(octets)
    }

    pub(crate) fn framed(self, framing: Framing) -> Self {
        Self { framing, ..self }
    }

    pub(crate) fn breaking(self, at: usize, how: Break) -> Self {
        Self { breaks: Some((at, how)), ..self }
    }

    pub(crate) fn slowly(self, from: usize, rate: u64) -> Self {
        Self { slow: Some((from, rate)), ..self }
    }

    pub(crate) fn closing(self) -> Self {
        Self { close: true, ..self }
    }

    /// The head as it goes over the wire, but for chunked and closed framing, which add themselves.
    pub(crate) fn head(&self) -> Vec<u8> {
        let end = self.line_end;
        let mut head = format!("{} {}{end}", self.version, self.status);
        for (name, value) in &self.fields {
            head.push_str(&format!("{name}: {value}{end}"));
        }
        let has_length = self.fields.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-length"));
        match self.framing {
            Framing::Length if !has_length => {
                head.push_str(&format!("Content-Length: {}{end}", self.content.len()));
            }
            Framing::Chunked => head.push_str(&format!("Transfer-Encoding: chunked{end}")),
            Framing::Length | Framing::Close => {}
        }
        if self.close || self.framing == Framing::Close {
            head.push_str(&format!("Connection: close{end}"));
        }
        if !self.endless {
            head.push_str(end);
        }
        head.into_bytes()
    }
}
