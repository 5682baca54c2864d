//! Disks that are full, read-only or gone, and files that somebody else writes.

use std::io::ErrorKind;
use std::path::Path;
use std::process::Command;

use bytes::Bytes;
use swath_fetch::Sink;
use swath_fetch::disk::Disk;

use crate::journal_text::Lines;
use crate::{about, begin, identity, names, open, place};

/// Tells this program, run again by itself, which of the following to do and where.
const CHILD: &str = "SWATH_TEST_DISK_CHILD";

#[test]
fn a_second_process_is_told() {
    let directory = tempfile::tempdir().unwrap();
    let (disk, _) = open(directory.path());
    // Both looked before either began.
    let (other, _) = open(directory.path());
    begin(&disk, 1);
    let (_, head) = Lines::head(1, 10);
    let late = other.start(1, &head, Some(10), false, &about()).unwrap_err();
    assert_eq!(late.kind(), ErrorKind::ResourceBusy, "{late}");
    let refused = Disk::open(place(directory.path())).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::ResourceBusy);
    assert!(refused.to_string().contains("another process is writing it"), "{refused}");
    begin(&disk, 2);
    assert!(Disk::open(place(directory.path())).is_err(), "after a new version too");
    drop(disk);
    open(directory.path());
}

#[test]
fn a_directory_that_vanishes_is_noticed() {
    let directory = tempfile::tempdir().unwrap();
    let (disk, _) = open(directory.path());
    begin(&disk, 1);
    std::fs::remove_dir_all(directory.path()).unwrap();
    let error = disk.sync(1).unwrap_err();
    assert!(error.to_string().contains("removed"), "{error}");
    assert!(disk.finish(1, &identity(4), &about()).is_err());
    let none = Disk::open(place(directory.path())).unwrap_err();
    assert_eq!(none.kind(), ErrorKind::NotFound);
    assert!(none.to_string().contains("create it"), "{none}");
}

#[test]
fn a_file_that_can_never_fit_is_refused_before_it_begins() {
    let directory = tempfile::tempdir().unwrap();
    let (disk, _) = open(directory.path());
    let (_, head) = Lines::head(1, 1 << 46);
    let error = disk.start(1, &head, Some(1 << 46), false, &about()).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::FileTooLarge), "{error}");
    assert_eq!(names(directory.path()), [""; 0]);
}

#[test]
fn other_things_of_the_same_name_are_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::create_dir(crate::part(directory.path())).unwrap();
    assert!(Disk::open(place(directory.path())).is_err());
    std::fs::remove_dir(crate::part(directory.path())).unwrap();
    assert!(Command::new("mkfifo").arg(crate::part(directory.path())).status().unwrap().success());
    let error = Disk::open(place(directory.path())).unwrap_err();
    assert!(error.to_string().contains("not a regular file"), "{error}");
    std::fs::remove_file(crate::part(directory.path())).unwrap();
    std::fs::write(crate::journal(directory.path()), "a diary").unwrap();
    let (disk, _) = open(directory.path());
    let (_, head) = Lines::head(1, 10);
    assert_eq!(disk.start(1, &head, None, false, &about()).unwrap_err().kind(), ErrorKind::AlreadyExists);
    assert_eq!(std::fs::read(crate::journal(directory.path())).unwrap(), b"a diary");
}

/// Runs one of the children below in a process of its own, after a command that may be empty.
fn run(before: &str, child: &str, directory: &Path) -> std::process::Output {
    let itself = std::env::current_exe().unwrap();
    let script = format!("{before} exec \"$0\" --exact errors::child --nocapture");
    let mut command = Command::new("unshare");
    command.args(["--map-root-user", "--mount", "sh", "-c", &script]).arg(itself);
    command.env(CHILD, child).env("SWATH_TEST_DIRECTORY", directory).output().unwrap()
}

#[allow(clippy::print_stderr, reason = "what is not tested is said")]
/// Whether there are mounts of one's own here, without which disks cannot be made full or read-only.
fn can_mount() -> bool {
    let can = Command::new("unshare")
        .args(["--map-root-user", "--mount", "true"])
        .output()
        .is_ok_and(|output| output.status.success());
    if !can {
        eprintln!("no mounts of one's own here: full and read-only disks are NOT tested");
    }
    can
}

