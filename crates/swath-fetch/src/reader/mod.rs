//! Random access to a file on a server.
//!
//! In: a [`Job`] and positions. Out: octets of exactly one version of the file.
//!
//! | room | its one question |
//! |---|---|
//! | `accept` | may this answer be used? pure |
//! | `source` | the octets of one range, whatever it takes |
//! | `cache` | which blocks are kept |
//! | `file` | which blocks are asked for |
//! | `blocking` | the same for threads |
//! | `error` | whose fault is it |

mod accept;
mod blocking;
mod cache;
mod error;
mod file;
mod source;

use std::fmt;
use std::future::Future;
use std::io::{self, SeekFrom};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncSeek, ReadBuf};

use crate::Job;

pub(crate) use accept::Verdict;
pub use blocking::BlockingRemoteFile;
pub use error::ReadError;
pub(crate) use source::{Good, Source};

use file::Inner;

/// Says how a file is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadOptions {
    /// Octets kept in memory for reading them again; also the most that is read from a server without ranges. The default
    /// of 16 MiB holds the directory of an archive with a hundred thousand members.
    pub cache: u64,
    /// Whether to go on without a strong entity tag, where only a change of the length, the date or a weak tag shows.
    pub unpinned: bool,
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self { cache: 16 << 20, unpinned: false }
    }
}

/// Reads a file on a server at any position, as if it were here.
///
/// All that is read is of the version that [`open`](Self::open) met: its strong entity tag is sent with each request
/// (If-Match), and held against each answer. If the file changes, reading fails with [`ReadError::Changed`]; nothing of the
/// new version is given out. Read errors of `AsyncRead` and `Read` hold a [`ReadError`].
///
/// Blocks of 64 KiB are kept in memory, the last used ones; a reader that goes straight on is read ahead of. Clones share
/// file and cache, and have positions of their own.
///
/// ```no_run
/// use swath_fetch::{Job, RemoteFile};
/// use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let mut file = RemoteFile::open(Job::new("https://media.example/data.zip".parse()?)).await?;
/// let mut end = [0; 22];
/// file.seek(std::io::SeekFrom::End(-22)).await?;
/// file.read_exact(&mut end).await?;
/// let mut anywhere = [0; 100];
/// let count = file.read_at(4096, &mut anywhere).await?;
/// # Ok(())
/// # }
/// ```
pub struct RemoteFile {
    inner: Arc<Inner>,
    position: u64,
    pending: Option<Pending>,
}

type Pending = Pin<Box<dyn Future<Output = Result<Bytes, ReadError>> + Send>>;

impl RemoteFile {
    /// Opens a file, with the default options. The first 64 KiB are asked for, since only an answer tells what it is.
    ///
    /// # Errors
    ///
    /// [`ReadError::Unpinned`] where the server gives no strong entity tag, [`ReadError::NoRanges`] where it sends only the
    /// whole and that is longer than the cache; otherwise whatever is wrong with the server or the way there.
    pub async fn open(job: Job) -> Result<Self, ReadError> {
        Self::open_with(job, ReadOptions::default()).await
    }

    /// Opens a file.
    ///
    /// # Errors
    ///
    /// Those of [`open`](Self::open).
    // By value, as whoever opens a file has no more use for it.
    #[allow(clippy::needless_pass_by_value)]
    pub async fn open_with(job: Job, options: ReadOptions) -> Result<Self, ReadError> {
        let inner = Arc::new(Inner::open(&job, options).await?);
        Ok(Self { inner, position: 0, pending: None })
    }

    /// Opens a file for threads: its `Read` and `Seek` block.
    ///
    /// # Errors
    ///
    /// Those of [`open`](Self::open); [`ReadError::Misuse`] when no runtime can be made.
    pub fn blocking(job: Job, options: ReadOptions) -> Result<BlockingRemoteFile, ReadError> {
        BlockingRemoteFile::open(job, options)
    }

    /// Octets of the whole.
    pub fn complete_length(&self) -> u64 {
        self.inner.complete_length()
    }

    /// The entity tag of the version that is read, as the server wrote it.
    pub fn etag(&self) -> Option<String> {
        self.inner.etag()
    }

    /// Reads octets from `position` on until `buffer` is full or the file ends; gives how many.
    ///
    /// # Errors
    ///
    /// [`ReadError::Changed`] when the file is another one by now; otherwise whatever is wrong with the server or the way
    /// there.
    pub async fn read_at(&self, position: u64, buffer: &mut [u8]) -> Result<usize, ReadError> {
        let mut filled = 0;
        while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            let at = position.saturating_add(to_u64(filled));
            let octets = Arc::clone(&self.inner).some_at(at, to_u64(rest.len())).await?;
            let count = octets.len().min(rest.len());
            if count == 0 {
                break;
            }
            if let (Some(to), Some(from)) = (rest.get_mut(..count), octets.get(..count)) {
                to.copy_from_slice(from);
            }
            filled += count;
        }
        Ok(filled)
    }

    /// Where a seek leads to.
    fn sought(&self, to: SeekFrom) -> io::Result<u64> {
        let from = |origin: u64, offset: i64| origin.checked_add_signed(offset);
        let position = match to {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::End(offset) => from(self.complete_length(), offset),
            SeekFrom::Current(offset) => from(self.position, offset),
        };
        position.ok_or_else(|| {
            io::Error::new(io::ErrorKind::InvalidInput, "seek to a position before the first octet")
        })
    }
}

fn to_u64(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

impl Clone for RemoteFile {
    fn clone(&self) -> Self {
        Self { inner: Arc::clone(&self.inner), position: self.position, pending: None }
    }
}

impl fmt::Debug for RemoteFile {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("RemoteFile")
            .field("complete_length", &self.complete_length())
            .field("etag", &self.etag())
            .field("position", &self.position)
            .finish_non_exhaustive()
    }
}

impl AsyncRead for RemoteFile {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let (position, wanted) = (self.position, to_u64(buffer.remaining()));
        let inner = Arc::clone(&self.inner);
        let pending = self.pending.get_or_insert_with(|| Box::pin(inner.some_at(position, wanted)));
        let octets = ready!(pending.as_mut().poll(context));
        self.pending = None;
        let octets = octets?;
        // The buffer may be a shorter one than when reading began.
        let count = octets.len().min(buffer.remaining());
        buffer.put_slice(octets.get(..count).unwrap_or_default());
        self.position = self.position.saturating_add(to_u64(count));
        Poll::Ready(Ok(()))
    }
}

impl AsyncSeek for RemoteFile {
    fn start_seek(mut self: Pin<&mut Self>, to: SeekFrom) -> io::Result<()> {
        self.position = self.sought(to)?;
        // What was being read is for another position.
        self.pending = None;
        Ok(())
    }

    fn poll_complete(self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<io::Result<u64>> {
        Poll::Ready(Ok(self.position))
    }
}
