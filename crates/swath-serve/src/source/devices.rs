//! How files on each device are best read, learnt once and remembered.
//!
//! In: a device number, and what the kernel answered to a read that must not wait. Out: a [`Way`] to read.

use std::collections::HashMap;
use std::fs::File;
use std::sync::{LazyLock, PoisonError, RwLock};

/// How to read files of one device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// On the serving thread with `RWF_NOWAIT`, in the blocking pool what is not in memory.
    WithoutWaiting,
    /// On the serving thread: the file system lives in memory.
    Inline,
    /// In the blocking pool: nobody says whether a read would wait.
    Pool,
}

/// How many devices are remembered; there are as many as mounts, and a forgotten one costs a failed call a request.
const DEVICES_MAX: usize = 1024;

static REFUSED: LazyLock<RwLock<HashMap<u64, Way>>> = LazyLock::new(RwLock::default);

/// Gives the way to read files of a device, as far as it is known.
pub(crate) fn way(dev: u64) -> Way {
    let refused = REFUSED.read().unwrap_or_else(PoisonError::into_inner);
    refused.get(&dev).copied().unwrap_or(if cfg!(target_os = "linux") {
        Way::WithoutWaiting
    } else {
        Way::Pool
    })
}

/// Remembers that a device refused a read that must not wait, and gives the way to read it from now on.
pub(crate) fn refused(dev: u64, file: &File) -> Way {
    let way = if lives_in_memory(file) { Way::Inline } else { Way::Pool };
    let mut refused = REFUSED.write().unwrap_or_else(PoisonError::into_inner);
    if refused.len() < DEVICES_MAX {
        refused.insert(dev, way);
    }
    way
}

/// Says whether a file system keeps its files in memory only: tmpfs or ramfs.
#[cfg(target_os = "linux")]
fn lives_in_memory(file: &File) -> bool {
    // From linux/magic.h; the kernel keeps these numbers for ever.
    const TMPFS_MAGIC: u64 = 0x0102_1994;
    const RAMFS_MAGIC: u64 = 0x8584_58f6;
    // The type of the field differs by architecture, and on some it is signed.
    #[allow(clippy::unnecessary_cast)]
    rustix::fs::fstatfs(file)
        .is_ok_and(|found| matches!(found.f_type as u64 & 0xffff_ffff, TMPFS_MAGIC | RAMFS_MAGIC))
}

#[cfg(not(target_os = "linux"))]
fn lives_in_memory(_: &File) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_remembered_for_its_device_only() -> std::io::Result<()> {
        let here = tempfile::tempfile_in(env!("CARGO_MANIFEST_DIR"))?;
        let (refusing, other) = (u64::MAX, u64::MAX - 1);
        assert_eq!(way(refusing), Way::WithoutWaiting);
        assert_eq!(refused(refusing, &here), if lives_in_memory(&here) { Way::Inline } else { Way::Pool });
        assert_eq!(way(refusing), refused(refusing, &here));
        assert_eq!(way(other), Way::WithoutWaiting);
        Ok(())
    }

    #[test]
    fn tmpfs_is_known_by_its_type() -> std::io::Result<()> {
        let shm = std::path::Path::new("/dev/shm");
        let mounts = std::fs::read_to_string("/proc/self/mounts")?;
        let tmpfs = mounts.lines().any(|line| line.split(' ').skip(1).take(2).eq(["/dev/shm", "tmpfs"]));
        if tmpfs {
            assert!(lives_in_memory(&tempfile::tempfile_in(shm)?));
        }
        assert!(!lives_in_memory(&File::open("/proc/self/status")?));
        Ok(())
    }
}
