//! Where one file goes: in, what was typed and the URL; out, a place on the disk, or standard output.

use std::{
    ffi::OsString,
    os::unix::fs::FileTypeExt as _,
    path::{Path, PathBuf},
};

use swath_fetch::{disk, name};

use super::wanted::{To, Wanted};
use crate::{args::GetArgs, report::Failure};

/// Where the octets of one file go.
#[derive(Clone, Debug)]
pub(super) enum Goal {
    /// Standard output, or a device or pipe of this name, in order.
    Stream(Option<PathBuf>),
    /// A file.
    Disk {
        /// Where it is to be.
        place: disk::Place,
        /// Whether its part may have been begun from another URL.
        adopt: bool,
    },
}

impl Goal {
    /// The file, as far as its name is known before the server is asked.
    pub(super) fn path(&self) -> Option<PathBuf> {
        match self {
            Self::Stream(_) => None,
            Self::Disk { place, .. } => Some(place.directory.join(&place.name)),
        }
    }
}

/// Decides where a file goes.
pub(super) fn goal(one: &Wanted, args: &GetArgs) -> Result<Goal, Failure> {
    let wrong = |path: &PathBuf| Failure::usage(format!("{} names no file", path.display()));
    match &one.to {
        To::Stdout => Ok(Goal::Stream(None)),
        To::File(path) if is_device(path) => Ok(Goal::Stream(Some(path.clone()))),
        To::File(path) => {
            let place = disk::Place::of(path, args.force).ok_or_else(|| wrong(path))?;
            Ok(Goal::Disk { place, adopt: false })
        }
        To::Directory(directory) => {
            let name = OsString::from(name::from_url(&one.url));
            let place =
                disk::Place { directory: directory.clone(), name, named_by_server: true, force: args.force };
            Ok(Goal::Disk { place, adopt: false })
        }
        To::Part(path) => {
            let name = path.file_name().and_then(disk::of_part).ok_or_else(|| {
                Failure::usage(format!(
                    "--resume: {} does not end in {}: give the unfinished file",
                    path.display(),
                    disk::PART_SUFFIX
                ))
            })?;
            if !path.is_file() {
                return Err(Failure::usage(format!("--resume: there is no file {}", path.display())));
            }
            let directory = path.parent().map(PathBuf::from).unwrap_or_default();
            let place = disk::Place { directory, name, named_by_server: false, force: args.force };
            Ok(Goal::Disk { place, adopt: true })
        }
    }
}

/// Whether something of that name takes octets in order and keeps no file: /dev/null, a named pipe.
fn is_device(path: &Path) -> bool {
    path.metadata().is_ok_and(|facts| {
        let kind = facts.file_type();
        kind.is_fifo() || kind.is_char_device() || kind.is_block_device()
    })
}
