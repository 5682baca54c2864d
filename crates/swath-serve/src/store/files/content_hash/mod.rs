//! SHA-256 of files, computed once for each version and remembered by the facts of that version.
//!
//! In: an open file, its facts, and whether they have settled. Out: the digest, or `None` for "not known yet".
//!
//! Files up to a limit are read before the answer, on the blocking pool; larger ones by a thread of our own, while
//! answers go out without a tag. A digest counts only if the facts are the same before and after the reading, and is
//! remembered only if they had settled before it began: else a write could hide in the same time stamp.

mod hash;
mod known;

use std::fs::File;
use std::sync::Arc;

use tokio::sync::{OwnedMutexGuard, OwnedSemaphorePermit, Semaphore};

use crate::facts::Facts;
use hash::{Version, hash};
use known::Shared;

/// The default for how long a file may be, in octets, to be read before the answer: 64 MiB take some 50 ms.
pub const HASH_INLINE_MAX: u64 = 64 << 20;

/// The most files read at once before their answers: two leave cores for sending.
const INLINE_WORKERS: usize = 2;

/// Holds the digests that are known and the work under way. Cloning shares them.
#[derive(Clone, Debug)]
pub(super) struct ContentHashes {
    shared: Arc<Shared>,
    inline_max: u64,
    inline_workers: Arc<Semaphore>,
}

impl ContentHashes {
    pub(super) fn new(inline_max: u64) -> Self {
        Self { shared: Arc::default(), inline_max, inline_workers: Arc::new(Semaphore::new(INLINE_WORKERS)) }
    }

    /// The digest of the octets of `file`, of which `facts` were just taken.
    ///
    /// `None` while a long file is not read yet, or if the file changed under the reading or could not be read.
    /// With `settled` false the digest is that of the octets read, but may miss a write in the same instant.
    pub(super) async fn digest(&self, file: &Arc<File>, facts: &Facts, settled: bool) -> Option<[u8; 32]> {
        let version = Version::from(facts);
        if let Some(digest) = self.shared.known(&version) {
            return Some(digest);
        }
        if facts.length > self.inline_max {
            if settled {
                self.shared.enqueue(version, file);
            }
            return None;
        }
        let turn = self.shared.turn(version).lock_owned().await;
        let permit = Arc::clone(&self.inline_workers).acquire_owned().await.ok()?;
        let job = Inline {
            shared: Arc::clone(&self.shared),
            file: Arc::clone(file),
            version,
            settled,
            turn,
            permit,
        };
        tokio::task::spawn_blocking(move || job.run()).await.ok()?
    }
}

/// A file to be read before its answer. The turn and the permit go along, so that they last as long as the reading
/// also when the request is given up.
struct Inline {
    shared: Arc<Shared>,
    file: Arc<File>,
    version: Version,
    settled: bool,
    turn: OwnedMutexGuard<()>,
    permit: OwnedSemaphorePermit,
}

impl Inline {
    fn run(self) -> Option<[u8; 32]> {
        let digest = self.shared.known(&self.version).or_else(|| hash(&self.file, &self.version, |_| true));
        let mut state = self.shared.state();
        if let (Some(digest), true) = (digest, self.settled) {
            state.remember(self.version, digest);
        }
        drop((self.turn, self.permit));
        // Ours and the map's: nobody else waits for it.
        if state.inline.get(&self.version).is_some_and(|turn| Arc::strong_count(turn) == 1) {
            state.inline.remove(&self.version);
        }
        digest
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::time::{Duration, Instant};

    use sha2::{Digest, Sha256};

    use super::*;

    pub(super) fn file_of(octets: &[u8]) -> (tempfile::NamedTempFile, Arc<File>, Facts) {
        let mut space = tempfile::NamedTempFile::new().unwrap();
        space.write_all(octets).unwrap();
        let file = Arc::new(File::open(space.path()).unwrap());
        let facts = Facts::of(&file).unwrap();
        (space, file, facts)
    }

    pub(super) fn sha256(octets: &[u8]) -> [u8; 32] {
        Sha256::digest(octets).into()
    }

    #[tokio::test]
    async fn a_long_file_is_read_in_the_background_and_then_known() {
        let hashes = ContentHashes::new(3);
        let (_space, file, facts) = file_of(b"long");
        assert_eq!(hashes.digest(&file, &facts, false).await, None);
        assert_eq!(hashes.shared.state().queued.len(), 0, "unsettled files are not queued");
        assert_eq!(hashes.digest(&file, &facts, true).await, None);
        let deadline = Instant::now() + Duration::from_secs(10);
        while hashes.digest(&file, &facts, true).await.is_none() {
            assert!(Instant::now() < deadline);
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        assert_eq!(hashes.digest(&file, &facts, true).await, Some(sha256(b"long")));
        assert!(hashes.shared.state().queued.is_empty());
    }

    #[tokio::test]
    async fn a_short_file_is_read_before_the_answer_and_remembered_once_settled() {
        let hashes = ContentHashes::new(4);
        let (_space, file, facts) = file_of(b"four");
        assert_eq!(hashes.digest(&file, &facts, false).await, Some(sha256(b"four")));
        assert!(hashes.shared.state().known.is_empty());
        let (one, other) =
            tokio::join!(hashes.digest(&file, &facts, true), hashes.digest(&file, &facts, true));
        assert_eq!((one, other), (Some(sha256(b"four")), Some(sha256(b"four"))));
        assert_eq!(hashes.shared.state().known.len(), 1);
        assert!(hashes.shared.state().inline.is_empty());
    }
}
