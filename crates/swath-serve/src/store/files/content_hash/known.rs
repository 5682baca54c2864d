//! What is known, and what waits to be read.
//!
//! In: versions of files that somebody asks about. Out: digests remembered, a turn for each file that is read before
//! its answer, and a queue of long ones with the thread that works it off.

use std::collections::{HashMap, VecDeque};
use std::fs::File;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;

use super::hash::{Version, hash};

/// The most long files read at once: one reads as fast as most disks can.
const LONG_WORKERS: usize = 1;

/// The most long files that wait, each with a descriptor; further ones are turned away until asked for again.
const QUEUE_MAX: usize = 64;

/// The most digests remembered, some 150 octets each; the oldest is forgotten first.
const KNOWN_MAX: usize = 16_384;

/// How many locks may pile up before those that nobody holds are cleared away: requests that were given up leave some.
const TURNS_MAX: usize = 1024;

/// Holds the state that requests and workers share.
#[derive(Debug, Default)]
pub(super) struct Shared {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) known: HashMap<Version, [u8; 32]>,
    /// The known ones, oldest first.
    order: VecDeque<Version>,
    /// One lock for each file that is read before its answer, so that it is read once.
    pub(super) inline: HashMap<Version, Arc<tokio::sync::Mutex<()>>>,
    /// Long files that wait or are being read.
    pub(super) queued: Vec<Version>,
    queue: VecDeque<(Version, File)>,
    long_workers: usize,
}

impl Shared {
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        // Each change below leaves the state whole, so a panic elsewhere while it is held does no harm.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn known(&self, version: &Version) -> Option<[u8; 32]> {
        self.state().known.get(version).copied()
    }

    pub(super) fn turn(&self, version: Version) -> Arc<tokio::sync::Mutex<()>> {
        let mut state = self.state();
        if state.inline.len() >= TURNS_MAX {
            state.inline.retain(|_, turn| Arc::strong_count(turn) > 1);
        }
        Arc::clone(state.inline.entry(version).or_default())
    }

    /// Puts a long file in the queue unless it is there already, and sees that somebody works on it.
    pub(super) fn enqueue(self: &Arc<Self>, version: Version, file: &File) {
        let mut state = self.state();
        if state.queue.len() < QUEUE_MAX
            && !state.queued.contains(&version)
            && let Ok(file) = file.try_clone()
        {
            state.queued.push(version);
            state.queue.push_back((version, file));
        }
        if state.long_workers < LONG_WORKERS && !state.queue.is_empty() {
            let shared = Arc::downgrade(self);
            let worker = thread::Builder::new().name("swath-hash".into()).spawn(move || work(&shared));
            // Without a thread the queue waits for the next request.
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
    pub(super) fn remember(&mut self, version: Version, digest: [u8; 32]) {
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

#[cfg(test)]
mod tests {
    use super::super::tests::file_of;
    use super::*;

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
