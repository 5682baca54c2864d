//! What a store of files is made from, and why that may fail.
//!
//! In: the operator's choices. Out: plain values, with the safe choice as default.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use http::HeaderValue;

use super::content_hash::HASH_INLINE_MAX;
use super::open::{Resolution, Symlinks};
use super::open_files::{OPEN_FILES, OPEN_FILES_AGE};
use super::validators::{EtagMode, Settle};

/// Holds what a store of files is made from.
#[derive(Clone, Debug)]
pub struct FilesOptions {
    /// A directory, or one file. It is opened once: a directory that later takes its path is not seen.
    pub root: PathBuf,
    /// How symbolic links beneath the root are treated; not applied to `root` itself, which the operator chose.
    pub symlinks: Symlinks,
    /// Whether names that start with a dot are served. Only names in the request count: a link without a dot may
    /// lead to one.
    pub hidden: bool,
    /// Whether `index.html` stands for its directory.
    pub index: bool,
    /// Whether `.br`, `.zst` and `.gz` beside a file are sent to those who take them.
    pub precompressed: bool,
    /// What entity tags are made from.
    pub etag: EtagMode,
    /// Cache-Control of every representation.
    pub cache_control: Option<HeaderValue>,
    /// How long a change rests before its validators are strong.
    pub settle: Settle,
    /// With [`EtagMode::Content`]: the longest file, in octets, that is read before it is answered with. Default
    /// [`HASH_INLINE_MAX`].
    pub hash_inline_max: u64,
    /// How many files are kept open from one request to the next; each sidecar counts too. Default [`OPEN_FILES`]; 0: none.
    pub open_files: usize,
    /// How long one is kept open, and so how long a link or directory on the way to it may have led elsewhere
    /// before that is seen. Default [`OPEN_FILES_AGE`]; zero: none is kept. What happens to the file itself shows at once.
    pub open_files_age: Duration,
    /// Who resolves paths.
    pub resolution: Resolution,
}

impl FilesOptions {
    /// Creates the safe defaults for a root: links that stay inside, no dot files, an index, tags from facts.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self {
            root: root.into(),
            symlinks: Symlinks::default(),
            hidden: false,
            index: true,
            precompressed: false,
            etag: EtagMode::default(),
            cache_control: None,
            settle: Settle::default(),
            hash_inline_max: HASH_INLINE_MAX,
            open_files: OPEN_FILES,
            open_files_age: OPEN_FILES_AGE,
            resolution: Resolution::default(),
        }
    }
}

/// Says why a root cannot be served; the operator's to mend.
#[derive(Debug, thiserror::Error)]
pub enum OpenRootError {
    /// Nothing is there.
    #[error("there is nothing at {}; name an existing directory or file to serve", .0.display())]
    Missing(PathBuf),
    /// It is a device, FIFO or socket.
    #[error("{} is neither a directory nor a regular file; name one of these to serve", .0.display())]
    Kind(PathBuf),
    /// It may not be read.
    #[error("{} may not be read by this user; change its permissions, or run the server as a user who may", .0.display())]
    Forbidden(PathBuf),
    /// The system refused for another reason.
    #[error("{} could not be opened: {}", .0.display(), .1)]
    Io(PathBuf, #[source] io::Error),
}

impl OpenRootError {
    pub(super) fn new(path: &Path, error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Self::Missing(path.into()),
            io::ErrorKind::PermissionDenied => Self::Forbidden(path.into()),
            _ => Self::Io(path.into(), error),
        }
    }
}
