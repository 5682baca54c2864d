//! From the path of a request to the representation it selects, and to the source of its octets.
//!
//! In: a [`Wanted`] — path, Accept-Encoding and the clock. Out: a [`Selection`], all of whose facts come from one
//! look at one open descriptor, or a [`StoreError`]. This is the only thing that is awaited before an answer is decided.
//!
//! | room | what it does |
//! |---|---|
//! | [`target`] | decodes the path, once, into names |
//! | [`accept_encoding`] | orders the content codings that the client takes |
//! | [`media_type`](mod@media_type) | Content-Type by name |
//! | [`files`] | a directory, or one file, on disk |
//! | [`memory`] | media in memory, with the same semantics |

pub mod accept_encoding;
pub mod files;
pub mod media_type;
pub mod memory;
pub mod target;

use std::ffi::{OsStr, OsString};
use std::io;
use std::sync::Arc;
use std::time::SystemTime;

use byteranges::Representation;
use rustix::io::Errno;

pub use files::{
    EtagMode, Files, FilesOptions, OPEN_FILES, OPEN_FILES_AGE, OpenRootError, Resolution, Settle, Symlinks,
};
pub use memory::{Medium, Memory};

use crate::source::Source;

/// Holds the representations that a server can select from.
#[derive(Debug)]
pub enum Store {
    /// A directory, or one file, on disk.
    Files(Files),
    /// Media in memory.
    Memory(Memory),
}

/// Holds what one request says that bears on the selection.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// The path of the target, raw: percent-encoded as it came, starting with `/`, without the query.
    pub path: &'a str,
    /// The lines of Accept-Encoding in their order; empty if the field is missing.
    pub accept_encoding: &'a [&'a [u8]],
    /// The clock, read when the request arrived: it decides whether validators are old enough to be strong.
    pub now: SystemTime,
}

/// Says what a path led to.
#[derive(Debug)]
pub enum Selection {
    /// A representation to answer with.
    Representation(Box<Selected>),
    /// A directory, asked for with a slash at the end, that has no index.
    Directory(Directory),
    /// A directory that was asked for without the slash: the path to send the client to, encoded for a Location
    /// field. It is always a path on the host that was asked; a query has to be added by the caller.
    Redirect(String),
}

/// Holds a selected representation and the source of its octets.
#[derive(Debug)]
pub struct Selected {
    /// The facts about it. Its `etag` is strong only if the octets cannot change without its changing.
    pub representation: Arc<Representation>,
    /// Where its octets are.
    pub source: Source,
    /// The name of its file, also where an index or a content-coded form stands for it.
    pub name: Arc<OsStr>,
    /// The SHA-256 of all its octets, coded form included, where it is known for certain (`--etag content`, media in memory).
    pub digest: Option<[u8; 32]>,
}

/// Holds the entries of a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directory {
    /// The names from the root to this directory; empty for the root.
    pub names: Vec<OsString>,
    /// Its entries, in no order: exactly those that a request would find, up to [`files::ENTRIES_MAX`].
    pub entries: Vec<Entry>,
    /// Whether entries were left out because there are too many.
    pub truncated: bool,
}

/// Describes one entry of a directory; symbolic links that are followed appear as what they lead to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name: any octets but `/` and NUL.
    pub name: OsString,
    /// What it is.
    pub kind: EntryKind,
    /// Number of octets of a file; of no meaning for a directory.
    pub length: u64,
    /// When its octets last changed, if the system's clock can express it.
    pub modified: Option<SystemTime>,
}

/// Says what an entry is; anything else is not listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryKind {
    /// A directory.
    Directory,
    /// A regular file.
    File,
}

/// Says why nothing was selected.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The client's fault: nothing is there, or nothing that is served. The two are not told apart.
    #[error("there is nothing at this path")]
    NotFound,
    /// The operator's choice: the server's user may not read it.
    #[error("the server is not permitted to read this; give its user the right to, or remove it")]
    Forbidden,
    /// The client's fault: the path is not one that names a file. The sentence says what is wrong.
    #[error("{0}")]
    BadTarget(&'static str),
    /// Nobody's fault: descriptors or memory have run out, or the file would not hold still; later it will work.
    #[error(
        "the server has no descriptors or memory left for this request; ask again later, or raise its limits"
    )]
    Overloaded,
    /// The disk's fault.
    #[error("the file could not be read: {0}")]
    Io(#[source] io::Error),
}

impl From<Errno> for StoreError {
    fn from(error: Errno) -> Self {
        match error {
            // XDEV and LOOP: a link that leads outside or in circles. NXIO and NODEV: a socket or device without a
            // driver. STALE: a network file that is gone.
            Errno::NOENT
            | Errno::NOTDIR
            | Errno::ISDIR
            | Errno::LOOP
            | Errno::XDEV
            | Errno::NAMETOOLONG
            | Errno::NXIO
            | Errno::NODEV
            | Errno::STALE => Self::NotFound,
            Errno::ACCESS | Errno::PERM => Self::Forbidden,
            Errno::MFILE | Errno::NFILE | Errno::NOMEM | Errno::AGAIN => Self::Overloaded,
            other => Self::Io(other.into()),
        }
    }
}

impl From<io::Error> for StoreError {
    fn from(error: io::Error) -> Self {
        match Errno::from_io_error(&error) {
            Some(errno) => Self::from(errno),
            None => Self::Io(error),
        }
    }
}

impl Store {
    /// Closes what is kept open for later requests, where the process has no descriptors left; says how many that were.
    pub fn give_up_descriptors(&self) -> usize {
        match self {
            Self::Files(files) => files.give_up_descriptors(),
            Self::Memory(_) => 0,
        }
    }

    /// Selects a representation without waiting or looking anything up: one that is kept open, with its facts as they are remembered.
    pub(crate) fn kept(&self, wanted: &Wanted<'_>) -> Option<Selected> {
        match self {
            Self::Files(files) => files.remembered(wanted),
            Self::Memory(_) => None,
        }
    }

    /// Selects the representation that a request is about.
    ///
    /// Opens at most a handful of files and closes all but the one selected. Lookups run on the calling thread: they
    /// are short unless the disk is cold. Listings and hashing run on the blocking pool.
    ///
    /// # Errors
    ///
    /// See [`StoreError`]; nothing in them tells what lies outside the root.
    ///
    /// # Panics
    ///
    /// Has to be called within a tokio runtime.
    pub async fn select(&self, wanted: &Wanted<'_>) -> Result<Selection, StoreError> {
        match self {
            Self::Files(files) => files.select(wanted).await,
            Self::Memory(memory) => memory.select(wanted),
        }
    }
}
