//! How a whole file gets its final name.
//!
//! In: a file of which every octet is durable. Out: the same under its name, with its date, and no trace of the journal.
//!
//! Each step leaves something that the next run understands: before the rename the file can be resumed, after it the
//! journal is recognised as left over.

use std::io;
use std::path::PathBuf;
use std::sync::PoisonError;

use byteranges::download::Identity;

use super::error::explain;
use super::{Current, Disk, Trouble, names};
use crate::finished;
use crate::sink::{About, Finished};

impl Disk {
    pub(super) fn end(&self, generation: u32, identity: &Identity, about: &About) -> io::Result<Finished> {
        let current = self.current(generation)?;
        self.settle(&current, identity, about)?;
        let path = self.put_in_place(&current)?;
        self.directory.sync()?;
        self.tidy_up()?;
        self.directory.sync()?;
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = None;
        Ok(Finished { path: Some(path) })
    }

    /// Gives the file its length, its date and what a later run wants to know, and makes them durable.
    fn settle(&self, current: &Current, identity: &Identity, about: &About) -> io::Result<()> {
        let path = self.part_path();
        let length = current.part.length()?;
        let complete_length = identity.complete_length.filter(|complete_length| *complete_length <= length);
        let Some(complete_length) = complete_length else {
            return Err(explain(Trouble::WrongLength, "finish", &path));
        };
        let file = &current.part.file;
        if length > complete_length {
            // What another program left behind the end.
            file.set_len(complete_length).map_err(|error| explain(error, "cut", &path))?;
        }
        finished::describe(file, &about.url, identity)
            .map_err(|error| explain(error, "set the date of", &path))?;
        current.part.judge(file.sync_all())
    }

    /// Renames it. A file that came to be there in the meantime is replaced only when that was allowed.
    fn put_in_place(&self, current: &Current) -> io::Result<PathBuf> {
        let part = names::part(&self.place.name);
        if !self.directory.leads_to(&part, &current.part.file)? {
            return Err(explain(Trouble::Removed, "finish", &self.directory.path(&part)));
        }
        let name = &current.final_name;
        self.directory.rename(&part, name, self.place.force)?;
        Ok(self.directory.path(name))
    }

    fn tidy_up(&self) -> io::Result<()> {
        self.directory.remove(&names::journal(&self.place.name))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Found, Place};
    use super::*;
    use crate::sink::Sink;

    /// The head of a journal of four octets, as the machine writes it.
    fn head() -> Vec<u8> {
        let line = "swath-journal-1 1 4 \"v1\" - weak-date";
        format!("{line} {:08x}\n", crc32fast::hash(line.as_bytes())).into_bytes()
    }

    #[test]
    fn a_kill_after_each_step_leaves_what_the_next_run_understands() {
        let identity =
            Identity { complete_length: Some(4), etag: None, last_modified: None, date_is_strong: false };
        let url = url::Url::parse("http://h/file").unwrap();
        let about = About { url: url.clone(), answered: url, fields: http::HeaderMap::new() };
        for steps in 0..=3 {
            let directory = tempfile::tempdir().unwrap();
            let place = Place {
                directory: directory.path().to_owned(),
                name: "file".into(),
                named_by_server: false,
                force: false,
            };
            let (disk, _) = Disk::open(place.clone()).unwrap();
            disk.start(1, &head(), Some(4), false, &about).unwrap();
            disk.write(1, 0, &[bytes::Bytes::from_static(b"0123")]).unwrap();
            let current = disk.current(1).unwrap();
            if steps > 0 {
                disk.settle(&current, &identity, &about).unwrap();
            }
            if steps > 1 {
                disk.put_in_place(&current).unwrap();
            }
            if steps > 2 {
                disk.tidy_up().unwrap();
            }
            drop((current, disk));
            let (disk, found) = Disk::open(place).unwrap();
            match steps {
                0 | 1 => {
                    assert!(found.journal.is_some());
                    disk.end(1, &identity, &about).unwrap();
                }
                2 => assert_eq!(found, Found { finished: true, ..Found::default() }),
                _ => assert_eq!(found, Found::default()),
            }
            let names: Vec<_> = std::fs::read_dir(directory.path())
                .unwrap()
                .map(|entry| entry.unwrap().file_name())
                .collect();
            assert_eq!(names, ["file"], "after {steps} steps");
            assert_eq!(std::fs::read(directory.path().join("file")).unwrap(), b"0123");
        }
    }
}
