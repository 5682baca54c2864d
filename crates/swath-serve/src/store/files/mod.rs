//! A directory, or one file, on disk as a store.
//!
//! In: [`FilesOptions`] once, then a path for each request. Out: what the path selects, opened once, with every fact
//! taken from that descriptor.
//!
//! | room | what it does |
//! |---|---|
//! | `open` | opens beneath the root, by the rule for symbolic links |
//! | `walk` | the same name by name, for what the kernel's bounded lookup refuses |
//! | `open_files` | files kept open between requests |
//! | `parents` | directories that were lately found beneath the root |
//! | `validators` | entity tags, and when they are strong |
//! | `content_hash` | digests of whole files, remembered |
//! | `options` | the operator's choices, and a root that cannot be served |
//! | `represent` | the form, its facts and its validators |
//! | `sidecar` | precompressed forms |
//! | `directory` | entries |

mod content_hash;
mod directory;
mod kept;
mod open;
mod open_files;
mod options;
mod parents;
mod represent;
mod sidecar;
mod validators;
mod walk;

use std::borrow::Cow;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

pub use content_hash::HASH_INLINE_MAX;
pub use directory::ENTRIES_MAX;
pub use open::{Resolution, Symlinks};
pub use open_files::{OPEN_FILES, OPEN_FILES_AGE};
pub use options::{FilesOptions, OpenRootError};
pub(super) use validators::tag_of_digest;
pub use validators::{EtagMode, Settle};

use super::accept_encoding::AcceptEncoding;
use super::target::Target;
use super::{Directory, Selected, Selection, StoreError, Wanted};
use crate::facts::Facts;
use crate::source::Source;
use content_hash::ContentHashes;
use open::{Opened, Root};
use open_files::OpenFiles;
use represent::Form;

/// The file that stands for a directory.
const INDEX: &str = "index.html";

/// Serves a directory, or one file, that is on disk.
///
/// A single file is given at `/` and at `/NAME`, and nothing else is; it is opened anew for each request, so that a
/// file renamed into its place is served next. With `precompressed`, the sidecars beside it count.
#[derive(Debug)]
pub struct Files {
    root: Arc<Root>,
    /// The name of the one file in `root` that is served.
    single: Option<OsString>,
    options: FilesOptions,
    hashes: ContentHashes,
    open_files: Arc<OpenFiles>,
}

/// What a path led to, before anything was decided about its form.
enum Found {
    File { file: File, facts: Facts, path: Vec<u8> },
    Directory { directory: OwnedFd, path: Vec<u8> },
    Redirect,
}

impl Files {
    /// Opens the root.
    ///
    /// # Errors
    ///
    /// If it does not exist, is neither a directory nor a file, or may not be read.
    pub fn open(options: FilesOptions) -> Result<Self, OpenRootError> {
        let fault = |error| OpenRootError::new(&options.root, error);
        let kind = std::fs::metadata(&options.root).map_err(fault)?.file_type();
        let hashes = ContentHashes::new(options.hash_inline_max);
        let open_files = OpenFiles::new(options.open_files, options.open_files_age);
        if kind.is_dir() {
            let root = Root::open_at(&options.root, options.symlinks, options.resolution).map_err(fault)?;
            return Ok(Self { root: Arc::new(root), single: None, options, hashes, open_files });
        }
        let (true, Some(name)) = (kind.is_file(), options.root.file_name()) else {
            return Err(OpenRootError::Kind(options.root));
        };
        let parent =
            options.root.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        // A link that the operator named leads where the operator wants it.
        let root = Root::open_at(parent, Symlinks::Follow, options.resolution).map_err(fault)?;
        root.open(name.as_bytes()).map_err(|errno| fault(errno.into()))?;
        Ok(Self { root: Arc::new(root), single: Some(name.to_owned()), options, hashes, open_files })
    }

    /// The name of the file that is served alone; `None` for a directory.
    pub fn single_file(&self) -> Option<&OsStr> {
        self.single.as_deref()
    }

    /// Selects what a request is about; see [`Store::select`](super::Store::select).
    ///
    /// # Errors
    ///
    /// See [`StoreError`].
    pub async fn select(&self, wanted: &Wanted<'_>) -> Result<Selection, StoreError> {
        let accepted = self.options.precompressed.then(|| AcceptEncoding::parse(wanted.accept_encoding));
        let key = key(wanted.path, accepted.as_ref());
        if let Some(kept) = self.kept(&key, wanted.now) {
            if kept.is_unchanged() {
                return Ok(Selection::Representation(Box::new(self.selected(&kept, wanted.now))));
            }
            self.open_files.let_go(&kept);
        }
        let target = Target::parse(wanted.path.as_bytes())?;
        match self.look_up(&target, accepted.as_ref(), &key, wanted.now).await {
            // Descriptors have run out: what is kept open for later requests makes room for this one.
            Err(StoreError::Overloaded) if self.give_up_descriptors() > 0 => {
                self.look_up(&target, accepted.as_ref(), &key, wanted.now).await
            }
            selection => selection,
        }
    }

