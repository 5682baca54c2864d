//! What is kept of a path from one request to the next.
//!
//! In: the files that were opened for it, and their facts. Out: whether they are what they were, and how old that is.

use std::ffi::OsStr;
use std::fs::File;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use byteranges::Representation;

use crate::facts::Facts;

/// What a path selected, with the descriptors that it was learned from.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) key: Arc<[u8]>,
    /// Its shard, once it is kept.
    pub(super) place: usize,
    /// Where it lies beneath the root, if looking there again tells all that a lookup would.
    pub(super) path: Option<Box<[u8]>>,
    /// When the path was last found to lead here, as [`super::open_files::OpenFiles::now`] counts.
    pub(super) since: AtomicU64,
    /// The file at the path.
    pub(super) file: Opened,
    /// The sidecar that is sent in its place; apart, as few have one and all are small then.
    pub(super) sidecar: Option<Box<Opened>>,
    /// From when on its last change has settled, as long as the clock is not put back.
    pub(super) settled_from: Option<SystemTime>,
    pub(super) representation: Arc<Representation>,
    pub(super) name: Arc<OsStr>,
    /// Apart as well.
    pub(super) digest: Option<Box<[u8; 32]>>,
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
        self.sidecar.as_deref().unwrap_or(&self.file)
    }

    /// Whether all is in every respect what it was.
    pub(super) fn is_unchanged(&self) -> bool {
        self.file.is_unchanged() && self.sidecar.as_deref().is_none_or(Opened::is_unchanged)
    }

    /// How long ago the path was found to lead here, in microseconds.
    pub(super) fn age(&self, now: u64) -> u64 {
        now.saturating_sub(self.since.load(Ordering::Relaxed))
    }

    pub(super) fn descriptors(&self) -> usize {
        1 + usize::from(self.sidecar.is_some())
    }
}
