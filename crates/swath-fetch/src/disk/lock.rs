//! Keeps two processes from writing one unfinished file.
//!
//! In: an open file. Out: a lock that ends with the file, also when the process is killed.

use std::fs::File;
use std::io;
use std::path::Path;

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

use super::error::{Trouble, explain};

/// Takes the file for this process.
///
/// # Errors
///
/// `ResourceBusy` while another process has it. A file system without locks is trusted.
pub(super) fn lock(file: &File, path: &Path) -> io::Result<()> {
    match flock(file, FlockOperation::NonBlockingLockExclusive) {
        Err(Errno::WOULDBLOCK) => Err(explain(Trouble::Locked, "write", path)),
        _ => Ok(()),
    }
}
