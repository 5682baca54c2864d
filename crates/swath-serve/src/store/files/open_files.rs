//! Files that are kept open from one request to the next, so that a hot file is looked up once a second and not
//! once a request.
//!
//! In: the path of a request as it came, and what it was found to select. Out: the same selection again, for as long
//! as a lookup would lead there; else nothing, and the caller looks it up anew. The caller also looks at the file.
//!
//! | what changes | when it shows |
//! |---|---|
//! | octets, length, times, owner, permissions of the file | at once: `fstat` of the descriptor on every request, and any fact that moved ends the entry |
//! | the file is replaced by rename, or deleted | at once: the old one's link count and ctime move |
//! | a link or directory on the way leads elsewhere, a sidecar appears | when the entry is as old as it may become (one second by default) |
//!
//! The `fstat` may come after the octets were read, where these are all there is to send: facts that are found then to be the remembered
//! ones were so before. An entry that grew too old is not closed if the path is looked at again and still leads to the same file: that costs less than
//! to open it anew.
//!
//! Only files whose last change has settled are kept: of a younger one a second write could leave the same facts
//! behind. So one strong entity tag never stands for two versions, kept or not.
//!
//! Where many may be kept, each serving thread has entries and descriptors of its own: of a hot file that two cores share, the counts of who uses
//! what (ours and the kernel's) cost more than reading it does.
//!
//! The number of descriptors is bounded. An entry that grew too old is closed also when nobody asks again, so that a
//! deleted file's space is free after three seconds and its file system can be unmounted.

use std::collections::{HashMap, VecDeque};
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant};

use super::kept::Kept;
use super::parents::Parents;
use crate::this_thread;

/// The default for how many files are kept open.
pub const OPEN_FILES: usize = 1024;

/// The default for how old an entry may become: what a lookup would tell may be out of date by so much.
pub const OPEN_FILES_AGE: Duration = Duration::from_secs(1);

/// The longest path that is kept, in octets as it came: 32,768 entries then hold some 40 MiB at the very most.
const PATH_MAX: usize = 1024;

/// The most locks that the entries of one group of threads are spread over, so that cores seldom wait for one another.
const SHARDS: usize = 16;

/// The least descriptors that are worth a group of their own: with fewer, what one thread keeps would be missing to another.
const GROUP_LEAST: usize = 8192;

/// The least descriptors that are worth a lock of their own.
const SHARD_LEAST: usize = 64;

/// How long the thread that closes what is too old sleeps at most.
const SWEEP_EVERY: Duration = Duration::from_secs(1);

/// Holds open files by the paths they were asked for.
#[derive(Debug)]
pub(super) struct OpenFiles {
    /// Those of each group of threads behind each other.
    shards: Box<[Mutex<Shard>]>,
    /// In how many groups the threads are; each finds only what was kept in its own.
    groups: usize,
    /// The most descriptors of all shards together: names need not fall on them evenly.
    most: usize,
    /// How many descriptors there are.
    held: AtomicUsize,
    /// How old an entry may become, in microseconds.
    age: u64,
    parents: Parents,
    /// What ages are counted from.
    begun: Instant,
    /// Whether a thread closes what grows too old.
    swept: AtomicBool,
}

#[derive(Debug, Default)]
struct Shard {
    entries: HashMap<Arc<[u8]>, Arc<Kept>>,
    /// The same entries in the order in which they came, each with its age then: who was found to be still there since takes its turn
    /// again, instead of making room.
    order: VecDeque<(u64, Arc<Kept>)>,
}

impl OpenFiles {
    /// Keeps at most `most` descriptors, each for at most `age`; nothing if either is zero.
    pub(super) fn new(most: usize, age: Duration) -> Arc<Self> {
        Self::for_threads(most, age, thread::available_parallelism().map_or(1, NonZeroUsize::get))
    }

    fn for_threads(most: usize, age: Duration, threads: usize) -> Arc<Self> {
        let most = if age.is_zero() { 0 } else { most };
        let groups = (most / GROUP_LEAST).clamp(1, threads);
        let shards = (most / groups / SHARD_LEAST).clamp(1, SHARDS);
        Arc::new(Self {
            shards: (0..groups * shards).map(|_| Mutex::default()).collect(),
            groups,
            most,
            held: AtomicUsize::new(0),
            age: micros(age),
            parents: Parents::default(),
            begun: Instant::now(),
            swept: AtomicBool::new(false),
        })
    }

    /// Whether anything under this key would be kept.
    pub(super) fn takes(&self, key: &[u8]) -> bool {
        self.most > 0 && key.len() <= PATH_MAX
    }

