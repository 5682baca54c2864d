//! Resolution of a path in steps of one name, for links that the kernel's bounded lookup refuses.
//!
//! In: the root's descriptor, a relative path, and whether links are followed. Out: what the path leads to, held
//! by descriptors, and only if it lies beneath the root.
//!
//! `openat2` refuses every absolute link and every `..` above the root, also where the link leads back inside;
//! and old kernels and some sandboxes do not have it. Here each name is looked at and opened without following
//! links, and links are read as text and put in front of what is left. `..` goes back to the descriptor that we
//! came from, never to where the kernel says the parent is now, so that a directory moved meanwhile leads nowhere
//! new. What was found is beneath the root if one of the directories on the way down was the root itself.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, Stat, fstat, openat, readlinkat, statat};
use rustix::io::Errno;

/// The most links followed for one path, as in the kernel.
const LINKS_MAX: u32 = 40;

/// The most directories held open on the way down; each costs a descriptor.
const DEPTH_MAX: usize = 512;

/// Says what to do at a symbolic link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Links {
    /// Stop: the path leads nowhere.
    Refuse,
    /// Read it and go on.
    Follow,
}

/// What a path led to.
#[derive(Debug)]
pub(super) enum Resolved {
    /// A directory.
    Directory(OwnedFd),
    /// Something else, by its name in the directory that holds it; it was no link when it was looked at.
    Other { parent: OwnedFd, name: Vec<u8>, stat: Stat },
}

/// Resolves `path`, relative, beneath `root`.
///
/// # Errors
///
/// `XDEV` if it leads outside, `LOOP` at a link that is refused or after too many, `AGAIN` if a name changed its
/// kind between two looks (try again), and whatever the system calls say. While the way leads outside, errors
/// that would tell what is there become `XDEV` too.
pub(super) fn resolve(root: BorrowedFd<'_>, path: &[u8], links: Links) -> Result<Resolved, Errno> {
    let start =
        root.try_clone_to_owned().map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO))?;
    let identity = identity(root)?;
    let mut walk = Walk {
        root: identity,
        stack: vec![start],
        root_at: Some(0),
        pending: Vec::new(),
        links,
        links_left: LINKS_MAX,
    };
    walk.put_in_front(path);
    let resolved = walk.run();
    match resolved {
        Ok(resolved) if walk.root_at.is_some() => Ok(resolved),
        Ok(_) => Err(Errno::XDEV),
        Err(error) if walk.root_at.is_some() || is_shortage(error) => Err(error),
        Err(_) => Err(Errno::XDEV),
    }
}

/// Whether the error speaks of this process or machine rather than of the path.
fn is_shortage(error: Errno) -> bool {
    matches!(error, Errno::MFILE | Errno::NFILE | Errno::NOMEM | Errno::AGAIN)
}

/// Device and inode, which name a directory while it is held open.
type Identity = (u64, u64);

// The widths of these two differ between architectures.
#[allow(clippy::useless_conversion, clippy::unnecessary_cast)]
fn identity(directory: impl AsFd) -> Result<Identity, Errno> {
    let stat = fstat(directory)?;
    Ok((stat.st_dev as u64, stat.st_ino as u64))
}

struct Walk {
    root: Identity,
    /// The directories on the way down; never empty. The last is where we are.
    stack: Vec<OwnedFd>,
    /// Where in the stack the root is; `None` while we are outside.
    root_at: Option<usize>,
    /// Names still to go, the next one last.
    pending: Vec<Vec<u8>>,
    links: Links,
    links_left: u32,
}

impl Walk {
    fn run(&mut self) -> Result<Resolved, Errno> {
        while let Some(name) = self.pending.pop() {
            match name.as_slice() {
                b"." => {}
                b".." => self.climb()?,
                _ => {
                    let Some(stat) = self.enter(&name)? else { continue };
                    if !self.pending.is_empty() {
                        return Err(Errno::NOTDIR);
                    }
                    return Ok(Resolved::Other { parent: self.leave()?, name, stat });
                }
            }
        }
        self.leave().map(Resolved::Directory)
    }

