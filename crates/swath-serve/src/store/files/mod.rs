//! A directory, or one file, on disk as a store.
//!
//! In: [`FilesOptions`] once, then a path for each request. Out: what the path selects, opened once, with every fact
//! taken from that descriptor.
//!
//! | room | what it does |
//! |---|---|
//! | `open` | opens beneath the root, by the rule for symbolic links |
//! | `walk` | the same name by name, for what the kernel's bounded lookup refuses |
//! | `validators` | entity tags, and when they are strong |
//! | `content_hash` | digests of whole files, remembered |
//! | `sidecar` | precompressed forms |
//! | `directory` | entries |

mod content_hash;
mod directory;
mod open;
mod sidecar;
mod validators;
mod walk;

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use byteranges::{EntityTag, HttpDate, Representation};
use http::HeaderValue;

pub use content_hash::HASH_INLINE_MAX;
pub use directory::ENTRIES_MAX;
pub use open::{Resolution, Symlinks};
pub(super) use validators::tag_of_digest;
pub use validators::{EtagMode, Settle};

use super::accept_encoding::{AcceptEncoding, Coding};
use super::media_type::media_type;
use super::target::Target;
use super::{Directory, Selected, Selection, StoreError, Wanted};
use crate::facts::Facts;
use crate::source::{OpenFile, Source};
use content_hash::ContentHashes;
use open::{Opened, Root};
use validators::tag_of_facts;

/// The file that stands for a directory.
const INDEX: &str = "index.html";

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
    fn new(path: &Path, error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Self::Missing(path.into()),
            io::ErrorKind::PermissionDenied => Self::Forbidden(path.into()),
            _ => Self::Io(path.into(), error),
        }
    }
}

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
}

/// What a path led to, before anything was decided about its form.
enum Found {
    File { file: File, path: Vec<u8> },
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
        if kind.is_dir() {
            let root = Root::open_at(&options.root, options.symlinks, options.resolution).map_err(fault)?;
            return Ok(Self { root: Arc::new(root), single: None, options, hashes });
        }
        let (true, Some(name)) = (kind.is_file(), options.root.file_name()) else {
            return Err(OpenRootError::Kind(options.root));
        };
        let parent =
            options.root.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        // A link that the operator named leads where the operator wants it.
        let root = Root::open_at(parent, Symlinks::Follow, options.resolution).map_err(fault)?;
        root.open(name.as_bytes()).map_err(|errno| fault(errno.into()))?;
        Ok(Self { root: Arc::new(root), single: Some(name.to_owned()), options, hashes })
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
        let target = Target::parse(wanted.path.as_bytes())?;
        match self.find(&target)? {
            Found::File { file, path } => {
                let selected = self.represent(file, &path, &target, wanted).await?;
                Ok(Selection::Representation(Box::new(selected)))
            }
            Found::Directory { directory, path } => self.list(directory, path, &target).await,
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
                Opened::File(file) => Ok(Found::File { file, path }),
                Opened::Directory(_) => Ok(Found::Redirect),
            };
        }
        if let Some(index) = self.find_index(&path)? {
            return Ok(index);
        }
        match self.root.open(&path)? {
            Opened::Directory(directory) => Ok(Found::Directory { directory, path }),
            Opened::File(_) => Err(StoreError::NotFound),
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
            Opened::File(file) => Ok(Found::File { file, path }),
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
            Ok(Opened::File(file)) => Ok(Some(Found::File { file, path })),
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

    /// Chooses the form of a file and gathers what is known of it.
    async fn represent(
        &self,
        file: File,
        path: &[u8],
        target: &Target,
        wanted: &Wanted<'_>,
    ) -> Result<Selected, StoreError> {
        let facts = Facts::of(&file)?;
        let sidecar = if self.options.precompressed {
            sidecar::find(&self.root, path, &facts, &AcceptEncoding::parse(wanted.accept_encoding))
        } else {
            None
        };
        let (coding, file, facts) = match sidecar {
            Some(sidecar) => (Some(sidecar.coding), sidecar.file, sidecar.facts),
            None => (None, file, facts),
        };
        let file = Arc::new(file);
        let settled = self.options.settle.has_settled(facts.ctime, wanted.now);
        let digest = match self.options.etag {
            EtagMode::Content => self.hashes.digest(&file, &facts, settled).await,
            EtagMode::Stat | EtagMode::None => None,
        };
        let etag = match self.options.etag {
            EtagMode::Stat => tag_of_facts(&facts, coding, settled),
            EtagMode::Content => digest.and_then(|digest| tag_of_digest(&digest, coding, settled)),
            EtagMode::None => None,
        };
        let strong = match &etag {
            Some(etag) => !etag.is_weak(),
            None => self.options.settle.has_settled_date(&facts, wanted.now),
        };
        let name = Path::new(OsStr::from_bytes(path)).file_name().unwrap_or_default().to_owned();
        Ok(Selected {
            representation: self.describe(&facts, &name, coding, etag),
            source: Source::File(OpenFile::new(file, facts, strong)),
            name,
            path_display: target.display(),
            digest: digest.filter(|_| settled),
        })
    }

    fn describe(
        &self,
        facts: &Facts,
        name: &OsStr,
        coding: Option<Coding>,
        etag: Option<EntityTag>,
    ) -> Representation {
        Representation {
            etag,
            last_modified: facts.mtime.to_system_time().and_then(HttpDate::from_system_time),
            changed: facts.ctime.to_system_time(),
            content_type: Some(media_type(name)),
            content_encoding: coding.map(|coding| HeaderValue::from_static(coding.token())),
            vary: self.options.precompressed.then(|| HeaderValue::from_static("Accept-Encoding")),
            cache_control: self.options.cache_control.clone(),
            ..Representation::new(facts.length)
        }
    }
}
