//! Names that change hands while requests run.

use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rustix::fs::{CWD, FileType, Mode, RenameFlags, mknodat, renameat_with};

use swath_serve::store::Selection;

use crate::{RESOLUTIONS, SECRET, Space, outcome, select};

/// How long each race runs: thousands of swaps.
const RACE: Duration = Duration::from_millis(400);

/// How long a race may run on until it has seen what has to be seen, on a machine that does much else.
const PATIENCE: Duration = Duration::from_secs(20);

/// Swaps two names as fast as it goes while `request` runs again and again; gives the outcomes seen, among them
/// "inside" unless that never comes.
fn race(one: &Path, other: &Path, request: impl Fn() -> String) -> Vec<String> {
    let over = AtomicBool::new(false);
    let mut seen = Vec::new();
    thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE).unwrap();
            }
        });
        let begun = Instant::now();
        let missed = |seen: &Vec<String>| !seen.iter().any(|outcome| outcome == "inside");
        while begun.elapsed() < RACE || (missed(&seen) && begun.elapsed() < PATIENCE) {
            let outcome = request();
            if !seen.contains(&outcome) {
                seen.push(outcome);
            }
        }
        over.store(true, Ordering::Relaxed);
    });
    seen
}

/// Runs a race by each way of resolving; the secret may never be seen, and what is inside has to be.
fn assert_kept(space: &Space, one: &str, other: &str, path: &str) {
    for resolution in RESOLUTIONS {
        let store = space.store(|options| options.resolution = resolution);
        let seen = race(&space.root().join(one), &space.root().join(other), || outcome(&store, path));
        assert!(seen.iter().any(|outcome| outcome == "inside"), "{seen:?} {resolution:?}");
        let known = ["inside", "not found", "overloaded", "to /swap/"];
        assert!(seen.iter().all(|outcome| known.contains(&outcome.as_str())), "{seen:?} {resolution:?}");
    }
}

fn outside(space: &Space) {
    fs::create_dir(space.outer().join("outside")).unwrap();
    fs::write(space.outer().join("outside/file"), SECRET).unwrap();
}

#[test]
fn a_directory_swapped_for_a_link_outside_gives_no_secret() {
    let space = Space::new();
    outside(&space);
    space.write("swap/file", "inside");
    space.link("../outside", "other");
    assert_kept(&space, "swap", "other", "/swap/file");
}

#[test]
fn a_file_swapped_for_a_link_outside_gives_no_secret() {
    let space = Space::new();
    space.write("swap", "inside");
    space.link(space.outer().join("secret"), "other");
    assert_kept(&space, "swap", "other", "/swap");
}

#[test]
fn a_link_that_is_swapped_gives_no_secret() {
    let space = Space::new();
    outside(&space);
    space.write("dir/file", "inside");
    space.link(space.root().join("dir"), "swap");
    space.link("../outside", "other");
    assert_kept(&space, "swap", "other", "/swap/file");
}

#[test]
fn a_directory_moved_out_does_not_take_its_parent_along() {
    // `deep/up` leads to `..`: if `deep` is moved out of the root in the midst of it, the kernel's `..` of it lies outside.
    let space = Space::new();
    outside(&space);
    space.write("file", "inside");
    fs::create_dir(space.root().join("deep")).unwrap();
    symlink("../file", space.root().join("deep/up")).unwrap();
    fs::create_dir(space.outer().join("outside/deep")).unwrap();
    for resolution in RESOLUTIONS {
        let store = space.store(|options| options.resolution = resolution);
        let (within, without) = (space.root().join("deep"), space.outer().join("outside/deep"));
        let seen = race(&within, &without, || outcome(&store, "/deep/up"));
        assert!(seen.iter().any(|outcome| outcome == "inside"), "{seen:?}");
        assert!(!seen.iter().any(|outcome| outcome == SECRET), "{seen:?}");
    }
}

#[test]
fn a_file_swapped_for_a_fifo_is_not_waited_for() {
    let space = Space::new();
    space.write("swap", "inside");
    mknodat(CWD, space.root().join("other"), FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    let begun = Instant::now();
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while begun.elapsed() < 3 * PATIENCE && !over.load(Ordering::Relaxed) {
                thread::sleep(RACE / 10);
            }
            // Lets go whoever waits for a writer, so that a broken server fails this test instead of hanging it.
            for name in ["swap", "other"] {
                drop(File::options().read(true).write(true).open(space.root().join(name)));
            }
        });
        assert_kept(&space, "swap", "other", "/swap");
        over.store(true, Ordering::Relaxed);
    });
    assert!(begun.elapsed() < 3 * PATIENCE, "a request waited");
}

#[test]
fn renames_elsewhere_disturb_nothing() {
    // While anything is renamed anywhere, the kernel will not vouch for a `..` and wants to be asked again.
    let space = Space::new();
    space.write("a/b/file", "inside");
    space.link("../b/../b/file", "a/b/link");
    space.write("swap/x", "");
    space.write("other/x", "");
    for resolution in RESOLUTIONS {
        let store = space.store(|options| options.resolution = resolution);
        let request = || {
            let Ok(Selection::Directory(directory)) = select(&store, "/a/b/") else { panic!() };
            let listed = directory.entries.iter().any(|entry| entry.name == "link");
            if listed { outcome(&store, "/a/b/link") } else { "not listed".into() }
        };
        let seen = race(&space.root().join("swap"), &space.root().join("other"), request);
        assert_eq!(seen, ["inside"], "{resolution:?}");
    }
}

#[test]
fn a_file_replaced_by_rename_is_always_there() {
    let space = Space::new();
    space.write("swap", "inside");
    space.write("other", "inside");
    for resolution in RESOLUTIONS {
        let store = space.store(|options| options.resolution = resolution);
        let seen = race(&space.root().join("swap"), &space.root().join("other"), || outcome(&store, "/swap"));
        assert_eq!(seen, ["inside"], "{resolution:?}");
    }
}

#[test]
fn what_was_opened_stays_what_it_was() {
    let space = Space::new();
    let path = space.write("file", "old");
    let store = space.store(|_| ());
    let selected = crate::selected(&store, "/file");
    fs::write(space.root().join("new"), "new!").unwrap();
    fs::rename(space.root().join("new"), &path).unwrap();
    assert_eq!(crate::read(&selected), "old");
    let again = crate::selected(&store, "/file");
    assert_eq!(crate::read(&again), "new!");
    let tags = (selected.representation.etag.clone().unwrap(), again.representation.etag.clone().unwrap());
    assert!(!tags.0.weak_eq(&tags.1));
}
