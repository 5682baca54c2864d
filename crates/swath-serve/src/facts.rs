//! What `fstat` says of an open file, and what a later look says has happened to it.
//!
//! In: a descriptor. Out: [`Facts`], and by comparison of two of them a [`Verdict`].
//! Nothing here reads content or decides what to do: the watch does, turn by turn.

use std::fs::File;
use std::io;
use std::time::{Duration, SystemTime};

/// Holds the facts `fstat` gives of one open file at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    /// The device the file lives on. Not stable across mounts: no part of a validator.
    pub dev: u64,
    /// The inode number on that device.
    pub ino: u64,
    /// The length in octets: the complete length of the representation.
    pub length: u64,
    /// When the content was last changed, as far as the file system tells. Settable by the owner.
    pub mtime: Stamp,
    /// When content or facts last changed. Only the kernel sets it.
    pub ctime: Stamp,
    /// How many names the file has; zero once it is unlinked or replaced.
    pub nlink: u64,
    /// Type and permission bits.
    pub mode: u32,
    /// The owner.
    pub uid: u32,
    /// The group.
    pub gid: u32,
}

/// Holds a file time: whole seconds since 1970 (negative before) and the nanoseconds within.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stamp {
    /// Whole seconds since 1970-01-01T00:00:00Z.
    pub seconds: i64,
    /// Nanoseconds within the second, below 10⁹.
    pub nanoseconds: u32,
}

impl Stamp {
    /// Gives the same instant as a [`SystemTime`]; `None` where that type cannot hold it.
    #[must_use]
    pub fn to_system_time(self) -> Option<SystemTime> {
        let whole = Duration::from_secs(self.seconds.unsigned_abs());
        let second = if self.seconds < 0 {
            SystemTime::UNIX_EPOCH.checked_sub(whole)?
        } else {
            SystemTime::UNIX_EPOCH.checked_add(whole)?
        };
        second.checked_add(Duration::from_nanos(u64::from(self.nanoseconds)))
    }
}

/// Says what a later look at the same descriptor shows, compared with an earlier one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing moved.
    Same,
    /// Link count, mode or owner moved and nothing else but ctime: the content is the old one.
    OnlyMetadata,
    /// Only ctime moved, and no other fact says why: a rename of the file, a new extended attribute,
    /// or a writer that put the old mtime back.
    Unexplained,
    /// Longer than before: appended to, or rewritten and now longer.
    Grew,
    /// Another mtime at the same length, or another file altogether.
    Changed,
    /// Shorter than before.
    Truncated,
}

impl Facts {
    /// Asks the kernel about an open file.
    ///
    /// # Errors
    /// Whatever `fstat` answers; on a local file system it does not fail.
    pub fn of(file: &File) -> io::Result<Self> {
        Ok(Self::from_stat(&rustix::fs::fstat(file)?))
    }

    /// Takes the facts out of a `stat` structure that is already at hand.
    // The widths of these fields differ by architecture; each conversion is widening or reinterprets a
    // value the kernel keeps within the target (a length is never negative).
    #[allow(clippy::unnecessary_cast)]
    #[must_use]
    pub fn from_stat(stat: &rustix::fs::Stat) -> Self {
        Self {
            dev: stat.st_dev as u64,
            ino: stat.st_ino as u64,
            length: u64::try_from(stat.st_size).unwrap_or(0),
            mtime: Stamp { seconds: stat.st_mtime as i64, nanoseconds: stat.st_mtime_nsec as u32 },
            ctime: Stamp { seconds: stat.st_ctime as i64, nanoseconds: stat.st_ctime_nsec as u32 },
            nlink: stat.st_nlink as u64,
            mode: stat.st_mode as u32,
            uid: stat.st_uid,
            gid: stat.st_gid,
        }
    }