#[test]
fn a_full_disk_loses_nothing() {
    if !can_mount() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let mount = "mount -t tmpfs -o size=1m tmpfs \"$SWATH_TEST_DIRECTORY\" &&";
    let output = run(mount, "full", directory.path());
    assert!(output.status.success(), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stdout).contains("full: done"), "{output:?}");
}

#[test]
fn a_read_only_disk_says_so() {
    if !can_mount() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let mount = "mount -t tmpfs -o ro tmpfs \"$SWATH_TEST_DIRECTORY\" &&";
    let output = run(mount, "read-only", directory.path());
    assert!(output.status.success(), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stdout).contains("read-only: done"), "{output:?}");
}

#[test]
fn a_limit_on_the_size_of_files_is_an_error_and_not_the_end() {
    let directory = tempfile::tempdir().unwrap();
    let itself = std::env::current_exe().unwrap();
    let mut command = Command::new(itself);
    command.args(["--exact", "errors::child", "--nocapture"]);
    command.env(CHILD, "limit").env("SWATH_TEST_DIRECTORY", directory.path());
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stdout).contains("limit: done"), "{output:?}");
}

/// What the tests above run in processes of their own; by itself it does nothing.
#[test]
fn child() {
    let Ok(which) = std::env::var(CHILD) else { return };
    let directory = std::env::var_os("SWATH_TEST_DIRECTORY").unwrap();
    match which.as_str() {
        "full" => fill(Path::new(&directory)),
        "read-only" => {
            let (disk, _) = open(Path::new(&directory));
            let (_, head) = Lines::head(1, 10);
            let error = disk.start(1, &head, Some(10), false, &about()).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::ReadOnlyFilesystem);
            assert!(error.to_string().contains("mount it writable"), "{error}");
        }
        "limit" => limit(Path::new(&directory)),
        other => panic!("no such child: {other}"),
    }
    println!("{which}: done");
}

fn fill(directory: &Path) {
    let (disk, _) = open(directory);
    let (_, head) = Lines::head(1, 2 << 20);
    let early = disk.start(1, &head, Some(2 << 20), false, &about()).unwrap_err();
    assert_eq!(early.kind(), ErrorKind::StorageFull);
    assert_eq!(names(directory), [""; 0]);
    // Without a length nobody could know.
    let (mut lines, head) = Lines::head(1, 4 << 20);
    disk.start(1, &head, None, false, &about()).unwrap();
    let piece = Bytes::from(vec![7_u8; 512 << 10]);
    disk.write(1, 0, std::slice::from_ref(&piece)).unwrap();
    disk.sync(1).unwrap();
    disk.record(1, &lines.held(0, (512 << 10) - 1)).unwrap();
    let late = disk.write(1, 512 << 10, &[piece.clone(), piece.clone()]).unwrap_err();
    assert_eq!(late.kind(), ErrorKind::StorageFull);
    assert!(late.to_string().contains("make room, then run it again to resume"), "{late}");
    drop(disk);
    let (disk, found) = open(directory);
    assert_eq!(found.journal.unwrap().held.len(), 1);
    assert!(disk.equals(1, 0, &[piece]).unwrap());
}

fn limit(directory: &Path) {
    use rustix::process::{Resource, Rlimit, setrlimit};
    let (disk, _) = open(directory);
    let (_, head) = Lines::head(1, 1 << 20);
    disk.start(1, &head, None, false, &about()).unwrap();
    setrlimit(Resource::Fsize, Rlimit { current: Some(4096), maximum: Some(1 << 30) }).unwrap();
    disk.write(1, 0, &[Bytes::from(vec![1; 4096])]).unwrap();
    let error = disk.write(1, 4096, &[Bytes::from_static(b"x")]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::FileTooLarge);
    assert!(error.to_string().contains("ulimit -f"), "{error}");
    disk.sync(1).unwrap();
    drop(disk);
    std::fs::remove_file(crate::part(directory)).unwrap();
    let (disk, _) = open(directory);
    let early = disk.start(1, &head, Some(1 << 20), false, &about()).unwrap_err();
    assert_eq!(early.kind(), ErrorKind::FileTooLarge, "known before anything is fetched");
}
