//! Reading multipart/byteranges (§14.6): the client's half of `multipart`, in whatever pieces the content arrives.
//!
//! In: the Content-Type, then content in any chunks. Out: part heads, and slices of each part's content. A part is
//! as long as its Content-Range says; the delimiter is looked for only after that, so content that looks like one is safe.

mod boundary;
mod head;

use std::fmt;

use crate::{ByteRange, ContentRange};

/// Bounds what a [`MultipartReader`] takes from a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MultipartLimits {
    /// Parts in one answer (default 1,024): a client that asked for n ranges sets n, since an honest server sends no more.
    pub parts: usize,
    /// Octets of one part's head, its delimiter included (default 8 KiB): as much as servers allow for a request head.
    pub head: usize,
    /// Octets before the first delimiter, and again after the closing one (default 4 KiB): nobody sends more than a sentence.
    pub padding: usize,
}

impl Default for MultipartLimits {
    fn default() -> Self {
        Self { parts: 1024, head: 8 * 1024, padding: 4 * 1024 }
    }
}

/// Says what comes next in the content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MultipartItem<'a> {
    /// A part begins; exactly `range.length()` octets of content follow.
    Part(PartHead),
    /// Octets of the part that began last, never none.
    Content(&'a [u8]),
}

/// Holds what the head of one part says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartHead {
    /// Where the part lies. It need not be a range that was asked for, nor come in that order (§15.3.7.2).
    pub range: ByteRange,
    /// The complete length of the representation, where the server knows it.
    pub complete_length: Option<u64>,
    /// The Content-Type of the representation, as sent.
    pub content_type: Option<Vec<u8>>,
}

/// Says why content is not multipart/byteranges, or not within the limits. Parts given out before are still good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MultipartError {
    /// The Content-Type is not multipart/byteranges with one boundary of 1 to 70 octets.
    ContentType,
    /// More octets before the first or after the last delimiter than the limit.
    Padding,
    /// A part head longer than the limit.
    HeadTooLong,
    /// A part head that is not made of header fields.
    Head,
    /// A part without exactly one valid Content-Range in bytes: there is no telling where it belongs.
    ContentRange,
    /// A part whose complete length is not that of the parts before.
    CompleteLength,
    /// No delimiter where the Content-Range says that the part ends.
    Delimiter,
    /// More parts than the limit.
    TooManyParts,
    /// The content ended before its closing delimiter, or holds no part.
    Truncated,
}

impl fmt::Display for MultipartError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::ContentType => "the Content-Type is not multipart/byteranges with a boundary",
            Self::Padding => "there is too much text around the parts",
            Self::HeadTooLong => "the head of a part is too long",
            Self::Head => "the head of a part is malformed",
            Self::ContentRange => "a part has no valid Content-Range",
            Self::CompleteLength => "the parts disagree about the complete length",
            Self::Delimiter => "a part does not end where its Content-Range says",
            Self::TooManyParts => "there are more parts than were asked for",
            Self::Truncated => "the content ends before its closing delimiter",
        })
    }
}

impl std::error::Error for MultipartError {}

/// Where the reader stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Before the first delimiter.
    Preamble,
    /// In the head of a part.
    Head,
    /// In the content of a part.
    Content { left: u64 },
    /// At the line break that ends a part.
    PartEnd,
    /// At the delimiter that must follow it.
    Delimiter,
    /// After the closing delimiter.
    Epilogue,
    /// After an error, which is told again.
    Broken(MultipartError),
}

/// Reads the content of a multipart/byteranges answer in any chunks.
///
/// ```
/// use byteranges::{MultipartItem, MultipartReader};
/// let mut reader = MultipartReader::new(b"multipart/byteranges; boundary=B").unwrap();
/// let content = b"--B\r\nContent-Range: bytes 0-3/10\r\n\r\nabcd\r\n--B\r\nContent-Range: bytes 9-9/10\r\n\r\nz\r\n--B--\r\n";
/// let mut file = [b'.'; 10];
/// let mut at = 0;
/// for mut chunk in content.chunks(7) {
///     while let Some(item) = reader.read(&mut chunk).unwrap() {
///         match item {
///             MultipartItem::Part(head) => at = head.range.first() as usize,
///             MultipartItem::Content(octets) => {
///                 file[at..at + octets.len()].copy_from_slice(octets);
///                 at += octets.len();
///             }
///         }
///     }
/// }
/// reader.finish().unwrap();
/// assert_eq!(&file, b"abcd.....z");
/// ```
#[derive(Clone, Debug)]
pub struct MultipartReader {
    delimiter: Vec<u8>,
    limits: MultipartLimits,
    state: State,
    /// The line being gathered, without its line break once that is whole.
    line: Vec<u8>,
    /// Octets of the padding or the head read so far.
    spent: usize,
    head: head::Fields,
    parts: usize,
    complete_length: Option<u64>,
}

impl MultipartReader {
    /// Creates a reader from the value of the answer's Content-Type, with the default limits.
    pub fn new(content_type: &[u8]) -> Result<Self, MultipartError> {
        Self::with_limits(content_type, MultipartLimits::default())
    }

    /// Creates a reader from the value of the answer's Content-Type.
    pub fn with_limits(content_type: &[u8], limits: MultipartLimits) -> Result<Self, MultipartError> {
        let boundary = boundary::of(content_type).ok_or(MultipartError::ContentType)?;
        Ok(Self {
            delimiter: [b"--", boundary.as_slice()].concat(),
            limits,
            state: State::Preamble,
            line: Vec::new(),
            spent: 0,
            head: head::Fields::default(),
            parts: 0,
            complete_length: None,
        })
    }

