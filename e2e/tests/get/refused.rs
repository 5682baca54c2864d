//! A disk that refuses: the reason is said with a cure, nothing that was held is lost, and the same command goes on once the disk obeys.

use std::path::Path;
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use rustix::{io::Errno, process::Signal};
use swath_e2e::forgetful::{Call, Disk};
use swath_trial::{
    Ending, Origin,
    rows::find,
    run::{Outcome, PATIENCE, Running, judge},
};

use super::{powerless::mount, program, sudden::goes_on};

/// Octets a second over each of eight connections: the file takes four seconds or more, and is to be interrupted after one.
const RATE: u64 = 512 << 10;

#[test]
fn what_a_disk_refuses_is_said_and_loses_nothing() {
    let cases = [
        (Call::Write, Errno::IO, "the disk has an error"),
        (Call::Write, Errno::DQUOT, "the disk quota is used up"),
        (Call::Write, Errno::NOSPC, "the disk is full"),
        (Call::Write, Errno::FBIG, "ulimit -f"),
        (Call::Sync, Errno::IO, "the disk has an error"),
        (Call::Rename, Errno::IO, "the disk has an error"),
    ];
    std::thread::scope(|scope| {
        for (call, error, said) in cases {
            scope.spawn(move || refused(call, error, said));
        }
    });
}

fn refused(call: Call, error: Errno, expected: &str) {
    let (disk, folder) = (Disk::default(), tempfile::tempdir().expect("a folder"));
    let _mounted = mount(&disk, folder.path());
    let origin = Origin::paced(find("honest").expect("a row"), RATE).expect("a port");
    let file = folder.path().join("got.bin");

    // A part that is durable, to be lost or not.
    let (ended, said) = get(&origin, &file, |running| {
        let begun = Instant::now();
        while origin.counts().sent < 4 << 20 && begun.elapsed() < PATIENCE {
            std::thread::sleep(Duration::from_millis(5));
        }
        running.signal(Signal::INT);
    });
    assert_eq!(ended.and_then(|status| status.code()), Some(130), "{call:?} {error}: {said}");

    // Some calls are obeyed, so that it is refused in the middle of the work.
    disk.refuse(call, error, if call == Call::Write { 20 } else { 0 });
    let (ended, said) = get(&origin, &file, |_| {});
    assert_eq!(judge(ended, &file), Outcome::Failed(6), "{call:?} {error}: {said}");
    assert!(said.contains(expected) && !file.exists(), "{call:?} {error}: {said}");

    disk.obey();
    let before = origin.counts().asked.len();
    let (ended, said) = get(&origin, &file, |_| {});
    assert_eq!(judge(ended, &file), Outcome::Whole(Ending::First), "{call:?} {error}: {said}");
    let asked = origin.counts().asked.split_off(before);
    assert!(asked.iter().all(|line| goes_on(line)), "{call:?} {error}: it began anew: {asked:?}");
}

/// Fetches, and gives how that ended and what was said.
fn get(origin: &Origin, file: &Path, meanwhile: impl FnOnce(&Running)) -> (Option<ExitStatus>, String) {
    let swath = program();
    let said = tempfile::NamedTempFile::new().expect("a file");
    let command = &mut swath.command(swath.resume, &origin.url(), file);
    command.env("HOME", "/nonexistent").current_dir("/");
    let mut running = Running::start(command, said.path()).expect("the program starts");
    meanwhile(&running);
    let ended = running.look_for(PATIENCE).expect("a child can be waited for");
    (ended, std::fs::read_to_string(said.path()).unwrap_or_default())
}
