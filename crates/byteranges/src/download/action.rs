//! What the machine tells the driver to do.
//!
//! In: nothing. Out: plain values; each says what to report when it is done.

use std::fmt;
use std::time::Duration;

use http::{HeaderName, HeaderValue, header};

use super::Report;
use crate::{ByteRange, EntityTag, HttpDate};

/// Numbers one request, and the answer to it, for the whole life of a file: numbers go on after a resume.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AskId(pub u64);

impl fmt::Display for AskId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// Tells the driver what to do next. Actions are performed in order; those that take long run beside the next ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Send a request. Report `Head`, then `Bytes` and at last `End`, or `Failed`.
    Fetch(Fetch),
    /// Give a request up, whatever its state: close the connection or reset the stream. Nothing is reported, and octets
    /// of it that no action has placed are dropped.
    Stop {
        /// The request.
        ask: AskId,
    },
    /// Write the request's next octets to the file; report `Written`, or `DiskFailed`.
    Write {
        /// The file.
        generation: u32,
        /// The request.
        ask: AskId,
        /// Where they go; the length says how many.
        range: ByteRange,
    },
    /// Drop the request's next octets.
    Skip {
        /// The request.
        ask: AskId,
        /// How many.
        count: u64,
    },
    /// Hold the request's next octets against the file, whose octets there were all reported as written; report `Compared`.
    Compare {
        /// The request.
        ask: AskId,
        /// Where.
        range: ByteRange,
    },
    /// Create a new file and its journal under new inodes, write the journal's head, and make both and their directory
    /// durable; report `FileReady`. An earlier generation is replaced, or kept under another name.
    StartFile {
        /// The number of the file.
        generation: u32,
        /// The first octets of its journal.
        journal: Vec<u8>,
        /// Room to make for it, where the length is known.
        complete_length: Option<u64>,
        /// Whether the file of the generation before is to be kept.
        keep_old: bool,
    },
    /// Keep the file that was found without a journal ([`Download::with_unproved`](super::Download::with_unproved)): make
    /// its octets durable, then make a journal beside it, and that and the directory durable; report `FileReady`.
    AdoptFile {
        /// The number of the file from now on.
        generation: u32,
        /// The first octets of its journal.
        journal: Vec<u8>,
        /// Room to make for it.
        complete_length: Option<u64>,
    },
    /// Make durable what was reported as written (`fdatasync`); report `Synced`, or `DiskFailed`.
    Sync {
        /// The file.
        generation: u32,
    },
    /// Append to the journal and make that durable; report only `DiskFailed`.
    Record {
        /// The file whose journal it is.
        generation: u32,
        /// What to append.
        octets: Vec<u8>,
    },
    /// Hold the file against the digest; report `Verified`.
    Verify {
        /// The file.
        generation: u32,
    },
    /// Nothing to do until something happens, or this time has come: then poll again.
    Wait {
        /// Time since the start, or none when only an event can help.
        until: Option<Duration>,
    },
    /// The download has ended; it is told again on each poll.
    Done(Box<Report>),
}

/// Describes one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetch {
    /// The number that events about it carry.
    pub ask: AskId,
    /// Which way it goes, as an index into [`Settings::paths`](super::Settings::paths).
    pub path: usize,
    /// What is asked for.
    pub range: Asked,
    /// Under which condition.
    pub precondition: Precondition,
    /// Whether to begin at the URL that the user named, not at the one that it led to.
    pub resolve_again: bool,
    /// Whether nodes have been seen to disagree: then stay on one connection where there is one.
    pub one_connection: bool,
}

/// Says what a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// Everything, without a Range field.
    Whole,
    /// From this octet to the end.
    From(u64),
    /// These octets.
    Range(ByteRange),
}

impl Asked {
    /// The first octet asked for.
    pub const fn first(self) -> u64 {
        match self {
            Self::Whole => 0,
            Self::From(first) => first,
            Self::Range(range) => range.first(),
        }
    }
}

/// Says under which condition a request is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Precondition {
    /// None.
    None,
    /// If-Range with a strong tag: the whole comes when it changed.
    IfRange(EntityTag),
    /// If-Range with a strong date, where there is no tag at all.
    IfRangeDate(HttpDate),
    /// If-Match with a strong tag: 412 comes when it changed.
    IfMatch(EntityTag),
    /// If-Unmodified-Since, beside a weak tag.
    IfUnmodifiedSince(HttpDate),
}

impl Fetch {
    /// The header fields that the request must carry, and that it must carry no other of.
    ///
    /// ```
    /// use byteranges::download::{AskId, Asked, Fetch, Precondition};
    /// let tag = byteranges::EntityTag::strong(b"v1").unwrap();
    /// let fetch = Fetch {
    ///     ask: AskId(0),
    ///     path: 0,
    ///     range: Asked::From(100),
    ///     precondition: Precondition::IfRange(tag),
    ///     resolve_again: false,
    ///     one_connection: false,
    /// };
    /// let lines: Vec<_> = fetch.fields().iter().map(|(name, value)| format!("{name}: {value:?}")).collect();
    /// assert_eq!(lines, ["accept-encoding: \"identity\"", "range: \"bytes=100-\"", r#"if-range: "\"v1\"""#]);
    /// ```
    // R-14.1.1-7, R-12.5.5-2, R-5.3-1, R-13.1.5-2
    pub fn fields(&self) -> Vec<(HeaderName, HeaderValue)> {
        let text = |text: String| HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static(""));
        let mut fields = vec![(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"))];
        match self.range {
            Asked::Whole => {}
            Asked::From(first) => fields.push((header::RANGE, text(format!("bytes={first}-")))),
            Asked::Range(range) => fields.push((header::RANGE, text(format!("bytes={range}")))),
        }
        match &self.precondition {
            Precondition::None => {}
            Precondition::IfRange(tag) => fields.push((header::IF_RANGE, tag.as_header_value().clone())),
            Precondition::IfRangeDate(date) => fields.push((header::IF_RANGE, text(date.to_string()))),
            Precondition::IfMatch(tag) => fields.push((header::IF_MATCH, tag.as_header_value().clone())),
            Precondition::IfUnmodifiedSince(date) => {
                fields.push((header::IF_UNMODIFIED_SINCE, text(date.to_string())));
            }
        }
        fields
    }
}