    /// The clock of all ages, in microseconds.
    pub(super) fn now(&self) -> u64 {
        micros(self.begun.elapsed())
    }

    /// Since when a directory is known to lie beneath the root, at most as long as an entry is believed, or `now` if it is `found` there.
    pub(super) fn directory_since(
        &self,
        directory: &[u8],
        now: u64,
        found: impl FnOnce() -> bool,
    ) -> Option<u64> {
        self.parents.since(directory, now, self.age, found)
    }

    /// Whether nobody asked for it for so long that it is not worth its descriptor: whoever did would have had its path looked at again.
    fn is_forgotten(&self, kept: &Kept) -> bool {
        kept.age(self.now()) >= self.age.saturating_mul(2)
    }

    /// Gives what is kept, if it is not too old to be believed about the path, or is `still_there`, and since when.
    pub(super) fn find(
        &self,
        key: &[u8],
        still_there: impl FnOnce(&Kept) -> Option<u64>,
    ) -> Option<Arc<Kept>> {
        if !self.takes(key) {
            return None;
        }
        let kept = self.shard(self.place(key)).entries.get(key).map(Arc::clone)?;
        if kept.age(self.now()) >= self.age {
            let Some(since) = still_there(&kept) else {
                self.let_go(&kept);
                return None;
            };
            kept.since.store(since, Ordering::Relaxed);
        }
        Some(kept)
    }

    /// Keeps this no longer.
    pub(super) fn let_go(&self, kept: &Arc<Kept>) {
        let gone = self.shard(kept.place).remove(kept);
        self.close(gone);
    }

    /// Closes what was taken out, which has to happen while nobody waits for a shard: closing a deleted file may take time.
    fn close(&self, gone: impl IntoIterator<Item = Arc<Kept>>) -> usize {
        let closed = gone.into_iter().map(|kept| kept.descriptors()).sum();
        self.held.fetch_sub(closed, Ordering::Relaxed);
        closed
    }

    /// Keeps what a path was just found to select, and closes the oldest where there are too many.
    pub(super) fn keep(self: &Arc<Self>, mut kept: Kept) {
        let descriptors = kept.descriptors();
        if !self.takes(&kept.key) || descriptors > self.most {
            return;
        }
        kept.place = self.place(&kept.key);
        let (place, kept) = (kept.place, Arc::new(kept));
        self.held.fetch_add(descriptors, Ordering::Relaxed);
        let old = self.shard(place).push(kept);
        self.close(old);
        // The youngest's own shard last.
        let (before, after) = self.shards.split_at(place + 1);
        for shard in after.iter().chain(before) {
            while self.held.load(Ordering::Relaxed) > self.most {
                let oldest = lock(shard).pop_oldest();
                if self.close(oldest) == 0 {
                    break;
                }
            }
        }
        self.have_swept();
    }

    /// Closes all that is kept, because the process has no descriptors left; says how many there were.
    pub(super) fn give_up(&self) -> usize {
        self.close_all(|_| true).0
    }

    /// Closes whatever is gone; says how many descriptors that were, and how many entries are left.
    fn close_all(&self, is_gone: impl Fn(&Kept) -> bool) -> (usize, usize) {
        let (mut closed, mut left) = (0, 0);
        for shard in &self.shards {
            let mut shard = lock(shard);
            let gone = shard.remove_all(&is_gone);
            left += shard.entries.len();
            drop(shard);
            closed += self.close(gone);
        }
        (closed, left)
    }

    fn shard(&self, place: usize) -> MutexGuard<'_, Shard> {
        lock(&self.shards[place])
    }

    /// Gives the shard of a key, among those of this thread's group.
    fn place(&self, key: &[u8]) -> usize {
        let mixed =
            key.iter().fold(0_usize, |sum, octet| sum.wrapping_mul(31).wrapping_add(usize::from(*octet)));
        let shards = self.shards.len() / self.groups;
        this_thread::number() % self.groups * shards + mixed % shards
    }

    /// Sees that a thread closes what grows too old: whatever runtimes there are may stand still meanwhile.
    fn have_swept(self: &Arc<Self>) {
        if self.swept.load(Ordering::SeqCst) || self.swept.swap(true, Ordering::SeqCst) {
            return;
        }
        let (open_files, age) = (Arc::downgrade(self), Duration::from_micros(self.age));
        let sweeper = thread::Builder::new().name("swath-sweep".into());
        if sweeper.spawn(move || sweep(&open_files, age)).is_err() {
            // Without a thread they stay open until somebody keeps another.
            self.swept.store(false, Ordering::SeqCst);
        }
    }
}

