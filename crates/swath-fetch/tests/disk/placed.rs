//! How a whole file gets its name, and what is left when that is interrupted.

use std::fs;
use std::io::ErrorKind;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use swath_fetch::disk::{Disk, Place};
use swath_fetch::{About, Sink};

use crate::journal_text::Lines;
use crate::{about, begin, identity, names, open, open_place, place};

fn complete(disk: &Disk) {
    begin(disk, 1);
    disk.write(1, 4, &[Bytes::from_static(b"456789")]).unwrap();
    disk.sync(1).unwrap();
}

#[test]
fn a_whole_file_has_its_name_its_date_and_nothing_beside_it() {
    let directory = tempfile::tempdir().unwrap();
    let (disk, _) = open(directory.path());
    complete(&disk);
    let wanted = "sha-256=84d89877f0d4041efb6bf91a16f0248f2fd573e6af05c19f96bedb9f882f7882".parse().unwrap();
    assert!(disk.digest(1, &wanted).unwrap());
    let finished = disk.finish(1, &identity(10), &about()).unwrap();
    let path = directory.path().join("file.bin");
    assert_eq!(finished.path.as_ref(), Some(&path));
    assert_eq!(fs::read(&path).unwrap(), b"0123456789");
    assert_eq!(names(directory.path()), ["file.bin"]);
    let date = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    assert_eq!(fs::metadata(&path).unwrap().modified().unwrap(), date);
    let facts = swath_fetch::finished::facts(&path, &about().url).unwrap().unwrap();
    assert_eq!(facts.identity.complete_length, Some(10));
    assert!(disk.write(1, 0, &[Bytes::from_static(b"x")]).is_err(), "after the end");
}

#[test]
fn what_stands_behind_the_end_is_cut_and_what_is_missing_is_an_error() {
    let directory = tempfile::tempdir().unwrap();
    let (disk, _) = open(directory.path());
    complete(&disk);
    let error = disk.finish(1, &identity(11), &about()).unwrap_err();
    assert!(error.to_string().contains("another length"), "{error}");
    disk.finish(1, &identity(9), &about()).unwrap();
    assert_eq!(fs::read(directory.path().join("file.bin")).unwrap(), b"012345678");
}

#[test]
fn no_file_is_replaced_unless_that_was_asked_for() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("file.bin");
    fs::write(&path, "precious").unwrap();
    let (disk, _) = open(directory.path());
    let (_, head) = Lines::head(1, 10);
    let early = disk.start(1, &head, Some(10), false, &about()).unwrap_err();
    assert_eq!(early.kind(), ErrorKind::AlreadyExists);
    assert!(early.to_string().contains("--force"), "{early}");
    fs::remove_file(&path).unwrap();
    complete(&disk);
    fs::write(&path, "precious").unwrap();
    let late = disk.finish(1, &identity(10), &about()).unwrap_err();
    assert_eq!(late.kind(), ErrorKind::AlreadyExists);
    assert_eq!(fs::read(&path).unwrap(), b"precious");
    drop(disk);
    let (disk, found) = open_place(&Place { force: true, ..place(directory.path()) });
    assert!(found.journal.is_some(), "nothing was lost");
    disk.finish(1, &identity(10), &about()).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"0123456789");
}

#[test]
fn the_name_of_the_server_outlives_a_kill() {
    let directory = tempfile::tempdir().unwrap();
    let place = Place { named_by_server: true, ..place(directory.path()) };
    let (disk, _) = open_place(&place);
    let mut fields = http::HeaderMap::new();
    fields.insert("content-disposition", "attachment; filename=\"../disk 1.iso\"".parse().unwrap());
    let (_, head) = Lines::head(1, 4);
    disk.start(1, &head, Some(4), false, &About { fields, ..about() }).unwrap();
    disk.write(1, 0, &[Bytes::from_static(b"0123")]).unwrap();
    assert_eq!(names(directory.path()), ["file.bin.part", "file.bin.part.journal"]);
    drop(disk);
    let (disk, _) = open_place(&place);
    disk.finish(1, &identity(4), &about()).unwrap();
    assert_eq!(names(directory.path()), ["disk 1.iso"]);
}

#[test]
fn a_file_that_somebody_else_put_there_is_not_renamed() {
    let directory = tempfile::tempdir().unwrap();
    let (disk, _) = open(directory.path());
    complete(&disk);
    fs::remove_file(crate::part(directory.path())).unwrap();
    fs::write(crate::part(directory.path()), "another").unwrap();
    let error = disk.finish(1, &identity(10), &about()).unwrap_err();
    assert!(error.to_string().contains("removed"), "{error}");
    assert!(!directory.path().join("file.bin").exists());
}
