//! A folder of files to serve, old enough for strong validators.
//!
//! In: names and contents. Out: the folder, removed when the value is dropped.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use tempfile::TempDir;

use super::noise::noise_file;
use crate::swath::{Launch, Swath};

/// Sunday, 1 September 2024, 12:00:00 GMT, in seconds since 1970: when files of a [`Site`] were last modified.
const MODIFIED: u64 = 1_725_192_000;

/// `MODIFIED` as Last-Modified writes it.
pub const LAST_MODIFIED: &str = "Sun, 01 Sep 2024 12:00:00 GMT";

/// A folder to serve.
pub struct Site {
    folder: TempDir,
}

impl Default for Site {
    fn default() -> Self {
        Self::new()
    }
}

impl Site {
    /// Makes an empty folder.
    ///
    /// # Panics
    ///
    /// If it cannot be made.
    #[must_use]
    pub fn new() -> Self {
        Self { folder: tempfile::Builder::new().prefix("swath-site-").tempdir().expect("a folder to serve") }
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Where the file `name` lies.
    #[must_use]
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file of noise, and gives its octets.
    ///
    /// # Panics
    ///
    /// If it cannot be written.
    pub fn noise(&self, name: &str, length: usize) -> Vec<u8> {
        let octets = noise_file(&self.file(name), length as u64, length);
        self.age(name);
        octets
    }

    /// Sets the file's modification time to [`LAST_MODIFIED`].
    ///
    /// # Panics
    ///
    /// If it cannot be set.
    pub fn age(&self, name: &str) {
        let modified = SystemTime::UNIX_EPOCH + Duration::from_secs(MODIFIED);
        let file = File::options().write(true).open(self.file(name)).expect("a file of this site opens");
        file.set_modified(modified).expect("the modification time can be set");
    }

    /// Prepares a server of this folder, once its files are old enough for their entity tags to be strong.
    #[must_use]
    pub fn serve(&self) -> Launch {
        // Tags are weak for 20 ms after a change where the file system's clock is fine, and a coarse one shows in the tests.
        std::thread::sleep(Duration::from_millis(60));
        Swath::of(self.path())
    }
}
