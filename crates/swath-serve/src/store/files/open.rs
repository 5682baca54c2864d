//! Opening beneath the root: the one place where a path meets the file system.
//!
//! In: a relative path made of decoded names. Out: the open file, or a directory's descriptor, that lies beneath
//! the root by the rule for symbolic links in force. Devices, FIFOs and sockets are never given out.
//!
//! The kernel does the bounded lookup (`openat2`) in one call that nothing can race; what it refuses because of an
//! absolute link, and everything on kernels without it, goes through `walk`. A look at the kind comes first,
//! because opening alone would already wake a FIFO's writer or arm a device; files are opened without blocking in
//! case the name changes hands in between, and the descriptor's own kind is what counts in the end.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;

use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, ResolveFlags, Stat, fstat, openat, openat2, statat};
use rustix::io::Errno;

use super::walk::{Links, Resolved, resolve};
use crate::facts::Facts;

/// Says how symbolic links beneath the root are treated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Symlinks {
    /// Followed as long as they lead to something beneath the root, by whatever way.
    #[default]
    Inside,
    /// Followed wherever they lead. Whoever can write beneath the root can then publish every file that the
    /// server may read.
    Follow,
    /// Not followed: a path with a link in it names nothing.
    None,
}

/// Says who resolves paths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Resolution {
    /// The kernel by `openat2` where it has it, else [`Resolution::Stepwise`].
    #[default]
    Kernel,
    /// The server itself, name by name: the same answers, several system calls more.
    Stepwise,
}

/// How often a lookup is tried that lost a race against a rename, before the server is called overloaded.
const ATTEMPTS: u32 = 16;

const READ: OFlags = OFlags::RDONLY.union(OFlags::NONBLOCK).union(OFlags::NOCTTY).union(OFlags::CLOEXEC);
const LOOK: OFlags = OFlags::PATH.union(OFlags::CLOEXEC);

/// What a path led to.
#[derive(Debug)]
pub(super) enum Opened {
    /// A regular file, open for reading, and the facts of that descriptor.
    File(File, Facts),
    /// A directory, open to look into.
    Directory(OwnedFd),
}

/// Holds the directory that nothing is opened outside of.
#[derive(Debug)]
pub(super) struct Root {
    directory: OwnedFd,
    symlinks: Symlinks,
    /// Whether the kernel has `openat2`, asked once.
    kernel: bool,
}

impl Root {
    /// Opens the root; links in `path` itself are followed, since whoever starts the server chose it.
    pub(super) fn open_at(path: &Path, symlinks: Symlinks, resolution: Resolution) -> io::Result<Self> {
        let directory = openat(CWD, path, LOOK | OFlags::DIRECTORY, Mode::empty())?;
        let kernel = resolution == Resolution::Kernel
            && openat2(&directory, ".", LOOK, Mode::empty(), ResolveFlags::BENEATH).is_ok();
        Ok(Self { directory, symlinks, kernel })
    }

    /// Opens what `path` leads to; empty for the root itself.
    ///
    /// # Errors
    ///
    /// `XDEV` or `LOOP` where links lead outside or are refused, `NOENT` for what is neither file nor directory,
    /// `AGAIN` after too many lost races, and whatever the system calls say.
    pub(super) fn open(&self, path: &[u8]) -> Result<Opened, Errno> {
        let path = if path.is_empty() { b".".as_slice() } else { path };
        match persist(|| self.try_open(path)) {
            Err(Errno::AGAIN) if self.kernel && self.symlinks == Symlinks::Inside => {
                persist(|| self.open_stepwise(path))
            }
            done => done,
        }
    }

    fn try_open(&self, path: &[u8]) -> Result<Opened, Errno> {
        if !self.kernel && self.symlinks != Symlinks::Follow {
            return self.open_stepwise(path);
        }
        let directory = match statat(&self.directory, path, AtFlags::empty()).map(|stat| kind(&stat)) {
            Ok(FileType::Directory) => true,
            Ok(FileType::RegularFile) => false,
            Ok(_) => return Err(Errno::NOENT),
            // The link may lead outside, where nothing is told apart: the bounded lookup decides.
            Err(Errno::ACCESS) => false,
            Err(error) => return Err(error),
        };
        let flags = if directory { LOOK | OFlags::DIRECTORY } else { READ };
        match self.open_bounded(path, flags) {
            Err(Errno::XDEV) if self.symlinks == Symlinks::Inside => self.open_stepwise(path),
            Err(error) => Err(error),
            Ok(opened) if directory => Ok(Opened::Directory(opened)),
            Ok(opened) => regular(opened),
        }
    }

