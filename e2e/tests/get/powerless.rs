//! The power fails at any moment: on a disk that forgets what was not synced, what is there at exit 0 is one version, whole,
//! and still is when the power fails right after.
//!
//! `SWATH_FAILURES` says how often (60); `make soak` asks for more.

use std::cell::RefCell;
use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use swath_e2e::forgetful::{Disk, Mounted};
use swath_trial::{
    programs::{Program, peers},
    run::{Outcome, judge},
};

use super::{
    program,
    sudden::{AT_ONCE, Fate, LONG, QUICK, Script, download, until},
};

const FAILURES: usize = 60;

#[test]
fn a_failure_of_the_power_never_mixes_versions() {
    let wanted: usize = std::env::var("SWATH_FAILURES")
        .map_or(FAILURES, |number| number.parse().expect("SWATH_FAILURES is a number"));
    let (swath, pages) = (program(), AtomicUsize::new(0));
    let (failures, downloads, kept) = until(wanted, |seed| on_a_forgetful_disk(&swath, &LONG, seed, &pages));
    let pages = pages.into_inner();
    println!(
        "{downloads} downloads, {failures} failures of the power and one after each, {pages} pages lost or torn"
    );
    assert!(kept > 0, "nothing was ever kept");
    assert!(pages > 0, "the disk forgot nothing: nothing was tested");
}

/// The test above can fail: wget syncs nothing, so what it called done is gone.
#[test]
fn a_program_that_does_not_sync_is_caught() {
    let wget = &peers().into_iter().find(|program| program.name == "wget").expect("it is among them");
    let caught = std::thread::scope(|scope| {
        let one = |seed| !on_a_forgetful_disk(wget, &QUICK, seed, &AtomicUsize::new(0)).is_right();
        let threads: Vec<_> = (1..=AT_ONCE as u64).map(|seed| scope.spawn(move || one(seed))).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().expect("no thread panics"))
            .filter(|caught| *caught)
            .count()
    });
    assert!(caught > 0, "wget came through all downloads");
}

/// And it can be passed: what was synced, with its folder, is there.
#[test]
fn a_program_that_syncs_loses_nothing() {
    for seed in 0..20 {
        let (disk, folder) = (Disk::default(), tempfile::tempdir().expect("a folder"));
        let mounted = mount(&disk, folder.path());
        let (part, whole) = (folder.path().join("part"), folder.path().join("whole"));
        let file = File::create(&part).expect("a file");
        file.write_all_at(&[7; 100_000], 50_000).expect("a file can be written");
        file.sync_data().expect("a file can be synced");
        file.write_all_at(&[8; 10_000], 150_000).expect("a file can be written");
        drop(file);
        fs::rename(&part, &whole).expect("a file can be renamed");
        File::open(folder.path()).and_then(|folder| folder.sync_all()).expect("a folder can be synced");
        mounted.unmount().expect("nobody holds a file open");
        let _ = disk.lose_power(seed);
        let _mounted = mount(&disk, folder.path());
        let octets = fs::read(&whole).expect("the name survives");
        assert!(
            octets[..50_000].iter().all(|octet| *octet == 0)
                && octets[50_000..150_000].iter().all(|octet| *octet == 7)
        );
        assert!(octets[150_000..].iter().all(|octet| matches!(octet, 0 | 8)) && !part.exists());
    }
}

/// One download during which the power fails, and once more after it is done.
fn on_a_forgetful_disk(program: &Program, script: &Script, seed: u64, pages: &AtomicUsize) -> Fate {
    let (disk, folder) = (Disk::default(), tempfile::tempdir().expect("a folder"));
    let mounted = RefCell::new(Some(mount(&disk, folder.path())));
    let mut fail = |number: u64| {
        mounted.borrow_mut().take().expect("it is mounted").unmount().expect("nobody holds a file open");
        pages.fetch_add(disk.lose_power(number).pages_lost, Ordering::Relaxed);
        *mounted.borrow_mut() = Some(mount(&disk, folder.path()));
    };
    let mut fate = download(program, script, folder.path(), seed, &mut fail);
    if let Outcome::Whole(_) = fate.outcome {
        fail(seed);
        fate.outcome = judge(Some(std::process::ExitStatus::default()), &folder.path().join("got.bin"));
        fate.story += "; then the power failed";
    }
    fate
}

pub(crate) fn mount(disk: &Disk, folder: &Path) -> Mounted {
    disk.mount(folder).unwrap_or_else(|why| {
        panic!("cannot mount by FUSE: {why}; that needs /dev/fuse, and root or fusermount3 (e2e/setup.sh installs it)")
    })
}
