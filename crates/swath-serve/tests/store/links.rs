//! Symbolic links by mode and by who resolves them.

use std::fs;
use std::os::unix::fs::symlink;

use swath_serve::store::{Selection, Symlinks};

use crate::{MODES, RESOLUTIONS, SECRET, Space, outcome, select, store};

const IN: &str = "inside";
const NONE: &str = "not found";

/// Targets through links, and what comes of them by the modes inside, follow, none.
const MATRIX: &[(&str, [&str; 3])] = &[
    ("/relative", [IN, IN, NONE]),
    ("/up-and-down", [IN, IN, NONE]),
    ("/absolute", [IN, IN, NONE]),
    ("/absolute-dir/file", [IN, IN, NONE]),
    ("/absolute-dir", ["to /absolute-dir/", "to /absolute-dir/", NONE]),
    ("/absolute-dir/", ["directory", "directory", NONE]),
    ("/relative-dir/file", [IN, IN, NONE]),
    ("/dir/relative-up", [IN, IN, NONE]),
    ("/around", [IN, IN, NONE]),
    ("/by-way-of-outside", [IN, IN, NONE]),
    ("/chain", [IN, IN, NONE]),
    ("/root-itself/dir/file", [IN, IN, NONE]),
    ("/to-hidden", ["hidden", "hidden", NONE]),
    ("/out", [NONE, SECRET, NONE]),
    ("/out-absolute", [NONE, SECRET, NONE]),
    ("/out-through-root", [NONE, SECRET, NONE]),
    ("/out-dir/secret", [NONE, SECRET, NONE]),
    ("/out-dir", [NONE, "to /out-dir/", NONE]),
    ("/out-dir/", [NONE, "directory", NONE]),
    ("/out-dir/root/dir/file", [IN, IN, NONE]),
    ("/out-chain", [NONE, SECRET, NONE]),
    ("/out-of-dir/secret", [NONE, SECRET, NONE]),
    ("/neighbour", [NONE, "a neighbour", NONE]),
    ("/loop", [NONE, NONE, NONE]),
    ("/loop-one", [NONE, NONE, NONE]),
    ("/dangling", [NONE, NONE, NONE]),
    ("/dangling-outside", [NONE, NONE, NONE]),
    ("/dangling-dir/", [NONE, NONE, NONE]),
    ("/relative/x", [NONE, NONE, NONE]),
    ("/relative/", [NONE, NONE, NONE]),
    ("/slash-at-end", [NONE, NONE, NONE]),
    ("/magic", [NONE, NONE, NONE]),
    ("/magic-root/etc/hostname", [NONE, NONE, NONE]),
    ("/dir/file", [IN, IN, IN]),
];

fn space() -> Space {
    let space = Space::new();
    let root = space.root();
    space.write("dir/file", IN);
    space.write(".hidden", "hidden");
    // Its name starts like the root's: a comparison of strings would take it for a part of it.
    fs::create_dir(space.outer().join("root-neighbour")).unwrap();
    fs::write(space.outer().join("root-neighbour/file"), "a neighbour").unwrap();
    symlink(root.join("dir"), space.outer().join("back-in")).unwrap();
    space.link("dir/file", "relative");
    space.link("dir/../dir/./file", "up-and-down");
    space.link(root.join("dir/file"), "absolute");
    space.link(root.join("dir"), "absolute-dir");
    space.link("dir", "relative-dir");
    space.link("../dir/file", "dir/relative-up");
    space.link("../root/dir/file", "around");
    space.link(space.outer().join("back-in/file"), "by-way-of-outside");
    space.link("absolute", "chain");
    space.link(&root, "root-itself");
    space.link(".hidden", "to-hidden");
    space.link("../secret", "out");
    space.link(space.outer().join("secret"), "out-absolute");
    space.link(root.join("../secret"), "out-through-root");
    space.link("..", "out-dir");
    space.link("out", "out-chain");
    space.link("dir/../..", "out-of-dir");
    space.link("../root-neighbour/file", "neighbour");
    space.link("loop-one", "loop");
    space.link("loop", "loop-one");
    space.link("nothing", "dangling");
    space.link("../nothing", "dangling-outside");
    space.link("nothing", "dangling-dir");
    space.link("dir/file/", "slash-at-end");
    space.link("/proc/self/exe", "magic");
    space.link("/proc/self/root", "magic-root");
    space
}

#[test]
fn links_lead_where_the_mode_lets_them() {
    let space = space();
    for resolution in RESOLUTIONS {
        for (column, symlinks) in MODES.into_iter().enumerate() {
            let store =
                space.store(|options| (options.resolution, options.symlinks) = (resolution, symlinks));
            for (path, expected) in MATRIX {
                // Without the kernel's help nothing marks what `follow` may reach through /proc; the operator who
                // chose it gave up the border anyway.
                if path.starts_with("/magic") && symlinks == Symlinks::Follow {
                    continue;
                }
                assert_eq!(outcome(&store, path), expected[column], "{path} {symlinks:?} {resolution:?}");
            }
        }
    }
}

#[test]
fn the_root_may_be_named_through_links() {
    let space = space();
    let named = space.outer().join("named");
    symlink(space.root(), &named).unwrap();
    for symlinks in MODES {
        let store = store(&named, |options| options.symlinks = symlinks);
        assert_eq!(outcome(&store, "/dir/file"), IN);
    }
    // Links written with the root's other name lead inside as well.
    space.link(named.join("dir/file"), "by-other-name");
    for resolution in RESOLUTIONS {
        assert_eq!(outcome(&space.store(|options| options.resolution = resolution), "/by-other-name"), IN);
    }
}

#[test]
fn links_as_index_and_sidecar_obey_the_mode_too() {
    let space = Space::new();
    fs::create_dir(space.root().join("dir")).unwrap();
    space.link("../../secret", "dir/index.html");
    space.write("page.txt", "plain");
    space.link("../secret", "page.txt.gz");
    for resolution in RESOLUTIONS {
        for (symlinks, index, page) in [
            (Symlinks::Inside, "directory", "plain"),
            (Symlinks::Follow, SECRET, SECRET),
            (Symlinks::None, "directory", "plain"),
        ] {
            let store = space.store(|options| {
                (options.resolution, options.symlinks, options.precompressed) = (resolution, symlinks, true);
            });
            assert_eq!(outcome(&store, "/dir/"), index, "{symlinks:?}");
            let now = std::time::SystemTime::now();
            // The link's target has to be no older than the page.
            fs::File::open(space.outer().join("secret")).unwrap().set_modified(now).unwrap();
            let Ok(Selection::Representation(selected)) =
                crate::select_at(&store, "/page.txt", &[b"gzip"], now)
            else {
                panic!()
            };
            assert_eq!(crate::read(&selected), page, "{symlinks:?}");
        }
    }
}

#[test]
fn a_listing_shows_the_links_that_can_be_followed() {
    let space = space();
    for resolution in RESOLUTIONS {
        for (column, symlinks) in MODES.into_iter().enumerate() {
            let store =
                space.store(|options| (options.resolution, options.symlinks) = (resolution, symlinks));
            let Ok(Selection::Directory(directory)) = select(&store, "/") else { panic!() };
            for (path, expected) in MATRIX {
                let name = &path[1..];
                if name.contains('/') || path.starts_with("/magic") {
                    continue;
                }
                let listed = directory.entries.iter().any(|entry| entry.name == name);
                assert_eq!(listed, expected[column] != NONE, "{path} {symlinks:?} {resolution:?}");
            }
        }
    }
}