    fn open_bounded(&self, path: &[u8], flags: OFlags) -> Result<OwnedFd, Errno> {
        let bounds = match self.symlinks {
            Symlinks::Inside => ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS,
            Symlinks::Follow => ResolveFlags::NO_MAGICLINKS,
            Symlinks::None => ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS,
        };
        if self.kernel {
            openat2(&self.directory, path, flags, Mode::empty(), bounds)
        } else {
            openat(&self.directory, path, flags, Mode::empty())
        }
    }

    fn open_stepwise(&self, path: &[u8]) -> Result<Opened, Errno> {
        match self.resolve(path)? {
            Resolved::Directory(directory) => Ok(Opened::Directory(directory)),
            Resolved::Other { parent, name, stat } if kind(&stat) == FileType::RegularFile => {
                match openat(&parent, name.as_slice(), READ | OFlags::NOFOLLOW, Mode::empty()) {
                    Err(Errno::LOOP) => Err(Errno::AGAIN),
                    opened => regular(opened?),
                }
            }
            Resolved::Other { .. } => Err(Errno::NOENT),
        }
    }

    fn resolve(&self, path: &[u8]) -> Result<Resolved, Errno> {
        let links = if self.symlinks == Symlinks::None { Links::Refuse } else { Links::Follow };
        resolve(self.directory.as_fd(), path, links)
    }

    /// The facts of what a path leads to, by the same rules as [`Self::open`], without opening it.
    pub(super) fn look(&self, path: &[u8]) -> Result<Stat, Errno> {
        if self.symlinks == Symlinks::Follow {
            return statat(&self.directory, path, AtFlags::empty());
        }
        if !path.contains(&b'/') {
            // A name in the root itself, unless it is a link's, leads nowhere else.
            match statat(&self.directory, path, AtFlags::SYMLINK_NOFOLLOW) {
                Ok(stat) if kind(&stat) == FileType::Symlink => {}
                looked => return looked,
            }
        }
        let looked = match self.kernel {
            true => persist(|| fstat(self.open_bounded(path, LOOK)?)),
            false => Err(Errno::XDEV),
        };
        match looked {
            Err(Errno::XDEV | Errno::AGAIN) => persist(|| self.look_stepwise(path)),
            looked => looked,
        }
    }

    /// The facts of what a path names in its directory, wherever that may lie; `None` if there is nothing, or a link.
    pub(super) fn look_at_name(&self, path: &[u8]) -> Option<Stat> {
        let looked = statat(&self.directory, path, AtFlags::SYMLINK_NOFOLLOW).ok();
        looked.filter(|stat| kind(stat) != FileType::Symlink)
    }

    fn look_stepwise(&self, path: &[u8]) -> Result<Stat, Errno> {
        match self.resolve(path)? {
            Resolved::Directory(directory) => fstat(directory),
            Resolved::Other { stat, .. } => Ok(stat),
        }
    }
}

/// Tries until the outcome is not that of a lost race, a bounded number of times.
///
/// `openat2` answers `AGAIN` when anything is renamed anywhere while it goes up by `..`: no rare event on a busy machine.
fn persist<T>(mut attempt: impl FnMut() -> Result<T, Errno>) -> Result<T, Errno> {
    for _ in 0..ATTEMPTS {
        match attempt() {
            Err(Errno::AGAIN | Errno::INTR) => {}
            done => return done,
        }
    }
    Err(Errno::AGAIN)
}

/// Opens a directory's descriptor anew so that its entries can be read.
pub(super) fn readable(directory: BorrowedFd<'_>) -> Result<OwnedFd, Errno> {
    openat(directory, ".", OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())
}

pub(super) fn kind(stat: &Stat) -> FileType {
    FileType::from_raw_mode(stat.st_mode)
}

/// Lets a regular file pass; anything else took its place since the look, and is worth another.
fn regular(opened: OwnedFd) -> Result<Opened, Errno> {
    let stat = fstat(&opened)?;
    match kind(&stat) {
        FileType::RegularFile => Ok(Opened::File(File::from(opened), Facts::from_stat(&stat))),
        _ => Err(Errno::AGAIN),
    }
}