    /// Compares with a later look at the same descriptor.
    ///
    /// Length speaks before times: a file that is shorter cannot keep its promise whatever its times say,
    /// and one write moves both length and mtime.
    #[must_use]
    pub fn verdict(&self, later: &Self) -> Verdict {
        let explained =
            (self.nlink, self.mode, self.uid, self.gid) != (later.nlink, later.mode, later.uid, later.gid);
        if (self.dev, self.ino) != (later.dev, later.ino) {
            Verdict::Changed
        } else if later.length < self.length {
            Verdict::Truncated
        } else if later.length > self.length {
            Verdict::Grew
        } else if later.mtime != self.mtime {
            Verdict::Changed
        } else if explained {
            Verdict::OnlyMetadata
        } else if later.ctime != self.ctime {
            Verdict::Unexplained
        } else {
            Verdict::Same
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEFORE: Facts = Facts {
        dev: 1,
        ino: 2,
        length: 100,
        mtime: Stamp { seconds: 10, nanoseconds: 5 },
        ctime: Stamp { seconds: 10, nanoseconds: 5 },
        nlink: 1,
        mode: 0o100_644,
        uid: 3,
        gid: 4,
    };
    const LATER: Stamp = Stamp { seconds: 11, nanoseconds: 0 };

    fn verdict(edit: impl FnOnce(&mut Facts)) -> Verdict {
        let mut later = BEFORE;
        edit(&mut later);
        BEFORE.verdict(&later)
    }

    #[test]
    fn each_fact_that_moves_gives_its_verdict() {
        assert_eq!(verdict(|_| ()), Verdict::Same);
        assert_eq!(verdict(|f| f.ctime = LATER), Verdict::Unexplained);
        for explain in [
            (|f: &mut Facts| f.nlink = 0) as fn(&mut Facts),
            |f| f.nlink = 2,
            |f| f.mode = 0o100_600,
            |f| f.uid = 9,
            |f| f.gid = 9,
        ] {
            assert_eq!(verdict(|f| (explain(f), f.ctime = LATER).1), Verdict::OnlyMetadata);
            // No explanation of a ctime excuses another mtime, or another length.
            assert_eq!(verdict(|f| (explain(f), f.mtime = LATER).1), Verdict::Changed);
            assert_eq!(verdict(|f| (explain(f), f.length = 99).1), Verdict::Truncated);
            assert_eq!(verdict(|f| (explain(f), f.length = 101).1), Verdict::Grew);
        }
        assert_eq!(verdict(|f| f.mtime = LATER), Verdict::Changed);
        assert_eq!(verdict(|f| f.mtime.nanoseconds = 4), Verdict::Changed, "an earlier mtime is another one");
        assert_eq!(verdict(|f| (f.length = 99, f.mtime = LATER).1), Verdict::Truncated);
        assert_eq!(verdict(|f| (f.length = 101, f.mtime = LATER).1), Verdict::Grew);
        assert_eq!(verdict(|f| f.ino = 9), Verdict::Changed);
        assert_eq!(verdict(|f| (f.dev = 9, f.length = 101).1), Verdict::Changed);
    }

    #[test]
    fn facts_are_those_of_the_file() -> io::Result<()> {
        use std::os::unix::fs::MetadataExt;
        let file = tempfile::tempfile()?;
        file.set_len((1 << 33) + 7)?;
        let (facts, metadata) = (Facts::of(&file)?, file.metadata()?);
        assert_eq!(facts.length, (1 << 33) + 7);
        assert_eq!((facts.dev, facts.ino, facts.nlink), (metadata.dev(), metadata.ino(), 0));
        assert_eq!(facts.mtime.to_system_time(), metadata.modified().ok());
        assert_eq!(facts.ctime.seconds, metadata.ctime());
        Ok(())
    }

    #[test]
    fn a_time_before_1970_is_an_instant_too() {
        let stamp = Stamp { seconds: -1, nanoseconds: 250_000_000 };
        assert_eq!(stamp.to_system_time(), SystemTime::UNIX_EPOCH.checked_sub(Duration::from_millis(750)));
    }
}
