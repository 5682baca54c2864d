//! What went wrong on a disk, and what helps.
//!
//! In: an error of the operating system, and what was being done. Out: one sentence with the path, the reason and the cure.

use std::io;
use std::path::{Path, PathBuf};

use rustix::io::Errno;

/// Says what could not be done, with which file, why, and what helps.
#[derive(Debug, thiserror::Error)]
#[error("cannot {doing} {}: {}; {}", path.display(), reason(source), cure(source))]
pub struct DiskError {
    /// What was being done, as an infinitive.
    doing: &'static str,
    path: PathBuf,
    source: io::Error,
}

impl DiskError {
    /// What the operating system said.
    pub const fn cause(&self) -> &io::Error {
        &self.source
    }

    /// The file it is about.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// Adds to an error what was being done and with which file; its kind stays.
pub(crate) fn explain(source: impl Into<io::Error>, doing: &'static str, path: &Path) -> io::Error {
    let source = source.into();
    let kind = source.kind();
    io::Error::new(kind, DiskError { doing, path: path.to_owned(), source })
}

/// Says what is wrong where the operating system has no word for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Trouble {
    #[error("another process is writing it")]
    Locked,
    #[error("it was removed while it was being written")]
    Removed,
    #[error("an earlier write or sync failed, so nothing after it can be trusted")]
    Poisoned,
    #[error("it is not a regular file")]
    NotAFile,
    #[error("it has another length than the server said")]
    WrongLength,
    #[error("no such generation is being written")]
    NoGeneration,
}

impl From<Trouble> for io::Error {
    fn from(trouble: Trouble) -> Self {
        let kind = match trouble {
            Trouble::Locked => io::ErrorKind::ResourceBusy,
            Trouble::Removed => io::ErrorKind::NotFound,
            Trouble::WrongLength => io::ErrorKind::InvalidData,
            Trouble::Poisoned => io::ErrorKind::Other,
            Trouble::NotAFile | Trouble::NoGeneration => io::ErrorKind::InvalidInput,
        };
        Self::new(kind, trouble)
    }
}

/// What the operating system says, without its number.
fn reason(source: &io::Error) -> String {
    if let Some(trouble) = trouble(source) {
        return trouble.to_string();
    }
    match Errno::from_io_error(source) {
        Some(Errno::NOSPC) => "the disk is full".to_owned(),
        Some(Errno::DQUOT) => "the disk quota is used up".to_owned(),
        Some(Errno::ROFS) => "the file system is read-only".to_owned(),
        Some(Errno::IO) => "the disk has an error".to_owned(),
        Some(Errno::FBIG) => "it is larger than the file system or the process may write".to_owned(),
        Some(Errno::EXIST) => "there is a file of that name".to_owned(),
        Some(Errno::NOENT) => "there is no such directory, or no longer".to_owned(),
        Some(Errno::ISDIR) => "it is a directory".to_owned(),
        Some(Errno::LOOP) => "it is a symbolic link".to_owned(),
        Some(errno) => std::io::Error::from(errno)
            .to_string()
            .split(" (os error")
            .next()
            .unwrap_or("unknown error")
            .to_lowercase(),
        None => source.to_string(),
    }
}

/// What helps. Whatever was durable stays held, so most end with another run.
fn cure(source: &io::Error) -> &'static str {
    if let Some(trouble) = trouble(source) {
        return match trouble {
            Trouble::Locked => "wait for it to end, or give another name with -o",
            Trouble::Removed => "leave it in place, and run it again",
            Trouble::Poisoned => "look for disk errors, then run it again to resume",
            Trouble::NotAFile => "move it away, or give another name with -o",
            Trouble::WrongLength => "remove it, and run it again",
            Trouble::NoGeneration => "this is a fault in swath",
        };
    }
    match Errno::from_io_error(source) {
        Some(Errno::NOSPC | Errno::DQUOT) => "make room, then run it again to resume",
        Some(Errno::ROFS) => "mount it writable or give another directory with -d",
        Some(Errno::IO) => {
            "look for disk errors, then run it again to resume or give another directory with -d"
        }
        Some(Errno::FBIG) => "raise `ulimit -f`, or use a file system that holds files of this size",
        Some(Errno::EXIST) => "give another name with -o, or --force to replace it",
        Some(Errno::NOENT | Errno::NOTDIR) => "create it, or give another directory with -d",
        Some(Errno::ACCESS | Errno::PERM) => "allow writing there, or give another directory with -d",
        Some(Errno::ISDIR | Errno::LOOP) => "give another name with -o",
        Some(Errno::NAMETOOLONG) => "give a shorter name with -o",
        Some(Errno::MFILE | Errno::NFILE) => "raise `ulimit -n`, or fetch fewer files at once",
        _ => "run it again to resume, or give another directory with -d",
    }
}

fn trouble(source: &io::Error) -> Option<Trouble> {
    source.get_ref()?.downcast_ref().copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_error_says_what_where_why_and_what_helps() {
        let of = |errno: Errno| explain(errno, "write", Path::new("a/b.part")).to_string();
        assert_eq!(
            of(Errno::NOSPC),
            "cannot write a/b.part: the disk is full; make room, then run it again to resume"
        );
        for (errno, word) in [
            (Errno::DQUOT, "quota"),
            (Errno::ROFS, "read-only"),
            (Errno::IO, "disk has an error"),
            (Errno::FBIG, "ulimit -f"),
            (Errno::EXIST, "--force"),
            (Errno::NOENT, "-d"),
            (Errno::ACCESS, "permission denied"),
            (Errno::NAMETOOLONG, "shorter"),
            (Errno::MFILE, "ulimit -n"),
        ] {
            let text = of(errno);
            assert!(text.contains(word) && !text.contains("os error"), "{text}");
        }
        let locked = explain(Trouble::Locked, "open", Path::new("b.part"));
        assert_eq!(locked.kind(), io::ErrorKind::ResourceBusy);
        assert!(locked.to_string().contains("another process"), "{locked}");
    }

    #[test]
    fn the_kind_and_the_cause_stay() {
        let error = explain(Errno::NOSPC, "write", Path::new("b.part"));
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
        let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<DiskError>()).unwrap();
        assert_eq!(Errno::from_io_error(inner.cause()), Some(Errno::NOSPC));
        assert_eq!(inner.path(), Path::new("b.part"));
    }
}
