//! A download on a disk: the unfinished file and its journal, from the first octet to the last rename.
//!
//! In: what the machine wants performed. Out: files that survive the process, and the power.
//!
//! | room | its one question |
//! |---|---|
//! | `names` | what are the files called |
//! | `open` | what is there from an earlier run |
//! | `start` | how does a version get a new file |
//! | `part` | the octets |
//! | `journal` | which of them are durable |
//! | `mark` | which file does a journal stand beside |
//! | `lock` | is another process at it |
//! | `preallocate` | is there room |
//! | `finish` | how does it get its final name |
//! | `error` | what went wrong, and what helps |
//!
//! Beside `FILE.part` stands `FILE.part.journal`. A journal is removed before its file is, and made after it; it also
//! says which file it stands beside, so it is never believed about another one.

mod directory;
mod error;
mod finish;
mod journal;
mod lock;
mod mark;
mod names;
mod open;
mod part;
mod preallocate;
mod start;

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use byteranges::download::Identity;
use bytes::Bytes;

use self::directory::Directory;
use self::error::{Trouble, explain};
use self::journal::JournalFile;
use self::part::Part;
use crate::digest::Digest;
use crate::sink::{About, Finished, Sink};

pub use self::error::DiskError;
pub use self::names::{JOURNAL_SUFFIX, NAME_MAX, PART_SUFFIX, of_part};
pub use self::open::Found;

/// Says where a download is to go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The directory, which has to exist.
    pub directory: PathBuf,
    /// The name of the file; that of its unfinished form comes from it, so it is known before any answer.
    pub name: OsString,
    /// Whether the server may give the finished file another name, by Content-Disposition.
    pub named_by_server: bool,
    /// Whether a file that is there may be replaced.
    pub force: bool,
}

impl Place {
    /// Takes the path of a finished file apart; none where it names no file.
    pub fn of(path: &Path, force: bool) -> Option<Self> {
        let name = path.file_name()?.to_owned();
        let directory = path.parent().map_or_else(PathBuf::new, Path::to_owned);
        Some(Self { directory, name, named_by_server: false, force })
    }
}

/// Keeps one download in a directory.
#[derive(Debug)]
pub struct Disk {
    directory: Directory,
    place: Place,
    current: RwLock<Option<Arc<Current>>>,
}

/// Holds the file that is being written. It is locked while it is open.
#[derive(Debug)]
struct Current {
    /// None while it is a file without a journal, of which nothing is known.
    generation: Option<u32>,
    /// What it will be called, which the answer that began it has said: later ones may not come.
    final_name: OsString,
    part: Part,
    journal: Mutex<Option<JournalFile>>,
}

impl Disk {
    /// The path of the unfinished file.
    pub fn part_path(&self) -> PathBuf {
        self.directory.path(&names::part(&self.place.name))
    }

    /// The name that the finished file gets, as far as these facts tell.
    fn final_name(&self, about: &About) -> OsString {
        let offered = self.place.named_by_server.then(|| crate::name::from_fields(&about.fields)).flatten();
        offered.map_or_else(|| self.place.name.clone(), OsString::from)
    }

    /// Refuses a name that is taken, before anything is fetched for it.
    fn check_free(&self, name: &OsStr) -> io::Result<()> {
        let Some(facts) = self.directory.facts(name)? else { return Ok(()) };
        let path = self.directory.path(name);
        if rustix::fs::FileType::from_raw_mode(facts.st_mode).is_dir() {
            return Err(explain(rustix::io::Errno::ISDIR, "write", &path));
        }
        if self.place.force { Ok(()) } else { Err(explain(rustix::io::Errno::EXIST, "create", &path)) }
    }

    fn current(&self, generation: u32) -> io::Result<Arc<Current>> {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner).clone();
        current
            .filter(|current| current.generation == Some(generation))
            .ok_or_else(|| explain(Trouble::NoGeneration, "write", &self.part_path()))
    }
}

impl Sink for Disk {
    fn start(
        &self,
        generation: u32,
        journal: &[u8],
        complete_length: Option<u64>,
        keep_old: bool,
        about: &About,
    ) -> io::Result<()> {
        let final_name = self.final_name(about);
        self.check_free(&final_name)?;
        self.begin(generation, journal, complete_length, keep_old, final_name)
    }

    fn adopt(
        &self,
        generation: u32,
        journal: &[u8],
        complete_length: Option<u64>,
        about: &About,
    ) -> io::Result<()> {
        let final_name = self.final_name(about);
        self.check_free(&final_name)?;
        self.take_over(generation, journal, complete_length, final_name)
    }

    fn write(&self, generation: u32, first: u64, octets: &[Bytes]) -> io::Result<()> {
        self.current(generation)?.part.write(first, octets)
    }

    fn equals(&self, generation: u32, first: u64, octets: &[Bytes]) -> io::Result<bool> {
        self.current(generation)?.part.equals(first, octets)
    }

    fn sync(&self, generation: u32) -> io::Result<()> {
        self.current(generation)?.part.sync()
    }

    fn record(&self, generation: u32, octets: &[u8]) -> io::Result<()> {
        let current = self.current(generation)?;
        let mut journal = current.journal.lock().unwrap_or_else(PoisonError::into_inner);
        journal.as_mut().map_or_else(|| Err(Trouble::NoGeneration.into()), |journal| journal.record(octets))
    }

    fn digest(&self, generation: u32, wanted: &Digest) -> io::Result<bool> {
        self.current(generation)?.part.digest(wanted)
    }

    fn finish(&self, generation: u32, identity: &Identity, about: &About) -> io::Result<Finished> {
        self.end(generation, identity, about)
    }
}
