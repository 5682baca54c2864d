//! Which file a journal stands beside.
//!
//! In: an open unfinished file. Out: the first line of its journal, and whether a line is the one of this file.
//!
//! A journal tells what another file holds, so it must not be believed beside a file that only has the name: one of
//! another program, or a copy that was written to since. The time of birth says which file it is, and stays when it is
//! moved; inode numbers are used again at once, so they count only where file systems know no births.

use std::ffi::{OsStr, OsString};
use std::os::fd::AsFd;
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, percent_encode};
use rustix::fs::{AtFlags, StatxFlags, statx};
use rustix::io;

/// The word that begins the line, with the version of its form.
const MAGIC: &str = "swath-part-1";

/// Names one file of a file system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// By the time of its birth: seconds and nanoseconds.
    Born(i64, u32),
    /// By the number of its inode.
    Inode(u64),
}

impl Mark {
    /// Takes the mark of an open file.
    pub(super) fn of(file: impl AsFd) -> io::Result<Self> {
        let facts = statx(file, "", AtFlags::EMPTY_PATH, StatxFlags::BTIME | StatxFlags::INO)?;
        let born = StatxFlags::from_bits_retain(facts.stx_mask).contains(StatxFlags::BTIME);
        Ok(if born {
            Self::Born(facts.stx_btime.tv_sec, facts.stx_btime.tv_nsec)
        } else {
            Self::Inode(facts.stx_ino)
        })
    }

    /// Writes the line, with the name that the finished file is to have.
    pub(super) fn line(self, final_name: &OsStr) -> Vec<u8> {
        let mark = match self {
            Self::Born(seconds, nanoseconds) => format!("born {seconds}.{nanoseconds:09}"),
            Self::Inode(number) => format!("inode {number}"),
        };
        let name = percent_encode(final_name.as_bytes(), NON_ALPHANUMERIC);
        let text = format!("{MAGIC} {mark} {name}");
        let sum = crc32fast::hash(text.as_bytes());
        format!("{text} {sum:08x}\n").into_bytes()
    }

    /// Takes the line off a journal: whose it is, what the finished file is to be called, and the rest. `None` where it
    /// is torn or another program's.
    pub(super) fn read(octets: &[u8]) -> Option<(Self, OsString, &[u8])> {
        let end = octets.iter().position(|octet| *octet == b'\n')?;
        let (line, rest) = octets.split_at_checked(end.checked_add(1)?)?;
        let mut words = std::str::from_utf8(line).ok()?.split(' ').skip(1);
        let mark = match (words.next()?, words.next()?) {
            ("born", value) => {
                let (seconds, nanoseconds) = value.split_once('.')?;
                Self::Born(seconds.parse().ok()?, nanoseconds.parse().ok()?)
            }
            ("inode", value) => Self::Inode(value.parse().ok()?),
            _ => return None,
        };
        let name = OsString::from_vec(percent_decode_str(words.next()?).collect());
        // It is renamed to, so it must not lead elsewhere.
        if std::path::Path::new(&name).file_name() != Some(&name) {
            return None;
        }
        // Whatever reads otherwise than it is written was not written here.
        (mark.line(&name) == line).then_some((mark, name, rest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_reads_back_and_a_changed_one_does_not() {
        for mark in [Mark::Born(1_795_262_400, 7), Mark::Inode(12)] {
            let name = OsStr::new("a b\nc%.iso");
            let line = mark.line(name);
            let journal = [&line[..], b"rest"].concat();
            assert_eq!(Mark::read(&journal), Some((mark, name.to_owned(), &b"rest"[..])));
            for at in 0..line.len() {
                let mut torn = line.clone();
                torn[at] ^= 1;
                assert_eq!(Mark::read(&torn), None, "octet {at}");
                assert_eq!(Mark::read(&line[..at]), None, "cut at {at}");
            }
        }
    }

    #[test]
    fn a_name_that_leads_elsewhere_is_not_believed() {
        for name in ["../x", "/x", "..", "a/b", ""] {
            assert_eq!(Mark::read(&Mark::Inode(1).line(OsStr::new(name))), None, "{name}");
        }
    }

    #[test]
    fn another_file_of_the_same_name_has_another_mark() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a");
        let mark = |path: &std::path::Path| Mark::of(std::fs::File::open(path).unwrap()).unwrap();
        std::fs::write(&path, "x").unwrap();
        let first = mark(&path);
        std::fs::write(&path, "longer").unwrap();
        assert_eq!(mark(&path), first, "writing changes nothing");
        std::fs::rename(&path, directory.path().join("b")).unwrap();
        assert_eq!(mark(&directory.path().join("b")), first, "moving changes nothing");
        std::fs::remove_file(directory.path().join("b")).unwrap();
        // Coarse clocks give two files one birth: the next one waits a tick of theirs.
        std::thread::sleep(std::time::Duration::from_millis(20));
        std::fs::write(&path, "x").unwrap();
        assert_ne!(mark(&path), first);
    }
}