/// Closes what grows too old until there is nothing left, or nobody who keeps it.
fn sweep(open_files: &Weak<OpenFiles>, age: Duration) {
    loop {
        thread::sleep(age.min(SWEEP_EVERY));
        let Some(open_files) = open_files.upgrade() else { return };
        let close = || open_files.close_all(|kept| open_files.is_forgotten(kept)).1;
        if close() > 0 {
            continue;
        }
        open_files.swept.store(false, Ordering::SeqCst);
        // Whoever kept something in between may have taken this thread for one that goes on.
        if close() == 0 || open_files.swept.swap(true, Ordering::SeqCst) {
            return;
        }
    }
}

impl Shard {
    /// Puts one in, and gives the one whose place it takes.
    fn push(&mut self, kept: Arc<Kept>) -> Option<Arc<Kept>> {
        let old = self.entries.get(&kept.key).map(Arc::clone).and_then(|old| self.remove(&old));
        self.order.push_back((kept.since.load(Ordering::Relaxed), Arc::clone(&kept)));
        self.entries.insert(Arc::clone(&kept.key), kept);
        old
    }

    fn remove(&mut self, kept: &Arc<Kept>) -> Option<Arc<Kept>> {
        let at = self.order.iter().position(|(_, one)| Arc::ptr_eq(one, kept))?;
        let (_, removed) = self.order.remove(at)?;
        self.entries.remove(&removed.key);
        Some(removed)
    }

    fn pop_oldest(&mut self) -> Option<Arc<Kept>> {
        // Each takes its turn again once at most: others may be renewed meanwhile.
        for _ in 0..self.order.len() {
            let (since, oldest) = self.order.pop_front()?;
            let renewed = oldest.since.load(Ordering::Relaxed);
            if renewed == since {
                self.entries.remove(&oldest.key);
                return Some(oldest);
            }
            self.order.push_back((renewed, oldest));
        }
        let (_, oldest) = self.order.pop_front()?;
        self.entries.remove(&oldest.key);
        Some(oldest)
    }

    fn remove_all(&mut self, is_gone: impl Fn(&Kept) -> bool) -> Vec<Arc<Kept>> {
        let gone: Vec<_> = self.entries.extract_if(|_, kept| is_gone(kept)).map(|(_, kept)| kept).collect();
        if !gone.is_empty() {
            self.order.retain(|(_, kept)| self.entries.contains_key(&kept.key));
        }
        gone
    }
}

fn micros(time: Duration) -> u64 {
    time.as_secs().saturating_mul(1_000_000).saturating_add(time.subsec_micros().into())
}

fn lock(shard: &Mutex<Shard>) -> MutexGuard<'_, Shard> {
    // Each change leaves the shard whole, so a panic elsewhere while it is held does no harm.
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;
    use std::io;
    use std::sync::atomic::AtomicU64;

    use byteranges::Representation;

    use super::*;
    use crate::facts::Facts;
    use crate::store::files::kept::Opened;

    fn kept(key: &[u8]) -> io::Result<Kept> {
        let file = tempfile::tempfile()?;
        let facts = Facts::of(&file)?;
        Ok(Kept {
            key: key.into(),
            place: 0,
            path: None,
            since: AtomicU64::new(0),
            file: Opened { file: Arc::new(file), facts },
            sidecar: None,
            settled_from: None,
            representation: Arc::new(Representation::new(0)),
            name: OsStr::new("a").into(),
            digest: None,
        })
    }

    fn finds(open_files: &OpenFiles, key: &[u8]) -> Option<Arc<Kept>> {
        open_files.find(key, |_| unreachable!("it is young"))
    }

    #[test]
    fn each_of_many_threads_finds_what_it_kept_itself_and_any_can_let_go_of_it() -> io::Result<()> {
        let hour = Duration::from_secs(3600);
        let open_files = OpenFiles::for_threads(2 * GROUP_LEAST, hour, 2);
        open_files.keep(kept(b"/a")?);
        let found = finds(&open_files, b"/a").expect("what this thread kept");
        let group = || this_thread::number() % 2;
        let here = group();
        // Threads are numbered as they come, of other tests too: sooner or later one is in the other group.
        let mut is_gone = false;
        while !is_gone {
            is_gone = thread::scope(|scope| {
                let other = scope.spawn(|| {
                    assert_eq!(finds(&open_files, b"/a").is_some(), group() == here);
                    if group() != here {
                        open_files.let_go(&found);
                    }
                    group() != here
                });
                other.join().expect("nothing unexpected is found")
            });
        }
        assert!(finds(&open_files, b"/a").is_none());
        assert_eq!(open_files.give_up(), 0);
        Ok(())
    }
}
