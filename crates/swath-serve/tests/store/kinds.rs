//! Devices, FIFOs and sockets: never given out, never waited for, not even touched.

use std::fs::{self, File};
use std::os::unix::net::UnixListener;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rustix::fs::{CWD, FileType, Mode, mknodat};
use swath_serve::store::{Selection, Symlinks};

use crate::{MODES, RESOLUTIONS, Space, outcome, select};

fn fifo(space: &Space) -> std::path::PathBuf {
    let path = space.root().join("fifo");
    mknodat(CWD, &path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    path
}

#[test]
fn special_files_are_not_found_and_not_listed() {
    let space = Space::new();
    fifo(&space);
    let _socket = UnixListener::bind(space.root().join("socket")).unwrap();
    space.link("fifo", "to-fifo");
    space.link("/dev/zero", "to-device");
    space.link("/dev/null", "index.html");
    space.write("file", "x");
    for resolution in RESOLUTIONS {
        for symlinks in MODES {
            let store =
                space.store(|options| (options.resolution, options.symlinks) = (resolution, symlinks));
            let begun = Instant::now();
            for path in ["/fifo", "/socket", "/to-fifo", "/to-device", "/index.html", "/fifo/", "/fifo/x"] {
                assert_eq!(outcome(&store, path), "not found", "{path} {symlinks:?} {resolution:?}");
            }
            assert!(begun.elapsed() < Duration::from_secs(5), "nothing was waited for");
            let Ok(Selection::Directory(directory)) = select(&store, "/") else { panic!() };
            let names: Vec<_> = directory.entries.iter().map(|entry| entry.name.to_str().unwrap()).collect();
            assert_eq!(names, ["file"]);
        }
    }
}

#[test]
fn a_fifos_writer_is_not_woken() {
    let space = Space::new();
    let path = fifo(&space);
    static OPENED: AtomicBool = AtomicBool::new(false);
    let writer = thread::spawn({
        let path = path.clone();
        move || {
            let file = File::options().write(true).open(path).unwrap();
            OPENED.store(true, Ordering::SeqCst);
            drop(file);
        }
    });
    thread::sleep(Duration::from_millis(50));
    for resolution in RESOLUTIONS {
        for symlinks in [Symlinks::Inside, Symlinks::Follow, Symlinks::None] {
            let store =
                space.store(|options| (options.resolution, options.symlinks) = (resolution, symlinks));
            assert_eq!(outcome(&store, "/fifo"), "not found");
        }
    }
    thread::sleep(Duration::from_millis(50));
    assert!(!OPENED.load(Ordering::SeqCst), "somebody opened the FIFO for reading");
    let _reader = File::open(path).unwrap();
    writer.join().unwrap();
}

#[test]
fn an_empty_file_and_a_sparse_one_are_files() {
    let space = Space::new();
    space.write("empty", "");
    File::create(space.root().join("sparse")).unwrap().set_len(1 << 40).unwrap();
    let store = space.store(|_| ());
    assert_eq!(outcome(&store, "/empty"), "");
    assert_eq!(crate::selected(&store, "/sparse").representation.complete_length, 1 << 40);
}

#[test]
fn the_root_that_was_opened_is_the_one_that_is_served() {
    let space = Space::new();
    space.write("file", "first");
    let store = space.store(|_| ());
    fs::rename(space.root(), space.outer().join("moved")).unwrap();
    fs::create_dir(space.root()).unwrap();
    space.write("file", "second");
    assert_eq!(outcome(&store, "/file"), "first");
}
