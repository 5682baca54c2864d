//! The journal on the disk: the machine's text behind a line that says which file it stands beside.
//!
//! In: records of what is durable. Out: the same, durable; after a crash, what was good of it.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

use byteranges::download::Journal;
use rustix::fs::Mode;

use super::directory::Directory;
use super::error::{Trouble, explain};
use super::mark::Mark;

/// The longest journal that is read: what the machine reads at most has a million lines of less than this.
const LENGTH_MAX: u64 = 128 * 1024 * 1024;

/// Holds an open journal.
#[derive(Debug)]
pub(super) struct JournalFile {
    file: File,
    path: PathBuf,
    /// Where the next record goes; none after a failure, since what stands there now is not known.
    end: Option<u64>,
}

/// Says what a journal is worth.
#[derive(Debug)]
pub(super) enum Worth {
    /// It stands beside this file; what is torn was cut off.
    Good {
        /// What it says.
        journal: Box<Journal>,
        /// The file to append to.
        file: JournalFile,
        /// What the finished file will be called.
        final_name: OsString,
    },
    /// It stands beside another file, or says more than the file can hold, or its head is torn.
    Nothing,
    /// There is none.
    Absent,
}

impl JournalFile {
    /// Creates a journal with its first octets, and makes them durable.
    pub(super) fn create(
        directory: &Directory,
        name: &OsStr,
        mark: Mark,
        final_name: &OsStr,
        head: &[u8],
    ) -> io::Result<Self> {
        // It may name URLs that nobody else should read.
        let file = directory.create(name, Mode::RUSR | Mode::WUSR)?;
        let path = directory.path(name);
        let octets = [&mark.line(final_name), head].concat();
        let write = file.write_all_at(&octets, 0).and_then(|()| file.sync_all());
        write.map_err(|error| explain(error, "write", &path))?;
        Ok(Self { file, path, end: Some(octets.len() as u64) })
    }

    /// Reads the journal beside an open file of `length` octets, and makes it ready for what follows.
    pub(super) fn open(directory: &Directory, name: &OsStr, part: &File, length: u64) -> io::Result<Worth> {
        let Some(file) = directory.open_file(name)? else { return Ok(Worth::Absent) };
        let path = directory.path(name);
        let octets = read(&file).map_err(|error| explain(error, "read", &path))?;
        let Some((mark, final_name, rest)) = Mark::read(&octets) else { return Ok(Worth::Nothing) };
        let own = Mark::of(part).map_err(|errno| explain(errno, "look at", &path))?;
        let Some(journal) = Journal::read(rest).filter(|_| mark == own) else { return Ok(Worth::Nothing) };
        if journal.held.iter().any(|held| held.range.last() >= length) {
            return Ok(Worth::Nothing);
        }
        let end = (octets.len() - rest.len() + journal.good) as u64;
        if (octets.len() as u64) > end {
            // Behind a torn line nothing would be believed.
            let cut = file.set_len(end).and_then(|()| file.sync_all());
            cut.map_err(|error| explain(error, "cut", &path))?;
        }
        let file = Self { file, path, end: Some(end) };
        Ok(Worth::Good { journal: Box::new(journal), file, final_name })
    }

    /// Appends octets, and makes them durable.
    pub(super) fn record(&mut self, octets: &[u8]) -> io::Result<()> {
        let end = self.end.take().ok_or_else(|| explain(Trouble::Poisoned, "write", &self.path))?;
        let write = self.file.write_all_at(octets, end).and_then(|()| self.file.sync_data());
        write.map_err(|error| explain(error, "write", &self.path))?;
        self.end = Some(end + octets.len() as u64);
        Ok(())
    }
}

/// Removes a journal that no unfinished file stands beside; tells whether it was that of the file `finished`.
///
/// A file of that name that no journal begins like is another program's, and stays.
pub(super) fn clear(directory: &Directory, name: &OsStr, finished: &OsStr) -> io::Result<bool> {
    let Some(file) = directory.open_file(name)? else { return Ok(false) };
    let octets = read(&file).map_err(|error| explain(error, "read", &directory.path(name)))?;
    let begun = octets.iter().all(|octet| *octet == 0) || octets.starts_with(b"swath-part-");
    if !begun {
        return Ok(false);
    }
    let mark = Mark::read(&octets).map(|(mark, ..)| mark);
    let known = match directory.open_to_read(finished) {
        Ok(Some(file)) => mark.is_some() && Mark::of(&file).ok() == mark,
        _ => false,
    };
    directory.remove(name)?;
    directory.sync()?;
    Ok(known)
}

fn read(file: &File) -> io::Result<Vec<u8>> {
    let facts = file.metadata()?;
    if !facts.is_file() {
        return Err(Trouble::NotAFile.into());
    }
    let length = usize::try_from(facts.len().min(LENGTH_MAX)).unwrap_or(0);
    let mut octets = vec![0; length];
    file.read_exact_at(&mut octets, 0)?;
    Ok(octets)
}