    /// Takes octets from the front of `input` and returns the next item; `None` when it needs more input, all of
    /// which is then taken.
    pub fn read<'a>(&mut self, input: &mut &'a [u8]) -> Result<Option<MultipartItem<'a>>, MultipartError> {
        while !input.is_empty() {
            let item = match self.state {
                State::Broken(error) => return Err(error),
                State::Content { left } => Ok(self.content(left, input)),
                _ => self.line(input),
            };
            match item {
                Ok(None) => {}
                Ok(item) => return Ok(item),
                Err(error) => {
                    self.state = State::Broken(error);
                    return Err(error);
                }
            }
        }
        Ok(None)
    }

    /// Says whether the content was whole, once the transport says that it ended. Parts that were cut stay cut.
    pub fn finish(&self) -> Result<(), MultipartError> {
        // The line break after the closing delimiter is often left out.
        let closed = match self.state {
            State::Broken(error) => return Err(error),
            State::Epilogue => true,
            State::Delimiter => self.is_closing(&self.line),
            _ => false,
        };
        if closed && self.parts > 0 { Ok(()) } else { Err(MultipartError::Truncated) }
    }

    // R-2046-2
    fn content<'a>(&mut self, left: u64, input: &mut &'a [u8]) -> Option<MultipartItem<'a>> {
        let take = usize::try_from(left).unwrap_or(usize::MAX).min(input.len());
        let (octets, rest) = input.split_at_checked(take)?;
        *input = rest;
        let left = left.saturating_sub(u64::try_from(take).unwrap_or(u64::MAX));
        self.state = if left == 0 { State::PartEnd } else { State::Content { left } };
        Some(MultipartItem::Content(octets))
    }

    /// Gathers one line, and acts on it when it is whole.
    fn line<'a>(&mut self, input: &mut &'a [u8]) -> Result<Option<MultipartItem<'a>>, MultipartError> {
        let end = input.iter().position(|octet| *octet == b'\n');
        let take = end.map_or(input.len(), |at| at.saturating_add(1));
        // R-17.5-1
        self.spent = self.spent.saturating_add(take);
        let (limit, error) = match self.state {
            State::Preamble | State::Epilogue => (self.limits.padding, MultipartError::Padding),
            _ => (self.limits.head, MultipartError::HeadTooLong),
        };
        if self.spent > limit {
            return Err(error);
        }
        let Some((octets, rest)) = input.split_at_checked(take) else { return Ok(None) };
        *input = rest;
        if self.state != State::Epilogue {
            self.line.extend_from_slice(octets);
        }
        if end.is_none() {
            return Ok(None);
        }
        // A bare line feed ends a line too: nothing is at risk, since lengths come from Content-Range.
        let mut line = std::mem::take(&mut self.line);
        line.pop();
        if line.last() == Some(&b'\r') {
            line.pop();
        }
        self.whole_line(&line)
    }

    fn whole_line<'a>(&mut self, line: &[u8]) -> Result<Option<MultipartItem<'a>>, MultipartError> {
        match self.state {
            // R-14.6-1
            State::Preamble if self.is_delimiter(line) => self.enter(State::Head),
            State::Preamble if self.is_closing(line) => return Err(MultipartError::Truncated),
            State::Head if line.is_empty() => return self.part().map(Some),
            State::Head => self.head.add(line)?,
            State::PartEnd if line.is_empty() => self.enter(State::Delimiter),
            State::Delimiter if self.is_delimiter(line) => self.state = State::Head,
            State::Delimiter if self.is_closing(line) => self.enter(State::Epilogue),
            State::PartEnd | State::Delimiter => return Err(MultipartError::Delimiter),
            State::Preamble | State::Epilogue | State::Content { .. } | State::Broken(_) => {}
        }
        Ok(None)
    }

    fn enter(&mut self, state: State) {
        self.state = state;
        self.spent = 0;
    }

    // R-15.3.7.2-10
    fn part<'a>(&mut self) -> Result<MultipartItem<'a>, MultipartError> {
        let fields = std::mem::take(&mut self.head);
        let Some(ContentRange::Range { range, complete_length }) = fields.content_range else {
            return Err(MultipartError::ContentRange);
        };
        if self.parts >= self.limits.parts {
            return Err(MultipartError::TooManyParts);
        }
        // R-14.4-7
        if self.complete_length.zip(complete_length).is_some_and(|(known, new)| known != new) {
            return Err(MultipartError::CompleteLength);
        }
        self.complete_length = self.complete_length.or(complete_length);
        self.parts = self.parts.saturating_add(1);
        self.enter(State::Content { left: range.length() });
        Ok(MultipartItem::Part(PartHead { range, complete_length, content_type: fields.content_type }))
    }

    /// Whether the line is a delimiter; spaces and tabs may follow it (RFC 2046 §5.1.1).
    fn is_delimiter(&self, line: &[u8]) -> bool {
        line.strip_prefix(self.delimiter.as_slice()).is_some_and(|rest| crate::lex::trim_ows(rest).is_empty())
    }

    fn is_closing(&self, line: &[u8]) -> bool {
        line.strip_prefix(self.delimiter.as_slice())
            .and_then(|rest| rest.strip_prefix(b"--"))
            .is_some_and(|rest| matches!(crate::lex::trim_ows(rest), [] | [b'\r']))
    }
}

#[cfg(test)]
mod tests;
