//! Directories: index, entries and their bounds.

use std::time::{Duration, UNIX_EPOCH};

use swath_serve::store::files::ENTRIES_MAX;
use swath_serve::store::{Directory, EntryKind, Selection, Store};

use crate::{RESOLUTIONS, Space, outcome, select};

fn list(store: &Store, path: &str) -> Directory {
    match select(store, path) {
        Ok(Selection::Directory(directory)) => directory,
        other => panic!("{path}: {other:?}"),
    }
}

#[test]
fn entries_have_kind_length_and_date() {
    let space = Space::new();
    let file = std::fs::File::create(space.root().join("file")).unwrap();
    file.set_len(12345).unwrap();
    file.set_modified(UNIX_EPOCH + Duration::new(1_700_000_000, 5)).unwrap();
    std::fs::create_dir(space.root().join("dir")).unwrap();
    space.link("file", "link");
    space.write(".hidden", "");
    for resolution in RESOLUTIONS {
        let mut directory = list(&space.store(|options| options.resolution = resolution), "/");
        directory.entries.sort_by(|one, other| one.name.cmp(&other.name));
        let [dir, file, link] = directory.entries.as_slice() else { panic!("{directory:?}") };
        assert_eq!((dir.name.to_str(), dir.kind), (Some("dir"), EntryKind::Directory));
        for entry in [file, link] {
            assert_eq!((entry.kind, entry.length), (EntryKind::File, 12345));
            assert_eq!(entry.modified, Some(UNIX_EPOCH + Duration::new(1_700_000_000, 5)));
        }
        assert!(!directory.truncated && directory.names.is_empty());
    }
    let all = list(&space.store(|options| options.hidden = true), "/");
    assert!(all.entries.iter().any(|entry| entry.name == ".hidden"));
    assert!(!all.entries.iter().any(|entry| entry.name == "." || entry.name == ".."));
}

#[test]
fn links_in_a_directory_below_are_resolved_from_there() {
    let space = Space::new();
    space.write("a/b/file", "four");
    space.link("../b/file", "a/b/link");
    space.link("../../../secret", "a/b/out");
    let directory = list(&space.store(|_| ()), "/a/b/");
    assert_eq!(directory.names, ["a", "b"]);
    let mut names: Vec<_> =
        directory.entries.iter().map(|entry| (entry.name.to_str().unwrap(), entry.length)).collect();
    names.sort_unstable();
    assert_eq!(names, [("file", 4), ("link", 4)]);
}

#[test]
fn an_index_stands_for_its_directory() {
    let space = Space::new();
    space.write("index.html", "top");
    space.write("dir/index.html", "below");
    std::fs::create_dir_all(space.root().join("odd/index.html")).unwrap();
    for resolution in RESOLUTIONS {
        let store = space.store(|options| options.resolution = resolution);
        for (path, expected) in [
            ("/", "top"),
            ("/dir/", "below"),
            ("/dir", "to /dir/"),
            ("/odd/", "directory"),
            ("/index.html", "top"),
        ] {
            assert_eq!(outcome(&store, path), expected, "{path}");
        }
        let selected = crate::selected(&store, "/dir/");
        assert_eq!(selected.name.to_str(), Some("index.html"));
        assert_eq!(selected.representation.content_type.as_ref().unwrap(), "text/html; charset=utf-8");
    }
    let store = space.store(|options| options.index = false);
    assert_eq!(outcome(&store, "/"), "directory");
    assert_eq!(outcome(&store, "/dir/"), "directory");
}

#[test]
fn a_directory_with_too_many_entries_is_cut_and_says_so() {
    let space = Space::new();
    let store = space.store(|_| ());
    for at in 0..ENTRIES_MAX {
        std::fs::hard_link(space.outer().join("secret"), space.root().join(at.to_string())).unwrap();
    }
    let full = list(&store, "/");
    assert_eq!((full.entries.len(), full.truncated), (ENTRIES_MAX, false));
    space.write(".hidden", "");
    assert!(!list(&store, "/").truncated, "what is hidden takes no place");
    space.write("one-more", "");
    let cut = list(&store, "/");
    assert_eq!((cut.entries.len(), cut.truncated), (ENTRIES_MAX, true));
}