    fn here(&self) -> Result<BorrowedFd<'_>, Errno> {
        self.stack.last().map(AsFd::as_fd).ok_or(Errno::INVAL)
    }

    fn leave(&mut self) -> Result<OwnedFd, Errno> {
        self.stack.pop().ok_or(Errno::INVAL)
    }

    /// Goes into a directory or takes up a link; gives the facts of anything else.
    fn enter(&mut self, name: &[u8]) -> Result<Option<Stat>, Errno> {
        let stat = statat(self.here()?, name, AtFlags::SYMLINK_NOFOLLOW)?;
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::Directory => {
                let directory = open_directory(self.here()?, name).map_err(changed_meanwhile)?;
                self.push(directory)?;
                Ok(None)
            }
            FileType::Symlink => {
                let text = readlinkat(self.here()?, name, Vec::new()).map_err(changed_meanwhile)?;
                self.follow(text.as_bytes())?;
                Ok(None)
            }
            _ => Ok(Some(stat)),
        }
    }

    fn follow(&mut self, text: &[u8]) -> Result<(), Errno> {
        if self.links == Links::Refuse || self.links_left == 0 {
            return Err(Errno::LOOP);
        }
        self.links_left -= 1;
        if text.starts_with(b"/") {
            let top = open_directory(CWD, b"/")?;
            self.start_from(top)?;
        }
        self.put_in_front(text);
        Ok(())
    }

    fn put_in_front(&mut self, text: &[u8]) {
        if text.ends_with(b"/") {
            // A slash at the end asks for a directory; the dot makes anything else fail.
            self.pending.push(b".".to_vec());
        }
        self.pending.extend(
            text.split(|octet| *octet == b'/').rev().filter(|name| !name.is_empty()).map(<[u8]>::to_vec),
        );
    }

    fn climb(&mut self) -> Result<(), Errno> {
        if self.stack.len() == 1 {
            let above = open_directory(self.here()?, b"..")?;
            return self.start_from(above);
        }
        self.stack.pop();
        if self.root_at == Some(self.stack.len()) {
            self.root_at = None;
        }
        Ok(())
    }

    fn start_from(&mut self, directory: OwnedFd) -> Result<(), Errno> {
        self.stack.clear();
        self.root_at = None;
        self.push(directory)
    }

    fn push(&mut self, directory: OwnedFd) -> Result<(), Errno> {
        if self.stack.len() == DEPTH_MAX {
            return Err(Errno::NAMETOOLONG);
        }
        if self.root_at.is_none() && identity(&directory)? == self.root {
            self.root_at = Some(self.stack.len());
        }
        self.stack.push(directory);
        Ok(())
    }
}

/// Opens a directory to look into, which needs no right to list it; a link in its place is refused.
pub(super) fn open_directory(parent: impl AsFd, name: &[u8]) -> Result<OwnedFd, Errno> {
    openat(parent, name, OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty())
}

/// Names the errors that mean "it was something else a moment ago".
fn changed_meanwhile(error: Errno) -> Errno {
    match error {
        Errno::LOOP | Errno::NOTDIR | Errno::INVAL => Errno::AGAIN,
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    fn root(path: &std::path::Path) -> OwnedFd {
        open_directory(CWD, path.as_os_str().as_encoded_bytes()).unwrap()
    }

    #[test]
    fn links_may_leave_and_come_back() {
        let space = tempfile::tempdir().unwrap();
        let inside = space.path().join("root");
        fs::create_dir_all(inside.join("a/b")).unwrap();
        fs::write(inside.join("a/file"), "x").unwrap();
        fs::write(space.path().join("secret"), "x").unwrap();
        for (name, text, expected) in [
            ("up", "a/b/../file".into(), Ok(())),
            ("around", "../root/a/file".into(), Ok(())),
            ("absolute", inside.join("a/file"), Ok(())),
            ("dotted", inside.join("a/../../root/./a//file"), Ok(())),
            ("itself", inside.join(""), Ok(())),
            ("out", "../secret".into(), Err(Errno::XDEV)),
            ("through", inside.join("../secret"), Err(Errno::XDEV)),
            ("far-out", "/etc/passwd".into(), Err(Errno::XDEV)),
            ("nowhere", "/etc/nothing-here".into(), Err(Errno::XDEV)),
            ("above", "..".into(), Err(Errno::XDEV)),
            ("loop", "loop".into(), Err(Errno::LOOP)),
            ("slash", "a/file/".into(), Err(Errno::NOTDIR)),
            ("dangling", "a/none".into(), Err(Errno::NOENT)),
        ] {
            symlink(text, inside.join(name)).unwrap();
            let found = resolve(root(&inside).as_fd(), name.as_bytes(), Links::Follow).map(|_| ());
            assert_eq!(found, expected, "{name}");
            assert_eq!(
                resolve(root(&inside).as_fd(), name.as_bytes(), Links::Refuse).unwrap_err(),
                Errno::LOOP
            );
        }
    }

    #[test]
    fn the_number_of_links_is_bounded() {
        let space = tempfile::tempdir().unwrap();
        fs::write(space.path().join("0"), "x").unwrap();
        for link in 1..=LINKS_MAX + 1 {
            symlink((link - 1).to_string(), space.path().join(link.to_string())).unwrap();
        }
        let found = |link: u32| {
            resolve(root(space.path()).as_fd(), link.to_string().as_bytes(), Links::Follow).map(|_| ())
        };
        assert_eq!(found(LINKS_MAX), Ok(()));
        assert_eq!(found(LINKS_MAX + 1), Err(Errno::LOOP));
    }
}
