//! Downloads on real disks: what stays after a run, a kill, a full disk, another process.

mod errors;
mod journal_text;
mod kept;
mod killed;
mod placed;

use std::path::{Path, PathBuf};

use byteranges::download::Identity;
use bytes::Bytes;
use swath_fetch::disk::{Disk, Found, Place};
use swath_fetch::{About, Sink};
use url::Url;

/// A download of `file.bin` in a directory.
pub(crate) fn place(directory: &Path) -> Place {
    Place { directory: directory.to_owned(), name: "file.bin".into(), named_by_server: false, force: false }
}

pub(crate) fn open(directory: &Path) -> (Disk, Found) {
    open_place(&place(directory))
}

/// Opens a place that nobody writes to any more. Other tests of this process begin processes, which hold every lock for
/// the moment between fork and exec.
pub(crate) fn open_place(place: &Place) -> (Disk, Found) {
    for _ in 0..200 {
        match Disk::open(place.clone()) {
            Err(error) if error.kind() == std::io::ErrorKind::ResourceBusy => {
                std::thread::sleep(std::time::Duration::from_millis(20));
            }
            opened => return opened.unwrap(),
        }
    }
    panic!("{} stays locked", place.directory.display());
}

pub(crate) fn about() -> About {
    let url = Url::parse("http://example.org/file.bin").unwrap();
    About { answered: url.clone(), url, fields: http::HeaderMap::new() }
}

pub(crate) fn identity(length: u64) -> Identity {
    Identity {
        complete_length: Some(length),
        etag: byteranges::EntityTag::strong(b"v1"),
        last_modified: byteranges::HttpDate::from_seconds(1_700_000_000),
        date_is_strong: false,
    }
}

/// Begins a download of ten octets, and makes the first four durable.
pub(crate) fn begin(disk: &Disk, generation: u32) {
    let (mut lines, head) = journal_text::Lines::head(generation, 10);
    disk.start(generation, &head, Some(10), false, &about()).unwrap();
    disk.write(generation, 0, &[Bytes::from_static(b"0123")]).unwrap();
    disk.sync(generation).unwrap();
    disk.record(generation, &lines.held(0, 3)).unwrap();
}

/// The names in a directory, in order.
pub(crate) fn names(directory: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

pub(crate) fn part(directory: &Path) -> PathBuf {
    directory.join("file.bin.part")
}

pub(crate) fn journal(directory: &Path) -> PathBuf {
    directory.join("file.bin.part.journal")
}
