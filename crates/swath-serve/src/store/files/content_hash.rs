//! SHA-256 of files, computed once for each version and remembered by the facts of that version.
//!
//! In: an open file, its facts, and whether they have settled. Out: the digest, or `None` for "not known yet".
//!
//! Files up to a limit are read before the answer, on the blocking pool; larger ones by a thread of our own, while
//! answers go out without a tag. A digest counts only if the facts are the same before and after the reading, and is
//! remembered only if they had settled before it began: else a write could hide in the same time stamp.

use std::collections::{HashMap, VecDeque};
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;

use sha2::{Digest, Sha256};
use tokio::sync::{OwnedMutexGuard, OwnedSemaphorePermit, Semaphore};

use crate::facts::{Facts, Stamp};

/// The default for how long a file may be, in octets, to be read before the answer: 64 MiB take some 50 ms.
pub const HASH_INLINE_MAX: u64 = 64 << 20;

/// The most files read at once before their answers: two leave cores for sending.
const INLINE_WORKERS: usize = 2;

/// The most long files read at once: one reads as fast as most disks can.
const LONG_WORKERS: usize = 1;

/// The most long files that wait, each with a descriptor; further ones are turned away until asked for again.
const QUEUE_MAX: usize = 64;

/// The most digests remembered, some 150 octets each; the oldest is forgotten first.
const KNOWN_MAX: usize = 16_384;

/// How many locks may pile up before those that nobody holds are cleared away: requests that were given up leave some.
const TURNS_MAX: usize = 1024;

/// How much is read at a time, in octets.
const CHUNK: usize = 256 << 10;

/// What names one version of one file on this machine while the server runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Version {
    dev: u64,
    ino: u64,
    length: u64,
    mtime: Stamp,
    ctime: Stamp,
}

impl From<&Facts> for Version {
    fn from(facts: &Facts) -> Self {
        Self { dev: facts.dev, ino: facts.ino, length: facts.length, mtime: facts.mtime, ctime: facts.ctime }
    }
}

/// Holds the digests that are known and the work under way. Cloning shares them.
#[derive(Clone, Debug)]
pub(super) struct ContentHashes {
    shared: Arc<Shared>,
    inline_max: u64,
    inline_workers: Arc<Semaphore>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    known: HashMap<Version, [u8; 32]>,
    /// The known ones, oldest first.
    order: VecDeque<Version>,
    /// One lock for each file that is read before its answer, so that it is read once.
    inline: HashMap<Version, Arc<tokio::sync::Mutex<()>>>,
    /// Long files that wait or are being read.
    queued: Vec<Version>,
    queue: VecDeque<(Version, File)>,
    long_workers: usize,
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

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        // Each change below leaves the state whole, so a panic elsewhere while it is held does no harm.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn known(&self, version: &Version) -> Option<[u8; 32]> {
        self.state().known.get(version).copied()
    }

    fn turn(&self, version: Version) -> Arc<tokio::sync::Mutex<()>> {
        let mut state = self.state();
        if state.inline.len() >= TURNS_MAX {
            state.inline.retain(|_, turn| Arc::strong_count(turn) > 1);
        }
        Arc::clone(state.inline.entry(version).or_default())
    }

    /// Puts a long file in the queue unless it is there already, and sees that somebody works on it.
    fn enqueue(self: &Arc<Self>, version: Version, file: &File) {
        let mut state = self.state();
        if state.queue.len() >= QUEUE_MAX || state.queued.contains(&version) {
            return;
        }
        let Ok(file) = file.try_clone() else { return };
        state.queued.push(version);
        state.queue.push_back((version, file));
        if state.long_workers < LONG_WORKERS {
            let shared = Arc::downgrade(self);
            let worker = thread::Builder::new().name("swath-hash".into()).spawn(move || work(&shared));
            // Without a thread the queue waits for the next request that tries.
            state.long_workers += usize::from(worker.is_ok());
        }
    }

    fn next(&self) -> Option<(Version, File)> {
        let mut state = self.state();
        let job = state.queue.pop_front();
        if job.is_none() {
            state.long_workers = state.long_workers.saturating_sub(1);
        }
        job
    }
}

impl State {
    fn remember(&mut self, version: Version, digest: [u8; 32]) {
        if self.known.insert(version, digest).is_none() {
            self.order.push_back(version);
        }
        while self.order.len() > KNOWN_MAX {
            if let Some(oldest) = self.order.pop_front() {
                self.known.remove(&oldest);
            }
        }
    }
}