    /// Gives what is kept open for such a request, as it is remembered: whoever sends it looks whether it still is so.
    /// `None` where something has to be looked up.
    pub(super) fn remembered(&self, wanted: &Wanted<'_>) -> Option<Selected> {
        let accepted = self.options.precompressed.then(|| AcceptEncoding::parse(wanted.accept_encoding));
        let kept = self.kept(&key(wanted.path, accepted.as_ref()), wanted.now)?;
        // Only what is sent is looked at later.
        if kept.sidecar.is_some() && !kept.file.is_unchanged() {
            return None;
        }
        let mut selected = self.selected(&kept, wanted.now);
        if let Source::File(open) = selected.source {
            selected.source = Source::File(open.remembered());
        }
        Some(selected)
    }

    /// Closes what is kept open for later requests; says how many descriptors that were.
    pub fn give_up_descriptors(&self) -> usize {
        self.open_files.give_up()
    }

    async fn look_up(
        &self,
        target: &Target,
        accepted: Option<&AcceptEncoding>,
        key: &[u8],
        now: SystemTime,
    ) -> Result<Selection, StoreError> {
        match self.find(target)? {
            Found::File { file, facts, path } => {
                let found = Form { coding: None, file: Arc::new(file), facts };
                let selected = self.represent(found, &path, accepted, key, now).await;
                Ok(Selection::Representation(Box::new(selected)))
            }
            Found::Directory { directory, path } => self.list(directory, path, target).await,
            Found::Redirect => Ok(Selection::Redirect(target.to_directory_path())),
        }
    }

    fn find(&self, target: &Target) -> Result<Found, StoreError> {
        if let Some(name) = &self.single {
            return self.find_single(name, target);
        }
        if target.is_hidden() && !self.options.hidden {
            return Err(StoreError::NotFound);
        }
        let path = target.relative();
        if !target.has_trailing_slash() {
            return match self.root.open(&path)? {
                Opened::File(file, facts) => Ok(Found::File { file, facts, path }),
                Opened::Directory(_) => Ok(Found::Redirect),
            };
        }
        if let Some(index) = self.find_index(&path)? {
            return Ok(index);
        }
        match self.root.open(&path)? {
            Opened::Directory(directory) => Ok(Found::Directory { directory, path }),
            Opened::File(..) => Err(StoreError::NotFound),
        }
    }

    fn find_single(&self, name: &OsStr, target: &Target) -> Result<Found, StoreError> {
        match (target.names(), target.has_trailing_slash()) {
            ([], _) => {}
            ([asked], false) if asked == name => {}
            _ => return Err(StoreError::NotFound),
        }
        let path = name.as_bytes().to_vec();
        match self.root.open(&path)? {
            Opened::File(file, facts) => Ok(Found::File { file, facts, path }),
            Opened::Directory(_) => Err(StoreError::NotFound),
        }
    }

    /// Opens the index of a directory. One that may not be read is an error: the listing is no substitute that the
    /// operator meant to give.
    fn find_index(&self, directory: &[u8]) -> Result<Option<Found>, StoreError> {
        if !self.options.index {
            return Ok(None);
        }
        let path =
            if directory.is_empty() { INDEX.into() } else { [directory, b"/", INDEX.as_bytes()].concat() };
        match self.root.open(&path).map_err(StoreError::from) {
            Ok(Opened::File(file, facts)) => Ok(Some(Found::File { file, facts, path })),
            Ok(Opened::Directory(_)) | Err(StoreError::NotFound) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn list(
        &self,
        directory: OwnedFd,
        path: Vec<u8>,
        target: &Target,
    ) -> Result<Selection, StoreError> {
        let (root, hidden) = (Arc::clone(&self.root), self.options.hidden);
        let read =
            tokio::task::spawn_blocking(move || directory::read(&root, directory.as_fd(), &path, hidden));
        let read = read.await.map_err(|error| StoreError::Io(io::Error::other(error)))??;
        Ok(Selection::Directory(Directory {
            names: target.names().to_vec(),
            entries: read.entries,
            truncated: read.truncated,
        }))
    }
}

/// What a selection is kept under: the path as it came, and the codings taken, in their order, where these count.
fn key<'a>(path: &'a str, accepted: Option<&AcceptEncoding>) -> Cow<'a, [u8]> {
    let mut key = Cow::Borrowed(path.as_bytes());
    for coding in accepted.iter().flat_map(|accepted| accepted.in_order()) {
        // No path holds a raw NUL, so that none can be taken for another with codings behind it.
        key.to_mut().extend([b"\0", coding.token().as_bytes()].concat());
    }
    key
}
