//! What an earlier run left, and whether it is believed.

use std::fs;

use bytes::Bytes;
use swath_fetch::Sink;
use swath_fetch::disk::Found;

use crate::journal_text::Lines;
use crate::{about, begin, journal, names, open, part};

#[test]
fn what_was_recorded_is_found_again() {
    let directory = tempfile::tempdir().unwrap();
    let (disk, found) = open(directory.path());
    assert_eq!(found, Found::default());
    assert_eq!(names(directory.path()), [""; 0], "nothing before there is an answer");
    begin(&disk, 1);
    drop(disk);
    let (disk, found) = open(directory.path());
    let read = found.journal.unwrap();
    assert_eq!((read.generation, read.held.len(), read.identity.complete_length), (1, 1, Some(10)));
    disk.write(1, 4, &[Bytes::from_static(b"456789")]).unwrap();
    assert!(disk.equals(1, 0, &[Bytes::from_static(b"0123456789")]).unwrap());
}

#[test]
fn a_torn_record_is_cut_off_before_the_next() {
    let directory = tempfile::tempdir().unwrap();
    let (disk, _) = open(directory.path());
    begin(&disk, 1);
    drop(disk);
    let whole = fs::read(journal(directory.path())).unwrap();
    fs::write(journal(directory.path()), [&whole[..], b"held 4-9 1 pin"].concat()).unwrap();
    let (disk, found) = open(directory.path());
    assert_eq!(found.journal.unwrap().held.len(), 1);
    assert_eq!(fs::read(journal(directory.path())).unwrap(), whole);
    disk.write(1, 4, &[Bytes::from_static(b"456789")]).unwrap();
    let (mut lines, _) = Lines::head(1, 10);
    lines.held(0, 3);
    disk.record(1, &lines.held(4, 9)).unwrap();
    drop(disk);
    assert_eq!(open(directory.path()).1.journal.unwrap().held.len(), 2);
}

#[test]
fn a_journal_counts_only_beside_its_own_file() {
    let directory = tempfile::tempdir().unwrap();
    let (disk, _) = open(directory.path());
    begin(&disk, 1);
    drop(disk);
    // Moved together, it still is its own file.
    fs::rename(part(directory.path()), directory.path().join("moved.part")).unwrap();
    fs::rename(directory.path().join("moved.part"), part(directory.path())).unwrap();
    assert!(open(directory.path()).1.journal.is_some());
    // Copied, it may have been written to since, and so may another program's of that name.
    std::thread::sleep(std::time::Duration::from_millis(20));
    fs::copy(part(directory.path()), directory.path().join("copy")).unwrap();
    fs::rename(directory.path().join("copy"), part(directory.path())).unwrap();
    let (_, found) = open(directory.path());
    assert_eq!(found, Found { journal: None, unproved: Some(4), finished: false });
}

#[test]
fn a_journal_that_says_more_than_there_is_does_not_count() {
    let directory = tempfile::tempdir().unwrap();
    let (disk, _) = open(directory.path());
    begin(&disk, 1);
    drop(disk);
    fs::File::options().write(true).open(part(directory.path())).unwrap().set_len(3).unwrap();
    assert_eq!(open(directory.path()).1.unproved, Some(3));
    fs::write(journal(directory.path()), b"").unwrap();
    assert_eq!(open(directory.path()).1.unproved, Some(3), "an empty journal");
    fs::remove_file(journal(directory.path())).unwrap();
    assert_eq!(open(directory.path()).1.unproved, Some(3), "no journal");
}

#[test]
fn octets_that_nothing_vouches_for_are_set_aside_or_adopted() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(part(directory.path()), b"0123xx").unwrap();
    let (disk, found) = open(directory.path());
    assert_eq!(found.unproved, Some(6));
    assert!(disk.write(1, 0, &[Bytes::from_static(b"0")]).is_err(), "before anything was said about it");
    let (_, head) = Lines::head(1, 10);
    disk.adopt(1, &head, Some(10), &about()).unwrap();
    assert!(disk.equals(1, 0, &[Bytes::from_static(b"0123")]).unwrap());
    drop(disk);
    let (disk, found) = open(directory.path());
    assert_eq!(found.journal.unwrap().held, []);
    assert!(disk.adopt(1, &head, Some(10), &about()).is_err(), "it has a journal now");

    let other = tempfile::tempdir().unwrap();
    fs::write(part(other.path()), b"precious").unwrap();
    let (disk, _) = open(other.path());
    begin(&disk, 1);
    assert_eq!(names(other.path()), ["file.bin-1.part", "file.bin.part", "file.bin.part.journal"]);
    assert_eq!(fs::read(other.path().join("file.bin-1.part")).unwrap(), b"precious");
}

#[test]
fn a_new_version_gets_a_new_file() {
    use std::os::unix::fs::MetadataExt;
    let directory = tempfile::tempdir().unwrap();
    let (disk, _) = open(directory.path());
    begin(&disk, 1);
    let old = fs::File::open(part(directory.path())).unwrap();
    begin(&disk, 2);
    let (old, new) = (old.metadata().unwrap(), fs::metadata(part(directory.path())).unwrap());
    assert_eq!((old.nlink(), old.ino() != new.ino()), (0, true));
    assert_eq!(names(directory.path()), ["file.bin.part", "file.bin.part.journal"]);
    assert!(disk.write(1, 0, &[Bytes::from_static(b"late")]).is_err(), "a write to the old one");
    drop(disk);
    assert_eq!(open(directory.path()).1.journal.unwrap().generation, 2);
}

#[test]
fn both_versions_are_kept_when_asked_for() {
    let directory = tempfile::tempdir().unwrap();
    let (disk, _) = open(directory.path());
    begin(&disk, 1);
    for generation in [2, 3] {
        let (_, head) = Lines::head(generation, 10);
        disk.start(generation, &head, None, true, &about()).unwrap();
    }
    drop(disk);
    let older = |number: u32| {
        let name = format!("file.bin-{number}").into();
        let place = swath_fetch::disk::Place { name, ..crate::place(directory.path()) };
        crate::open_place(&place).1.journal.unwrap()
    };
    assert_eq!((older(1).generation, older(1).held.len()), (1, 1), "it can be resumed by its own name");
    assert_eq!(older(2).generation, 2);
    assert_eq!(open(directory.path()).1.journal.unwrap().generation, 3);
}
