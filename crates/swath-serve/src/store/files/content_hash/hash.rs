//! Reading one version of one file from its start to its end.
//!
//! In: an open file and the version it was when it was opened. Out: the SHA-256 of that version, or nothing.

use std::fs::File;
use std::os::unix::fs::FileExt;

use sha2::{Digest, Sha256};

use crate::facts::{Facts, Stamp};

/// How much is read at a time, in octets.
const CHUNK: usize = 256 << 10;

/// What names one version of one file on this machine while the server runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Version {
    pub(super) dev: u64,
    pub(super) ino: u64,
    pub(super) length: u64,
    pub(super) mtime: Stamp,
    pub(super) ctime: Stamp,
}

impl From<&Facts> for Version {
    fn from(facts: &Facts) -> Self {
        Self { dev: facts.dev, ino: facts.ino, length: facts.length, mtime: facts.mtime, ctime: facts.ctime }
    }
}

impl Version {
    fn is_of(&self, file: &File) -> bool {
        Facts::of(file).is_ok_and(|facts| Self::from(&facts) == *self)
    }
}

/// Hashes the whole file; `None` if it is not `version` any more at the end, cannot be read, or `go_on` says no.
///
/// `go_on` is asked before each chunk, with the offset reached.
pub(super) fn hash(file: &File, version: &Version, mut go_on: impl FnMut(u64) -> bool) -> Option<[u8; 32]> {
    let mut hash = Sha256::new();
    let mut buffer = vec![0; CHUNK.min(usize::try_from(version.length).unwrap_or(CHUNK))];
    let mut offset = 0_u64;
    while offset < version.length {
        // A file that never holds still shall not be read to its end each time.
        if !version.is_of(file) || !go_on(offset) {
            return None;
        }
        let left = usize::try_from(version.length - offset).unwrap_or(CHUNK).min(buffer.len());
        let read = read_at(file, &mut buffer[..left], offset)?;
        hash.update(&buffer[..read]);
        offset = offset.checked_add(u64::try_from(read).ok()?)?;
    }
    version.is_of(file).then(|| hash.finalize().into())
}

/// Reads at least one octet; `None` at the end of the file or on an error.
fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> Option<usize> {
    loop {
        match file.read_at(buffer, offset) {
            Ok(0) => return None,
            Ok(read) => return Some(read),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(_) => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::thread;
    use std::time::Duration;

    use super::super::tests::{file_of, sha256};
    use super::*;

    #[test]
    fn the_digest_is_that_of_all_octets() {
        for length in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK + 7] {
            let octets: Vec<u8> = (0..length).map(|at| (at % 251) as u8).collect();
            let (_space, file, facts) = file_of(&octets);
            assert_eq!(hash(&file, &Version::from(&facts), |_| true), Some(sha256(&octets)), "{length}");
        }
    }

    #[test]
    fn a_known_digest_agrees_with_the_standard() {
        let (_space, file, facts) = file_of(b"{\"hello\": \"world\"}\n");
        let digest = hash(&file, &Version::from(&facts), |_| true).unwrap();
        let hex: String = digest.iter().map(|octet| format!("{octet:02x}")).collect();
        assert_eq!(hex, "44aff4ab2d7c3250525675a08f0cfa9591168cffe51791c5f5bbc417c15a6c38");
    }

    #[test]
    fn a_file_that_changes_while_it_is_read_has_no_digest() {
        let octets = vec![7; 2 * CHUNK];
        for change in [
            (|path: &std::path::Path| std::fs::write(path, vec![8; 2 * CHUNK]).unwrap())
                as fn(&std::path::Path),
            |path| File::options().write(true).open(path).unwrap().set_len(CHUNK as u64 + 1).unwrap(),
            |path| File::options().append(true).open(path).unwrap().write_all(b"more").unwrap(),
        ] {
            let (space, file, facts) = file_of(&octets);
            // The kernel's clock has to tick once, else the change might hide: what settling is for.
            thread::sleep(Duration::from_millis(20));
            let digest = hash(&file, &Version::from(&facts), |offset| {
                if offset > 0 {
                    change(space.path());
                }
                true
            });
            assert_eq!(digest, None);
        }
    }

    #[test]
    fn a_file_that_has_changed_is_not_read_on() {
        let (space, file, facts) = file_of(&vec![7; 3 * CHUNK]);
        thread::sleep(Duration::from_millis(20));
        let mut offsets = Vec::new();
        let digest = hash(&file, &Version::from(&facts), |offset| {
            offsets.push(offset);
            std::fs::write(space.path(), vec![8; 3 * CHUNK]).unwrap();
            true
        });
        assert_eq!((digest, offsets.as_slice()), (None, [0].as_slice()));
    }
}
