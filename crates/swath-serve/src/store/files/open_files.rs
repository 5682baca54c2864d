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
//! The number of descriptors is bounded. An entry that grew too old is closed also when nobody asks again, so that a
//! deleted file's space is free after three seconds and its file system can be unmounted.

use std::collections::{HashMap, VecDeque};
use std::ffi::OsStr;
use std::fs::File;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant};

use byteranges::Representation;

use crate::facts::Facts;

/// The default for how many files are kept open.
pub const OPEN_FILES: usize = 1024;

/// The default for how old an entry may become: what a lookup would tell may be out of date by so much.
pub const OPEN_FILES_AGE: Duration = Duration::from_secs(1);

/// The longest path that is kept, in octets as it came: 16,384 entries then hold some 20 MiB at the very most.
const PATH_MAX: usize = 1024;

/// The most locks that the entries are spread over, so that cores seldom wait for one another.
const SHARDS: usize = 16;

/// The least descriptors that are worth a lock of their own.
const SHARD_LEAST: usize = 64;

/// How long the thread that closes what is too old sleeps at most.
const SWEEP_EVERY: Duration = Duration::from_secs(1);

/// Holds open files by the paths they were asked for.
#[derive(Debug)]
pub(super) struct OpenFiles {
    shards: Box<[Mutex<Shard>]>,
    /// The most descriptors of each shard.
    share: usize,
    age: Duration,
    /// What ages are counted from.
    begun: Instant,
    /// Whether a thread closes what grows too old.
    swept: AtomicBool,
}

#[derive(Debug, Default)]
struct Shard {
    entries: HashMap<Arc<[u8]>, Arc<Kept>>,
    /// The same entries, oldest first.
    order: VecDeque<Arc<Kept>>,
    /// How many descriptors they hold.
    descriptors: usize,
}

/// What a path selected, with the descriptors that it was learned from.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) key: Arc<[u8]>,
    /// Where it lies beneath the root, if looking there again tells all that a lookup would.
    pub(super) path: Option<Box<[u8]>>,
    /// When the path was last found to lead here, as [`OpenFiles::now`] counts.
    pub(super) since: AtomicU64,
    /// The file at the path.
    pub(super) file: Opened,
    /// The sidecar that is sent in its place.
    pub(super) sidecar: Option<Opened>,
    pub(super) representation: Arc<Representation>,
    pub(super) name: Arc<OsStr>,
    pub(super) digest: Option<[u8; 32]>,
}

/// An open file and the facts it had then.
#[derive(Clone, Debug)]
pub(super) struct Opened {
    pub(super) file: Arc<File>,
    pub(super) facts: Facts,
}

impl Opened {
    /// Whether the file is in every respect what it was.
    pub(super) fn is_unchanged(&self) -> bool {
        Facts::of(&self.file).is_ok_and(|now| now == self.facts)
    }
}

impl Kept {
    /// What is sent: the sidecar, if there is one.
    pub(super) fn sent(&self) -> &Opened {
        self.sidecar.as_ref().unwrap_or(&self.file)
    }

    /// Whether all is in every respect what it was.
    pub(super) fn is_unchanged(&self) -> bool {
        self.file.is_unchanged() && self.sidecar.as_ref().is_none_or(Opened::is_unchanged)
    }

    fn descriptors(&self) -> usize {
        1 + usize::from(self.sidecar.is_some())
    }
}

impl OpenFiles {
    /// Keeps at most `most` descriptors, each for at most `age`; nothing if either is zero.
    pub(super) fn new(most: usize, age: Duration) -> Arc<Self> {
        let most = if age.is_zero() { 0 } else { most };
        let shards = (most / SHARD_LEAST).clamp(1, SHARDS);
        Arc::new(Self {
            shards: (0..shards).map(|_| Mutex::default()).collect(),
            share: most / shards,
            age,
            begun: Instant::now(),
            swept: AtomicBool::new(false),
        })
    }

    /// Whether anything under this key would be kept.
    pub(super) fn takes(&self, key: &[u8]) -> bool {
        self.share > 0 && key.len() <= PATH_MAX
    }

