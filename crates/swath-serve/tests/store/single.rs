//! One file as the root.

use std::fs;

use swath_serve::store::{Files, FilesOptions, OpenRootError};

use crate::{RESOLUTIONS, Space, outcome, selected, store};

#[test]
fn it_is_given_at_the_top_and_by_its_name_and_nothing_else_is() {
    let space = Space::new();
    let file = space.write("clip.mp4", "the clip");
    for neighbour in ["other", ".hidden", "index.html", "clip.mp4.gz"] {
        space.write(neighbour, "a neighbour");
    }
    for resolution in RESOLUTIONS {
        let store = store(&file, |options| options.resolution = resolution);
        for (path, expected) in [
            ("/", "the clip"),
            ("/clip.mp4", "the clip"),
            ("/clip%2emp4", "the clip"),
            ("/clip.mp4/", "not found"),
            ("/clip.mp4/x", "not found"),
            ("/other", "not found"),
            ("/index.html", "not found"),
            ("/.hidden", "not found"),
            ("/clip.mp4.gz", "not found"),
            ("/root/clip.mp4", "not found"),
            ("/../secret", "bad target"),
            ("/..", "bad target"),
        ] {
            assert_eq!(outcome(&store, path), expected, "{path}");
        }
        let top = selected(&store, "/");
        assert_eq!(top.name.to_str(), Some("clip.mp4"));
        assert_eq!(top.representation.content_type.as_ref().unwrap(), "video/mp4");
    }
}

#[test]
fn the_file_in_its_place_now_is_served() {
    let space = Space::new();
    let file = space.write("file", "old");
    let store = store(&file, |_| ());
    fs::rename(space.write("new", "new"), &file).unwrap();
    assert_eq!(outcome(&store, "/"), "new");
    fs::remove_file(&file).unwrap();
    assert_eq!(outcome(&store, "/"), "not found");
    fs::create_dir(&file).unwrap();
    assert_eq!(outcome(&store, "/"), "not found");
}

#[test]
fn a_link_or_a_dot_file_that_the_operator_named_is_served() {
    let space = Space::new();
    space.link("../secret", ".link");
    let store =
        store(space.root().join(".link"), |options| options.symlinks = swath_serve::store::Symlinks::None);
    assert_eq!(outcome(&store, "/"), crate::SECRET);
    assert_eq!(outcome(&store, "/.link"), crate::SECRET);
}

#[test]
fn a_relative_name_without_a_directory_is_one_beside_us() {
    let Store::Files(files) = store("Cargo.toml", |_| ()) else { panic!() };
    assert_eq!(files.single_file().unwrap(), "Cargo.toml");
    assert!(outcome(&Store::Files(files), "/").contains("name = \"swath-serve\""));
}

use swath_serve::store::Store;

#[test]
fn what_is_no_root_is_refused_with_the_reason() {
    let space = Space::new();
    let open = |path: std::path::PathBuf| Files::open(FilesOptions::new(path)).unwrap_err();
    let missing = open(space.root().join("nothing"));
    assert!(matches!(missing, OpenRootError::Missing(_)));
    assert!(missing.to_string().contains("name an existing directory or file"));
    assert!(matches!(open(space.outer().join("secret/x")), OpenRootError::Missing(_)));
    assert!(matches!(open("/dev/null".into()), OpenRootError::Kind(_)));
}
