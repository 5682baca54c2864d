//! How a version gets a new file.
//!
//! In: the number of the version, and the first octets of its journal. Out: an empty file and a journal, both durable.
//!
//! A version never gets the file of another one: whatever is left of that would be believed to belong to it.

use std::ffi::{OsStr, OsString};
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use rustix::fs::Mode;

use super::error::explain;
use super::journal::JournalFile;
use super::lock::lock;
use super::mark::Mark;
use super::part::Part;
use super::preallocate::preallocate;
use super::{Current, Disk, Trouble, names};

/// The most files of older versions that are kept beside each other.
const OLDER_MAX: u32 = 9999;

impl Disk {
    pub(super) fn begin(
        &self,
        generation: u32,
        journal: &[u8],
        complete_length: Option<u64>,
        keep_old: bool,
        final_name: OsString,
    ) -> io::Result<()> {
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        // The old file stays locked until the new one is.
        let old = current.take();
        if let Some(old) = &old {
            self.make_way(old, keep_old)?;
        }
        *current = Some(Arc::new(self.create(generation, journal, complete_length, final_name)?));
        Ok(())
    }

    /// Goes on with the file that [`Found::unproved`](super::Found::unproved) told of.
    pub(super) fn take_over(
        &self,
        generation: u32,
        journal: &[u8],
        complete_length: Option<u64>,
        final_name: OsString,
    ) -> io::Result<()> {
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        let path = self.part_path();
        let found = current.take().and_then(Arc::into_inner).filter(|found| found.generation.is_none());
        let found = found.ok_or_else(|| explain(Trouble::NoGeneration, "resume", &path))?;
        if let Some(length) = complete_length {
            preallocate(&found.part.file, length).map_err(|errno| explain(errno, "make room for", &path))?;
        }
        let mark = Mark::of(&found.part.file).map_err(|errno| explain(errno, "look at", &path))?;
        let name = names::journal(&self.place.name);
        self.directory.remove(&name)?;
        // What another program wrote is not known to be durable.
        found.part.judge(found.part.file.sync_all())?;
        let journal = JournalFile::create(&self.directory, &name, mark, &final_name, journal)?;
        self.directory.sync()?;
        *current = Some(Arc::new(Current {
            generation: Some(generation),
            final_name,
            part: found.part,
            journal: Mutex::new(Some(journal)),
        }));
        Ok(())
    }

    /// Frees the names of the file that was written so far.
    fn make_way(&self, old: &Current, keep_old: bool) -> io::Result<()> {
        let (part, journal) = (names::part(&self.place.name), names::journal(&self.place.name));
        if !self.directory.leads_to(&part, &old.part.file)? {
            return Err(explain(Trouble::Removed, "replace", &self.directory.path(&part)));
        }
        // What swath did not make, swath does not remove.
        let foreign = old.generation.is_none() && old.part.length()? > 0;
        if keep_old || foreign {
            return self.set_aside(&part, &journal);
        }
        self.directory.remove(&journal)?;
        // The journal is gone for good before the file is: never a journal beside another file.
        self.directory.sync()?;
        self.directory.remove(&part)
    }

    fn set_aside(&self, part: &OsStr, journal: &OsStr) -> io::Result<()> {
        for number in 1..=OLDER_MAX {
            let older = names::older(&self.place.name, number);
            match self.directory.rename(part, &names::part(&older), false) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
                Ok(()) => {
                    if self.directory.facts(journal)?.is_some() {
                        self.directory.rename(journal, &names::journal(&older), true)?;
                    }
                    return self.directory.sync();
                }
            }
        }
        Err(explain(rustix::io::Errno::EXIST, "set aside", &self.directory.path(part)))
    }

    fn create(
        &self,
        generation: u32,
        journal: &[u8],
        complete_length: Option<u64>,
        final_name: OsString,
    ) -> io::Result<Current> {
        let name = names::part(&self.place.name);
        let path = self.directory.path(&name);
        let everyone = Mode::from_raw_mode(0o666);
        let file = self.directory.create(&name, everyone).map_err(|error| match error.kind() {
            // It was not there when this place was opened.
            io::ErrorKind::AlreadyExists => explain(Trouble::Locked, "create", &path),
            _ => error,
        })?;
        lock(&file, &path)?;
        let made = complete_length
            .map_or(Ok(()), |length| preallocate(&file, length))
            .and_then(|()| rustix::fs::fsync(&file));
        if let Err(errno) = made {
            // An empty file would only be in the way.
            let _ = self.directory.remove(&name);
            return Err(explain(errno, "make room for", &path));
        }
        let mark = Mark::of(&file).map_err(|errno| explain(errno, "look at", &path))?;
        let journal_name = names::journal(&self.place.name);
        let journal = JournalFile::create(&self.directory, &journal_name, mark, &final_name, journal)?;
        self.directory.sync()?;
        Ok(Current {
            generation: Some(generation),
            final_name,
            part: Part::new(file, path),
            journal: Mutex::new(Some(journal)),
        })
    }
}