    /// The clock of all ages, in microseconds.
    pub(super) fn now(&self) -> u64 {
        u64::try_from(self.begun.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    /// How long ago the path was found to lead here.
    fn age_of(&self, kept: &Kept, now: u64) -> Duration {
        Duration::from_micros(now.saturating_sub(kept.since.load(Ordering::Relaxed)))
    }

    /// Whether nobody asked for it for so long that it is not worth its descriptor: whoever did would have had its path looked at again.
    fn is_forgotten(&self, kept: &Kept) -> bool {
        self.age_of(kept, self.now()) >= self.age.saturating_mul(2)
    }

    /// Gives what is kept, if it is not too old to be believed about the path, or `is_still_there`.
    pub(super) fn find(&self, key: &[u8], is_still_there: impl FnOnce(&Kept) -> bool) -> Option<Arc<Kept>> {
        if !self.takes(key) {
            return None;
        }
        let kept = self.shard(key).entries.get(key).map(Arc::clone)?;
        let now = self.now();
        if self.age_of(&kept, now) >= self.age {
            if !is_still_there(&kept) {
                self.let_go(&kept);
                return None;
            }
            self.shard(key).renew(&kept, now);
        }
        Some(kept)
    }

    /// Keeps this no longer.
    pub(super) fn let_go(&self, kept: &Arc<Kept>) {
        let gone = self.shard(&kept.key).remove(kept);
        // Not while others wait for the shard: closing a deleted file may take time.
        drop(gone);
    }

    /// Keeps what a path was just found to select, and closes the oldest where there are too many.
    pub(super) fn keep(self: &Arc<Self>, kept: Kept) {
        let descriptors = kept.descriptors();
        if !self.takes(&kept.key) || descriptors > self.share {
            return;
        }
        let kept = Arc::new(kept);
        let mut gone = Vec::new();
        let mut shard = self.shard(&kept.key);
        if let Some(old) = shard.entries.get(&kept.key).map(Arc::clone) {
            gone.extend(shard.remove(&old));
        }
        while shard.descriptors + descriptors > self.share {
            gone.extend(shard.pop_oldest());
        }
        shard.push(kept);
        drop(shard);
        // Only now: closing a deleted file may take time.
        drop(gone);
        self.have_swept();
    }

    /// Closes all that is kept, because the process has no descriptors left; says how many there were.
    pub(super) fn give_up(&self) -> usize {
        self.close_while(|_| true).0
    }

    /// Closes, oldest first, for as long as one is gone; says how many descriptors were closed and how many are left.
    fn close_while(&self, is_gone: impl Fn(&Kept) -> bool) -> (usize, usize) {
        let (mut closed, mut left) = (0, 0);
        for shard in &self.shards {
            let mut shard = lock(shard);
            let gone = shard.pop_while(&is_gone);
            left += shard.descriptors;
            drop(shard);
            closed += gone.iter().map(|kept| kept.descriptors()).sum::<usize>();
        }
        (closed, left)
    }

    fn shard(&self, key: &[u8]) -> MutexGuard<'_, Shard> {
        let sum = key.iter().fold(0_u8, |sum, octet| sum.wrapping_add(*octet));
        lock(&self.shards[usize::from(sum) % self.shards.len()])
    }

    /// Sees that a thread closes what grows too old: whatever runtimes there are may stand still meanwhile.
    fn have_swept(self: &Arc<Self>) {
        if self.swept.load(Ordering::SeqCst) || self.swept.swap(true, Ordering::SeqCst) {
            return;
        }
        let (open_files, age) = (Arc::downgrade(self), self.age);
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
        let close = || open_files.close_while(|kept| open_files.is_forgotten(kept)).1;
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
    fn push(&mut self, kept: Arc<Kept>) {
        self.descriptors += kept.descriptors();
        self.order.push_back(Arc::clone(&kept));
        self.entries.insert(Arc::clone(&kept.key), kept);
    }

    fn remove(&mut self, kept: &Arc<Kept>) -> Option<Arc<Kept>> {
        // Those that are too old, which most of them are, stand at the front.
        let at = self.order.iter().position(|one| Arc::ptr_eq(one, kept))?;
        let removed = self.order.remove(at)?;
        self.leave(&removed);
        Some(removed)
    }

    /// Makes one that stayed the youngest; whoever removed it meanwhile has removed it.
    fn renew(&mut self, kept: &Arc<Kept>, now: u64) {
        if let Some(at) = self.order.iter().position(|one| Arc::ptr_eq(one, kept)) {
            kept.since.store(now, Ordering::Relaxed);
            self.order.remove(at);
            self.order.push_back(Arc::clone(kept));
        }
    }

    fn pop_oldest(&mut self) -> Option<Arc<Kept>> {
        let oldest = self.order.pop_front()?;
        self.leave(&oldest);
        Some(oldest)
    }

    fn pop_while(&mut self, is_gone: impl Fn(&Kept) -> bool) -> Vec<Arc<Kept>> {
        let count = self.order.iter().take_while(|kept| is_gone(kept)).count();
        (0..count).filter_map(|_| self.pop_oldest()).collect()
    }

    fn leave(&mut self, kept: &Kept) {
        self.entries.remove(&kept.key);
        self.descriptors -= kept.descriptors();
    }
}

fn lock(shard: &Mutex<Shard>) -> MutexGuard<'_, Shard> {
    // Each change leaves the shard whole, so a panic elsewhere while it is held does no harm.
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}
