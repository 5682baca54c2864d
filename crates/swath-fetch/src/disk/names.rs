//! The names of the files that belong to one download.
//!
//! In: where the finished file is to go. Out: the names of its unfinished form, its journal, and what is kept aside.
//!
//! They are not hidden: who looks into the directory should see what is unfinished, and what takes up the room.

use std::ffi::{OsStr, OsString};

/// What the name of an unfinished file ends with.
pub const PART_SUFFIX: &str = ".part";
/// What the name of its journal ends with, after that of the unfinished file.
pub const JOURNAL_SUFFIX: &str = ".journal";
/// The most octets of a file's name that leave room for both endings in the 255 of every file system.
pub const NAME_MAX: usize = 255 - PART_SUFFIX.len() - JOURNAL_SUFFIX.len() - "-9999".len();

/// Names the unfinished form of `name`.
pub(super) fn part(name: &OsStr) -> OsString {
    [name, OsStr::new(PART_SUFFIX)].into_iter().collect()
}

/// Names the journal of the unfinished form of `name`.
pub(super) fn journal(name: &OsStr) -> OsString {
    [name, OsStr::new(PART_SUFFIX), OsStr::new(JOURNAL_SUFFIX)].into_iter().collect()
}

/// Names an older version of `name`, such that its unfinished form can be resumed under that name.
pub(super) fn older(name: &OsStr, number: u32) -> OsString {
    [name, OsStr::new(&format!("-{number}"))].into_iter().collect()
}

/// The name that an unfinished file was to have, if `part` is the name of one.
pub fn of_part(part: &OsStr) -> Option<OsString> {
    use std::os::unix::ffi::OsStrExt;
    let name = part.as_bytes().strip_suffix(PART_SUFFIX.as_bytes())?;
    (!name.is_empty()).then(|| OsStr::from_bytes(name).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_aside_can_be_resumed_by_its_own_name() {
        let older = older(OsStr::new("disk.iso"), 2);
        assert_eq!(part(&older), "disk.iso-2.part");
        assert_eq!(journal(&older), "disk.iso-2.part.journal");
        assert_eq!(of_part(&part(&older)), Some(older));
        assert_eq!(of_part(OsStr::new("disk.iso")), None);
        assert_eq!(of_part(OsStr::new(".part")), None);
    }
}
