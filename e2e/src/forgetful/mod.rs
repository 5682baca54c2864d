//! A disk that forgets what was not synced when the power fails: a real file system, mounted by FUSE, for real processes.
//!
//! In: a seed for each failure. Out: a folder to work in. It knows one folder of regular files, no links between folders, no xattrs.
//!
//! What survives: octets that `fsync` or `fdatasync` of their file covered, names that an `fsync` of the folder covered. Of the rest, chance decides
//! page by page whether the old octets, the new ones, or new sectors among old ones remain; whether a file has its old or its new length; and how
//! many of the folder's changes, in their order, were made. A name may so survive whose octets did not.
//!
//! It can refuse calls, too, until it is told to obey again.

mod fuse;
mod inode;
mod refusal;
mod state;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use fuser::{BackgroundSession, Config, MountOption};
pub use refusal::Call;
use refusal::Refusal;
use rustix::io::Errno;
use rustix::mount::{UnmountFlags, unmount};
pub use state::Survived;

use self::state::State;

/// A disk. Mount it, work, unmount it, let the power fail, mount it again.
#[derive(Clone, Default)]
pub struct Disk {
    state: Arc<Mutex<State>>,
}

/// How long a disk may be busy once everybody who worked on it has ended.
///
/// A program that is being started elsewhere in this process holds copies of all its descriptors until it executes.
const LET_GO: Duration = Duration::from_secs(5);

/// A mounted disk; unmounted when dropped.
pub struct Mounted {
    folder: PathBuf,
    session: Option<BackgroundSession>,
}

impl Disk {
    /// Mounts it over an empty folder. Needs root, or `fusermount3`, which `e2e/setup.sh` installs.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub fn mount(&self, folder: &Path) -> io::Result<Mounted> {
        let mut config = Config::default();
        config.mount_options = vec![MountOption::FSName("forgetful".into())];
        let session = fuser::spawn_mount(fuse::Files::new(self.clone()), folder, &config)?;
        Ok(Mounted { folder: folder.to_owned(), session: Some(session) })
    }

    /// Lets the power fail: nothing must be mounted.
    #[must_use]
    pub fn lose_power(&self, seed: u64) -> Survived {
        self.state().lose_power(seed)
    }

    /// Refuses calls of one kind by this error, after so many more that it obeys.
    pub fn refuse(&self, call: Call, error: Errno, after: usize) {
        self.state().refusal = Some(Refusal { call, error: error.raw_os_error(), after });
    }

    /// Refuses nothing any more.
    pub fn obey(&self) {
        self.state().refusal = None;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Mounted {
    /// Unmounts it.
    ///
    /// # Errors
    /// When a process still has a file open after five seconds.
    pub fn unmount(mut self) -> io::Result<()> {
        let deadline = Instant::now() + LET_GO;
        let unmounted = loop {
            match unmount(&self.folder, UnmountFlags::empty()) {
                Err(Errno::BUSY) if Instant::now() < deadline => {
                    std::thread::sleep(Duration::from_millis(10));
                }
                other => break other.is_ok(),
            }
        };
        match self.session.take() {
            Some(session) if unmounted => session.join(),
            // Where we may not, fusermount3 may; and what is wrong is told.
            Some(session) => session.umount_and_join(),
            None => Ok(()),
        }
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        if let Some(session) = self.session.take() {
            drop(session.umount_and_join());
        }
    }
}