/// Reads long files until none is left, or until the store is gone.
fn work(shared: &Weak<Shared>) {
    while let Some((version, file)) = shared.upgrade().and_then(|shared| shared.next()) {
        let digest = hash(&file, &version, |_| shared.strong_count() > 0);
        let Some(shared) = shared.upgrade() else { return };
        let mut state = shared.state();
        state.queued.retain(|queued| *queued != version);
        if let Some(digest) = digest {
            state.remember(version, digest);
        }
    }
}

/// Hashes the whole file; `None` if it is not `version` any more at the end, cannot be read, or `go_on` says no.
///
/// `go_on` is asked before each chunk, with the offset reached.
fn hash(file: &File, version: &Version, mut go_on: impl FnMut(u64) -> bool) -> Option<[u8; 32]> {
    let mut hash = Sha256::new();
    let mut buffer = vec![0; CHUNK.min(usize::try_from(version.length).unwrap_or(CHUNK))];
    let mut offset = 0_u64;
    while offset < version.length {
        if !go_on(offset) {
            return None;
        }
        let left = usize::try_from(version.length - offset).unwrap_or(CHUNK).min(buffer.len());
        let read = read_at(file, &mut buffer[..left], offset)?;
        hash.update(&buffer[..read]);
        offset = offset.checked_add(u64::try_from(read).ok()?)?;
    }
    let now = Facts::of(file).ok()?;
    (Version::from(&now) == *version).then(|| hash.finalize().into())
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
    use std::time::{Duration, Instant};

    use super::*;

    fn file_of(octets: &[u8]) -> (tempfile::NamedTempFile, Arc<File>, Facts) {
        let mut space = tempfile::NamedTempFile::new().unwrap();
        space.write_all(octets).unwrap();
        let file = Arc::new(File::open(space.path()).unwrap());
        let facts = Facts::of(&file).unwrap();
        (space, file, facts)
    }

    fn sha256(octets: &[u8]) -> [u8; 32] {
        Sha256::digest(octets).into()
    }

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

    #[test]
    fn the_oldest_digest_is_forgotten_first() {
        let mut state = State::default();
        let (_space, _file, facts) = file_of(b"");
        let version = |ino: u64| Version { ino, ..Version::from(&facts) };
        for ino in 0..=KNOWN_MAX as u64 {
            state.remember(version(ino), [0; 32]);
            state.remember(version(ino), [1; 32]);
        }
        assert_eq!((state.known.len(), state.order.len()), (KNOWN_MAX, KNOWN_MAX));
        assert!(!state.known.contains_key(&version(0)) && state.known.contains_key(&version(1)));
    }

    #[test]
    fn locks_that_nobody_holds_do_not_pile_up() {
        let shared = Shared::default();
        let (_space, _file, facts) = file_of(b"x");
        let held = shared.turn(Version::from(&facts));
        for length in 10..10 + 2 * TURNS_MAX as u64 {
            shared.turn(Version { length, ..Version::from(&facts) });
        }
        assert!(shared.state().inline.len() <= TURNS_MAX);
        assert!(Arc::ptr_eq(&held, &shared.turn(Version::from(&facts))));
    }

    #[test]
    fn the_queue_is_bounded_and_holds_each_file_once() {
        let shared = Arc::new(Shared::default());
        shared.state().long_workers = LONG_WORKERS;
        let (_space, file, facts) = file_of(b"x");
        for ino in 0..=QUEUE_MAX as u64 {
            for _ in 0..2 {
                shared.enqueue(Version { ino, ..Version::from(&facts) }, &file);
            }
        }
        let state = shared.state();
        assert_eq!((state.queue.len(), state.queued.len()), (QUEUE_MAX, QUEUE_MAX));
    }

    #[test]
    fn the_background_stops_with_the_store() {
        let shared = Arc::new(Shared::default());
        let (_space, file, facts) = file_of(b"x");
        shared.state().queue.push_back((Version::from(&facts), file.try_clone().unwrap()));
        let weak = Arc::downgrade(&shared);
        drop(shared);
        work(&weak);
        assert_eq!(hash(&file, &Version::from(&facts), |_| weak.strong_count() > 0), None);
    }
}
