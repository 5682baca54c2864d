//! The directory that a download goes to, held open.
//!
//! In: names. Out: files beneath it, also after the directory was moved.

use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, Mode, OFlags, RenameFlags, Stat};
use rustix::io::Errno;

use super::error::explain;

/// Holds an open directory, and the path to name it by.
#[derive(Debug)]
pub(super) struct Directory {
    fd: OwnedFd,
    path: PathBuf,
}

impl Directory {
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        let fd = rustix::fs::open(path, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())
            .map_err(|errno| explain(errno, "open the directory", path))?;
        Ok(Self { fd, path: path.to_owned() })
    }

    /// The path of a file in it, as the user would write it.
    pub(super) fn path(&self, name: &OsStr) -> PathBuf {
        if self.path == Path::new(".") { PathBuf::from(name) } else { self.path.join(name) }
    }

    /// Opens a file for reading and writing; none where there is none. A symbolic link is not followed.
    pub(super) fn open_file(&self, name: &OsStr) -> io::Result<Option<File>> {
        self.open_with(name, OFlags::RDWR)
    }

    /// The same for reading only.
    pub(super) fn open_to_read(&self, name: &OsStr) -> io::Result<Option<File>> {
        self.open_with(name, OFlags::RDONLY)
    }

    fn open_with(&self, name: &OsStr, access: OFlags) -> io::Result<Option<File>> {
        // Without NONBLOCK, a pipe of that name would wait for its other end.
        let flags = access | OFlags::CLOEXEC | OFlags::NOFOLLOW | OFlags::NONBLOCK;
        match rustix::fs::openat(&self.fd, name, flags, Mode::empty()) {
            Ok(fd) => Ok(Some(File::from(fd))),
            Err(Errno::NOENT) => Ok(None),
            Err(errno) => Err(explain(errno, "open", &self.path(name))),
        }
    }

    /// Creates a file that is not there yet.
    pub(super) fn create(&self, name: &OsStr, mode: Mode) -> io::Result<File> {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC | OFlags::NOFOLLOW;
        rustix::fs::openat(&self.fd, name, flags, mode)
            .map(File::from)
            .map_err(|errno| explain(errno, "create", &self.path(name)))
    }

    /// The facts of a name, not of what it links to; none where there is nothing.
    pub(super) fn facts(&self, name: &OsStr) -> io::Result<Option<Stat>> {
        match rustix::fs::statat(&self.fd, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(facts) => Ok(Some(facts)),
            Err(Errno::NOENT) => Ok(None),
            Err(errno) => Err(explain(errno, "look at", &self.path(name))),
        }
    }

    /// Whether a name still leads to this open file.
    pub(super) fn leads_to(&self, name: &OsStr, file: &File) -> io::Result<bool> {
        let own = rustix::fs::fstat(file)?;
        Ok(self.facts(name)?.is_some_and(|facts| (facts.st_dev, facts.st_ino) == (own.st_dev, own.st_ino)))
    }

    /// Removes a name, if it is there.
    pub(super) fn remove(&self, name: &OsStr) -> io::Result<()> {
        match rustix::fs::unlinkat(&self.fd, name, AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => Ok(()),
            Err(errno) => Err(explain(errno, "remove", &self.path(name))),
        }
    }

    /// Gives a file another name; with `replace` false never one that is taken.
    pub(super) fn rename(&self, from: &OsStr, to: &OsStr, replace: bool) -> io::Result<()> {
        let done = if replace {
            rustix::fs::renameat(&self.fd, from, &self.fd, to)
        } else {
            match rustix::fs::renameat_with(&self.fd, from, &self.fd, to, RenameFlags::NOREPLACE) {
                Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => self.link_and_unlink(from, to),
                other => other,
            }
        };
        done.map_err(|errno| explain(errno, "rename to", &self.path(to)))
    }

    /// The same where the file system cannot rename without replacing. A second name is refused where it is taken;
    /// where there are no second names either, there is a moment between looking and renaming.
    fn link_and_unlink(&self, from: &OsStr, to: &OsStr) -> rustix::io::Result<()> {
        match rustix::fs::linkat(&self.fd, from, &self.fd, to, AtFlags::empty()) {
            Ok(()) => rustix::fs::unlinkat(&self.fd, from, AtFlags::empty()),
            Err(Errno::EXIST) => Err(Errno::EXIST),
            Err(_) => match rustix::fs::statat(&self.fd, to, AtFlags::SYMLINK_NOFOLLOW) {
                Ok(_) => Err(Errno::EXIST),
                Err(Errno::NOENT) => rustix::fs::renameat(&self.fd, from, &self.fd, to),
                Err(errno) => Err(errno),
            },
        }
    }

    /// Makes names durable. Some network file systems cannot and need not.
    pub(super) fn sync(&self) -> io::Result<()> {
        match rustix::fs::fsync(&self.fd) {
            Ok(()) | Err(Errno::INVAL | Errno::OPNOTSUPP) => Ok(()),
            Err(errno) => Err(explain(errno, "sync the directory", &self.path)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn renaming_replaces_only_when_told_to() {
        let place = tempfile::tempdir().unwrap();
        let directory = Directory::open(place.path()).unwrap();
        let (from, to) = (OsStr::new("from"), OsStr::new("to"));
        let read = |name: &OsStr| std::fs::read_to_string(place.path().join(name)).unwrap();
        std::fs::write(place.path().join("from"), "new").unwrap();
        std::fs::write(place.path().join("to"), "old").unwrap();
        let refused = directory.rename(from, to, false).unwrap_err();
        assert_eq!((refused.kind(), read(to).as_str()), (io::ErrorKind::AlreadyExists, "old"));
        assert_eq!(directory.link_and_unlink(from, to), Err(Errno::EXIST));
        assert_eq!((read(from).as_str(), read(to).as_str()), ("new", "old"));
        directory.rename(from, to, true).unwrap();
        assert_eq!(read(to), "new");
        directory.link_and_unlink(to, from).unwrap();
        assert_eq!((read(from).as_str(), directory.facts(to).unwrap().is_none()), ("new", true));
    }

    #[test]
    fn a_link_is_not_followed() {
        let place = tempfile::tempdir().unwrap();
        std::fs::write(place.path().join("victim"), "precious").unwrap();
        std::os::unix::fs::symlink("victim", place.path().join("a.part")).unwrap();
        std::os::unix::fs::symlink("nothing", place.path().join("b.part")).unwrap();
        let directory = Directory::open(place.path()).unwrap();
        let refused = directory.open_file(OsStr::new("a.part")).unwrap_err();
        assert!(refused.to_string().contains("symbolic link"), "{refused}");
        assert!(directory.create(OsStr::new("b.part"), Mode::RUSR).is_err());
        assert!(!place.path().join("nothing").exists());
    }
}
