//! Room for a file before its octets come.
//!
//! In: an open file and the length it will have. Out: room that is ours, or an early error instead of a late one.
//!
//! Nothing is filled with zeros, and the length stays: it says how far something was written.

use std::fs::File;

use rustix::fs::{FallocateFlags, fallocate, fstatfs, fstatvfs};
use rustix::io::{Errno, Result, retry_on_intr};

/// What `statfs` says of a file system in memory.
const TMPFS: u64 = 0x0102_1994;

/// Takes the room for `length` octets.
///
/// # Errors
///
/// `NOSPC`, `DQUOT` or `FBIG` where it cannot be had. A file system that cannot give room in advance is asked only
/// whether there is enough.
pub(super) fn preallocate(file: &File, length: u64) -> Result<()> {
    if length == 0 {
        return Ok(());
    }
    let limit = rustix::process::getrlimit(rustix::process::Resource::Fsize);
    if limit.current.is_some_and(|limit| limit < length) {
        return Err(Errno::FBIG);
    }
    // In memory, room in advance costs what writing costs, in one thread and before anything was received.
    if is_in_memory(file) {
        return has_room(file, length);
    }
    match retry_on_intr(|| fallocate(file, FallocateFlags::KEEP_SIZE, 0, length)) {
        Err(Errno::OPNOTSUPP | Errno::NOSYS | Errno::INVAL | Errno::NODEV | Errno::PERM) => {
            has_room(file, length)
        }
        other => other,
    }
}

fn is_in_memory(file: &File) -> bool {
    fstatfs(file).is_ok_and(|facts| u64::try_from(facts.f_type).is_ok_and(|kind| kind == TMPFS))
}

/// Compares with what is free now, counting what the file has already.
fn has_room(file: &File, length: u64) -> Result<()> {
    let (Ok(space), Ok(facts)) = (fstatvfs(file), rustix::fs::fstat(file)) else { return Ok(()) };
    // Some network file systems say nothing, which means nothing.
    if space.f_blocks == 0 {
        return Ok(());
    }
    let own = u64::try_from(facts.st_blocks).unwrap_or(0).saturating_mul(512);
    let free = space.f_bavail.saturating_mul(space.f_frsize);
    if free.saturating_add(own) < length { Err(Errno::NOSPC) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::MetadataExt;

    #[test]
    fn room_is_taken_and_the_length_stays() {
        let directory = tempfile::tempdir().unwrap();
        let file = File::create(directory.path().join("a")).unwrap();
        preallocate(&file, 1 << 20).unwrap();
        let facts = file.metadata().unwrap();
        assert_eq!(facts.len(), 0);
        if !is_in_memory(&file) {
            assert!(facts.blocks() * 512 >= 1 << 20, "no room was taken");
        }
    }

    #[test]
    fn too_much_is_refused_before_anything_is_written() {
        for place in ["/tmp", "/dev/shm"] {
            let Ok(file) = tempfile::tempfile_in(place) else { continue };
            let refused = preallocate(&file, 1 << 45).unwrap_err();
            assert!(matches!(refused, Errno::NOSPC | Errno::FBIG), "{place}: {refused}");
            assert_eq!(file.metadata().unwrap().len(), 0);
        }
    }
}
