//! A file on a server for threads that block.
//!
//! In: positions and buffers. Out: the octets, when they are here.

use std::io::{self, Read, Seek, SeekFrom};

use tokio::runtime::{Builder, Runtime};

use super::{ReadError, ReadOptions, RemoteFile, to_u64};
use crate::Job;

/// Reads a file on a server through `Read` and `Seek`, which block. It must not be used on a thread of an async runtime.
///
/// ```no_run
/// use std::io::Read as _;
/// use swath_fetch::{Job, ReadOptions, RemoteFile};
///
/// # fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let job = Job::new("https://media.example/data.zip".parse()?);
/// let mut file = RemoteFile::blocking(job, ReadOptions::default())?;
/// let mut beginning = [0; 4];
/// file.read_exact(&mut beginning)?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct BlockingRemoteFile {
    runtime: Runtime,
    file: RemoteFile,
}

impl BlockingRemoteFile {
    pub(super) fn open(job: Job, options: ReadOptions) -> Result<Self, ReadError> {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| ReadError::Misuse(format!("cannot start a runtime: {error}")))?;
        let file = runtime.block_on(RemoteFile::open_with(job, options))?;
        Ok(Self { runtime, file })
    }

    /// Octets of the whole.
    pub fn complete_length(&self) -> u64 {
        self.file.complete_length()
    }

    /// Reads octets from `position` on until `buffer` is full or the file ends; gives how many.
    ///
    /// # Errors
    ///
    /// Those of [`RemoteFile::read_at`].
    pub fn read_at(&self, position: u64, buffer: &mut [u8]) -> Result<usize, ReadError> {
        self.runtime.block_on(self.file.read_at(position, buffer))
    }
}

impl Read for BlockingRemoteFile {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.read_at(self.file.position, buffer)?;
        self.file.position = self.file.position.saturating_add(to_u64(count));
        Ok(count)
    }
}

impl Seek for BlockingRemoteFile {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.position = self.file.sought(to)?;
        Ok(self.file.position)
    }
}
