//! The octets of an unfinished file.
//!
//! In: octets and their places, from several threads at once. Out: what was written, compared, read and made durable.

use std::fs::File;
use std::io::{self, IoSlice};
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;

use super::error::{Trouble, explain};
use crate::digest::{Digest, Hasher};

/// The most pieces in one call: what Linux takes at once.
const PIECES_MAX: usize = 1024;
/// What is read at once: large enough for a disk, small beside the memory that a download may use.
const BUFFER: usize = 256 * 1024;

/// Holds an open unfinished file.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) file: File,
    path: PathBuf,
    /// Whether a sync failed: the kernel then forgets which pages it could not write, and the next sync would succeed.
    failed: AtomicBool,
}

impl Part {
    pub(super) const fn new(file: File, path: PathBuf) -> Self {
        Self { file, path, failed: AtomicBool::new(false) }
    }

    pub(super) fn write(&self, first: u64, octets: &[Bytes]) -> io::Result<()> {
        self.write_all(first, octets).map_err(|error| explain(error, "write", &self.path))
    }

    fn write_all(&self, mut first: u64, octets: &[Bytes]) -> io::Result<()> {
        let pieces = octets.iter().filter(|piece| !piece.is_empty());
        let mut slices: Vec<IoSlice<'_>> = pieces.map(|piece| IoSlice::new(piece)).collect();
        let mut rest = &mut slices[..];
        while !rest.is_empty() {
            let turn = rest.len().min(PIECES_MAX);
            let count = rustix::io::retry_on_intr(|| rustix::io::pwritev(&self.file, &rest[..turn], first))?;
            if count == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
            first += count as u64;
            IoSlice::advance_slices(&mut rest, count);
        }
        Ok(())
    }

    /// Tells whether these octets stand there; what lies past the end of the file is not equal.
    pub(super) fn equals(&self, mut first: u64, octets: &[Bytes]) -> io::Result<bool> {
        let longest = octets.iter().map(Bytes::len).max().unwrap_or(0).min(BUFFER);
        let mut buffer = vec![0; longest];
        for piece in octets.iter().flat_map(|octets| octets.chunks(BUFFER)) {
            let there = &mut buffer[..piece.len()];
            match self.file.read_exact_at(there, first) {
                Ok(()) if there == piece => first += piece.len() as u64,
                Ok(()) => return Ok(false),
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(false),
                Err(error) => return Err(explain(error, "read", &self.path)),
            }
        }
        Ok(true)
    }

    pub(super) fn sync(&self) -> io::Result<()> {
        self.judge(self.file.sync_data())?;
        // An open file outlives its name, and would be written to the end for nothing.
        let facts = rustix::fs::fstat(&self.file).map_err(|errno| explain(errno, "look at", &self.path))?;
        if facts.st_nlink == 0 {
            return Err(explain(Trouble::Removed, "go on with", &self.path));
        }
        Ok(())
    }

    /// Lets no sync succeed after one that failed.
    pub(super) fn judge(&self, result: io::Result<()>) -> io::Result<()> {
        match result {
            Err(error) => {
                self.failed.store(true, Ordering::SeqCst);
                Err(explain(error, "sync", &self.path))
            }
            Ok(()) if self.failed.load(Ordering::SeqCst) => {
                Err(explain(Trouble::Poisoned, "sync", &self.path))
            }
            Ok(()) => Ok(()),
        }
    }

    /// Reads the whole, and tells whether it has this digest.
    pub(super) fn digest(&self, wanted: &Digest) -> io::Result<bool> {
        let mut hasher = Hasher::new(wanted.algorithm());
        let mut buffer = vec![0; BUFFER];
        let mut first = 0;
        loop {
            let count = match self.file.read_at(&mut buffer, first) {
                Ok(0) => return Ok(hasher.finish() == *wanted),
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(explain(error, "read", &self.path)),
            };
            hasher.update(&buffer[..count]);
            first += count as u64;
        }
    }

    /// How far it was written.
    pub(super) fn length(&self) -> io::Result<u64> {
        let facts = self.file.metadata().map_err(|error| explain(error, "look at", &self.path))?;
        Ok(facts.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part() -> Part {
        Part::new(tempfile::tempfile().unwrap(), PathBuf::from("a.part"))
    }

    fn pieces(texts: &[&'static str]) -> Vec<Bytes> {
        texts.iter().map(|text| Bytes::from_static(text.as_bytes())).collect()
    }

    #[test]
    fn octets_go_to_their_places() {
        let part = part();
        part.write(6, &pieces(&["wor", "", "ld"])).unwrap();
        part.write(0, &pieces(&["hello "])).unwrap();
        assert!(part.equals(0, &pieces(&["hello", " world"])).unwrap());
        assert!(!part.equals(0, &pieces(&["hello", " worle"])).unwrap());
        assert!(!part.equals(6, &pieces(&["world", "!"])).unwrap(), "past the end");
        assert_eq!(part.length().unwrap(), 11);
        let many: Vec<Bytes> = (0..3000).map(|_| Bytes::from_static(b"ab")).collect();
        part.write(0, &many).unwrap();
        assert!(part.equals(0, &[Bytes::from("ab".repeat(3000))]).unwrap());
    }

    #[test]
    fn threads_write_beside_each_other() {
        let part = part();
        let turns = 64_u64;
        std::thread::scope(|scope| {
            for thread in 0..4_u64 {
                let part = &part;
                scope.spawn(move || {
                    for turn in 0..turns {
                        let at = turn * 4 + thread;
                        let octets = Bytes::from(vec![u8::try_from(at).unwrap(); 1000]);
                        part.write(at * 1000, &[octets]).unwrap();
                    }
                });
            }
        });
        let due: Vec<u8> = (0..turns * 4).flat_map(|at| vec![u8::try_from(at).unwrap(); 1000]).collect();
        assert!(part.equals(0, &[Bytes::from(due)]).unwrap());
    }

    #[test]
    fn no_sync_succeeds_after_one_that_failed() {
        let part = part();
        part.judge(Ok(())).unwrap();
        let failed = part.judge(Err(io::Error::from_raw_os_error(5))).unwrap_err();
        assert!(failed.to_string().contains("disk has an error"), "{failed}");
        let later = part.sync().unwrap_err();
        assert!(later.to_string().contains("earlier"), "{later}");
    }

    #[test]
    fn a_file_without_a_name_is_noticed() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.part");
        let part = Part::new(File::create(&path).unwrap(), path.clone());
        part.sync().unwrap();
        std::fs::remove_file(path).unwrap();
        assert!(part.sync().unwrap_err().to_string().contains("removed"));
    }

    #[test]
    fn a_full_disk_is_told() {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let error = Part::new(full, "a.part".into()).write(0, &pieces(&["x"])).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
    }
}
