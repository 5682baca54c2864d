//! A disk that forgets what was not synced when the power fails: a real file system, mounted by FUSE, for real processes.
//!
//! In: a seed for each failure. Out: a folder to work in. It knows one folder of regular files, no links between folders, no xattrs.
//!
//! What survives: octets that `fsync` or `fdatasync` of their file covered, names that an `fsync` of the folder covered. Of the rest, chance decides
//! page by page whether the old octets, the new ones, or new sectors among old ones remain; whether a file has its old or its new length; and how
//! many of the folder's changes, in their order, were made. A name may so survive whose octets did not.

mod chance;
mod fuse;
mod inode;
mod state;

use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use fuser::{BackgroundSession, Config, MountOption};
pub use state::Survived;

use self::state::State;

/// A disk. Mount it, work, unmount it, let the power fail, mount it again.
#[derive(Clone, Default)]
pub struct Disk {
    state: Arc<Mutex<State>>,
}

/// A mounted disk; unmounted when dropped.
pub struct Mounted {
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
        Ok(Mounted { session: Some(session) })
    }

    /// Lets the power fail: nothing must be mounted.
    #[must_use]
    pub fn lose_power(&self, seed: u64) -> Survived {
        self.state().lose_power(seed)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Mounted {
    /// Unmounts it.
    ///
    /// # Errors
    /// When a process still has a file open.
    pub fn unmount(mut self) -> io::Result<()> {
        self.session.take().map_or(Ok(()), BackgroundSession::umount_and_join)
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        if let Some(session) = self.session.take() {
            drop(session.umount_and_join());
        }
    }
}
