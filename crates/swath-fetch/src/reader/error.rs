//! Why octets could not be read.
//!
//! In: what went wrong, by fault. Out: sentences, and [`io::Error`]s for those who read through `Read` and `AsyncRead`.

use std::io;

/// Says why octets of a remote file could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// The file is another one than when it was opened. Nothing of the new one was given out.
    #[error("the file changed on the server while it was read; open it again to read the new version")]
    Changed,
    /// The server gives no strong entity tag, so a change would not show.
    #[error(
        "the server gives no strong ETag, so a change in the middle of reading would not show; allow that, or fetch it whole"
    )]
    Unpinned,
    /// The server always sends the whole, and that is longer than the cache.
    #[error(
        "the server does not do ranges: it sends the whole file; fetch it with `swath get` and read the copy"
    )]
    NoRanges,
    /// The range begins at or past the end.
    #[error("there is no such range: the file has {complete_length} octets")]
    Unsatisfiable {
        /// How many octets there are.
        complete_length: u64,
    },
    /// The server refuses the request.
    #[error("the server refuses with status {status}")]
    Refused {
        /// By this status.
        status: u16,
    },
    /// What the server sends makes no sense, again and again.
    #[error("the server misbehaves: {0}")]
    Misbehaved(String),
    /// The server cannot be reached, or breaks off again and again.
    #[error("the server cannot be reached: {0}")]
    Unreachable(String),
    /// What was asked for makes no sense.
    #[error("{0}")]
    Misuse(String),
}

impl From<ReadError> for io::Error {
    fn from(error: ReadError) -> Self {
        let kind = match &error {
            ReadError::Changed | ReadError::Misbehaved(_) => io::ErrorKind::InvalidData,
            ReadError::Unpinned | ReadError::NoRanges => io::ErrorKind::Unsupported,
            ReadError::Refused { status: 404 | 410 } => io::ErrorKind::NotFound,
            ReadError::Refused { status: 401 | 403 } => io::ErrorKind::PermissionDenied,
            ReadError::Refused { .. } => io::ErrorKind::Other,
            ReadError::Unreachable(_) => io::ErrorKind::NotConnected,
            ReadError::Misuse(_) | ReadError::Unsatisfiable { .. } => io::ErrorKind::InvalidInput,
        };
        Self::new(kind, error)
    }
}
