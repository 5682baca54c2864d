//! Files that the server's user may not read.
//!
//! Root may read everything, so the requests run in a thread that gives its rights up for good: on Linux user and
//! group belong to the thread.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::thread;

use rustix::process::geteuid;
use rustix::thread::{Gid, Uid, set_thread_groups, set_thread_res_gid, set_thread_res_uid};
use swath_serve::store::{Files, FilesOptions, OpenRootError};

use crate::{RESOLUTIONS, Space, outcome};

/// Runs something as a user who owns nothing, if we are root; any other user is denied his own files by their mode.
fn without_rights<T: Send>(run: impl FnOnce() -> T + Send) -> T {
    thread::scope(|scope| {
        let denied = scope.spawn(|| {
            if geteuid().is_root() {
                let (group, user) = (Gid::from_raw(65534), Uid::from_raw(65534));
                set_thread_groups(&[]).unwrap();
                set_thread_res_gid(group, group, group).unwrap();
                set_thread_res_uid(user, user, user).unwrap();
            }
            run()
        });
        denied.join().unwrap()
    })
}

fn set_mode(path: impl AsRef<std::path::Path>, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

#[test]
fn what_may_not_be_read_is_forbidden() {
    let space = Space::new();
    set_mode(space.outer(), 0o755);
    space.write("open", "open");
    set_mode(space.write("closed", "closed"), 0o000);
    space.write("closed-dir/file", "closed");
    space.write("search-only/file", "found");
    space.write("search-only/index.html", "index");
    space.write("unlisted/file", "found");
    set_mode(space.write("closed-index/index.html", "closed"), 0o000);
    space.link(space.root().join("closed"), "link");
    fs::create_dir(space.outer().join("private")).unwrap();
    fs::write(space.outer().join("private/file"), "x").unwrap();
    space.link("../private/file", "out");
    space.link("../private/nothing", "out-nothing");
    for (name, mode) in [
        ("root/closed-dir", 0o000),
        ("root/search-only", 0o111),
        ("root/unlisted", 0o111),
        ("private", 0o000),
    ] {
        set_mode(space.outer().join(name), mode);
    }
    for resolution in RESOLUTIONS {
        without_rights(|| {
            let store = space.store(|options| options.resolution = resolution);
            for (path, expected) in [
                ("/open", "open"),
                ("/closed", "forbidden"),
                ("/link", "forbidden"),
                ("/closed-dir/file", "forbidden"),
                ("/closed-dir/nothing", "forbidden"),
                ("/closed-dir/", "forbidden"),
                ("/closed-dir", "to /closed-dir/"),
                ("/search-only", "to /search-only/"),
                ("/search-only/", "index"),
                ("/search-only/file", "found"),
                ("/unlisted/", "forbidden"),
                ("/unlisted/file", "found"),
                ("/closed-index/", "forbidden"),
                // What lies outside is not found, whether it is there or not and whoever may read it.
                ("/out", "not found"),
                ("/out-nothing", "not found"),
            ] {
                assert_eq!(outcome(&store, path), expected, "{path} {resolution:?}");
            }
        });
    }
    for name in ["root/closed-dir", "root/search-only", "root/unlisted", "private"] {
        set_mode(space.outer().join(name), 0o755);
    }
}

#[test]
fn a_root_that_may_not_be_read_is_said_at_once() {
    let space = Space::new();
    set_mode(space.outer(), 0o755);
    let closed = space.write("closed", "x");
    set_mode(&closed, 0o000);
    space.write("dir/below/file", "x");
    set_mode(space.root().join("dir"), 0o000);
    without_rights(|| {
        for root in [closed.clone(), space.root().join("dir/below"), space.root().join("dir/below/file")] {
            let opened = Files::open(FilesOptions::new(&root));
            assert!(matches!(&opened, Err(OpenRootError::Forbidden(path)) if *path == root), "{opened:?}");
        }
    });
    set_mode(space.root().join("dir"), 0o755);
}
