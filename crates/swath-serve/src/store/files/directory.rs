//! The entries of a directory, read once and bounded.
//!
//! In: a directory's descriptor and the rules in force. Out: the entries that a request for them would find,
//! in no order.

use std::ffi::{OsStr, OsString};
use std::os::fd::BorrowedFd;
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use rustix::fs::{AtFlags, Dir, FileType, Stat, statat};
use rustix::io::Errno;

use super::open::{Root, kind, readable};
use crate::facts::Facts;
use crate::store::target::is_hidden;
use crate::store::{Entry, EntryKind};

/// The most entries in one listing: a page with more helps nobody, and each costs a system call.
pub const ENTRIES_MAX: usize = 10_000;

/// The most names read from one directory, shown or not.
const NAMES_MAX: usize = 100_000;

/// What was read of a directory, and whether something was left out for its size.
pub(super) struct Read {
    pub(super) entries: Vec<Entry>,
    pub(super) truncated: bool,
}

/// Reads the entries of `directory`, which lies at `path` beneath `root`.
///
/// Left out are dot files (unless `hidden`), links that the root's rule does not follow, and everything that is
/// neither a file nor a directory. What vanishes while we look is left out too.
///
/// # Errors
///
/// Those of opening and reading the directory; an entry's own errors leave it out.
pub(super) fn read(root: &Root, directory: BorrowedFd<'_>, path: &[u8], hidden: bool) -> Result<Read, Errno> {
    let directory = readable(directory)?;
    let mut entries = Vec::new();
    for (count, found) in Dir::read_from(&directory)?.enumerate() {
        let found = found?;
        let name = found.file_name().to_bytes();
        if count == NAMES_MAX {
            return Ok(Read { entries, truncated: true });
        }
        if name == b"." || name == b".." || (!hidden && is_hidden(OsStr::from_bytes(name))) {
            continue;
        }
        if entries.len() == ENTRIES_MAX {
            return Ok(Read { entries, truncated: true });
        }
        let stat = match statat(&directory, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) if kind(&stat) == FileType::Symlink => root.look(&beneath(path, name)),
            looked => looked,
        };
        entries.extend(stat.ok().and_then(|stat| entry(name, &stat)));
    }
    Ok(Read { entries, truncated: false })
}

fn beneath(path: &[u8], name: &[u8]) -> Vec<u8> {
    if path.is_empty() { name.to_vec() } else { [path, b"/", name].concat() }
}

fn entry(name: &[u8], stat: &Stat) -> Option<Entry> {
    let kind = match kind(stat) {
        FileType::Directory => EntryKind::Directory,
        FileType::RegularFile => EntryKind::File,
        _ => return None,
    };
    Some(Entry {
        name: OsString::from_vec(name.to_vec()),
        kind,
        length: u64::try_from(stat.st_size).unwrap_or(0),
        modified: Facts::from_stat(stat).mtime.to_system_time(),
    })
}
