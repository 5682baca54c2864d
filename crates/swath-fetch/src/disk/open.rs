//! What is there from an earlier run.
//!
//! In: a place. Out: the unfinished file, locked, and what its journal says; or the octets that nothing vouches for.

use std::io;
use std::sync::{Arc, Mutex, RwLock};

use byteranges::download::Journal;

use super::directory::Directory;
use super::error::{Trouble, explain};
use super::journal::{JournalFile, Worth, clear};
use super::lock::lock;
use super::part::Part;
use super::{Current, Disk, Place, names};

/// How often a file may be replaced between opening and locking it, before that is an error.
const TRIES: u32 = 10;

/// Tells what an earlier run left.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// What is durable, and of which representation.
    pub journal: Option<Journal>,
    /// The length of an unfinished file that no journal vouches for: another program's, a copy, or one whose journal
    /// was lost. None where there are no such octets.
    pub unproved: Option<u64>,
    /// Whether the finished file is there, and the run that finished it was killed before it could tidy up.
    pub finished: bool,
}

impl Disk {
    /// Opens what is at a place, for this process alone. Nothing is created before [`start`](crate::sink::Sink::start).
    ///
    /// # Errors
    ///
    /// `ResourceBusy` while another process writes the file; otherwise what the operating system says, and what helps.
    pub fn open(place: Place) -> io::Result<(Self, Found)> {
        outlive_file_size_limit();
        let directory = Directory::open(&place.directory)?;
        let (current, found) = match open_part(&directory, &place)? {
            Some((current, found)) => (Some(Arc::new(current)), found),
            None => {
                let finished = clear(&directory, &names::journal(&place.name), &place.name)?;
                (None, Found { finished, ..Found::default() })
            }
        };
        Ok((Self { directory, place, current: RwLock::new(current) }, found))
    }
}

fn open_part(directory: &Directory, place: &Place) -> io::Result<Option<(Current, Found)>> {
    let name = names::part(&place.name);
    let path = directory.path(&name);
    for _ in 0..TRIES {
        let Some(file) = directory.open_file(&name)? else { return Ok(None) };
        if !file.metadata()?.is_file() {
            return Err(explain(Trouble::NotAFile, "resume", &path));
        }
        lock(&file, &path)?;
        // Who had the lock before may have put another file in its place, or finished it.
        if !directory.leads_to(&name, &file)? {
            continue;
        }
        let length = file.metadata()?.len();
        let part = Part::new(file, path);
        let worth = JournalFile::open(directory, &names::journal(&place.name), &part.file, length)?;
        let current = |generation, final_name, journal| Current {
            generation,
            final_name,
            part,
            journal: Mutex::new(journal),
        };
        return Ok(Some(match worth {
            Worth::Good { journal, file, final_name } => {
                // The name that the user gives now counts more than the one that the server gave then.
                let final_name = if place.named_by_server { final_name } else { place.name.clone() };
                let current = current(Some(journal.generation), final_name, Some(file));
                (current, Found { journal: Some(*journal), ..Found::default() })
            }
            Worth::Nothing | Worth::Absent => {
                let unproved = Some(length).filter(|length| *length > 0);
                (current(None, place.name.clone(), None), Found { unproved, ..Found::default() })
            }
        }));
    }
    Err(explain(Trouble::Locked, "open", &path))
}

/// Lets a write past `ulimit -f` end in an error, where it would end the process.
fn outlive_file_size_limit() {
    use std::sync::{Once, atomic::AtomicBool};
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // A handler of any kind is enough; without one, the limit still holds and only its message is lost.
        let _ = signal_hook::flag::register(signal_hook::consts::SIGXFSZ, Arc::new(AtomicBool::new(false)));
    });
}
