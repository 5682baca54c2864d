//! Targets that try to leave the root, and names that only look as if they did.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use percent_encoding::{NON_ALPHANUMERIC, percent_encode};
use swath_serve::store::Selection;

use crate::{MODES, RESOLUTIONS, Space, outcome, select, selected};

const BAD: &str = "bad target";
const NONE: &str = "not found";

/// Targets and what has to come of them, whatever the links' mode and whoever resolves.
const TARGETS: &[(&str, &str)] = &[
    ("", BAD),
    ("file", BAD),
    ("*", BAD),
    ("?file", BAD),
    ("//", BAD),
    ("///", BAD),
    ("//secret", BAD),
    ("//file", BAD),
    ("/dir//file", BAD),
    ("/dir//", BAD),
    ("/file//", BAD),
    ("/..", BAD),
    ("/../", BAD),
    ("/../secret", BAD),
    ("/dir/..", BAD),
    ("/dir/../file", BAD),
    ("/dir/../../secret", BAD),
    ("/.", BAD),
    ("/./file", BAD),
    ("/dir/.", BAD),
    ("/dir/./file", BAD),
    ("/%2e", BAD),
    ("/%2e%2e", BAD),
    ("/%2E%2e/secret", BAD),
    ("/.%2e/secret", BAD),
    ("/%2e./secret", BAD),
    ("/dir/%2e%2e/%2e%2e/secret", BAD),
    ("/%2e%2e%2fsecret", BAD),
    ("/..%2fsecret", BAD),
    ("/..%2Fsecret", BAD),
    ("/dir%2ffile", BAD),
    ("/%2f", BAD),
    ("/%2fetc%2fpasswd", BAD),
    ("/file%00", BAD),
    ("/file%00.html", BAD),
    ("/%00", BAD),
    ("/..%00/secret", BAD),
    ("/file\0", BAD),
    ("/%", BAD),
    ("/%2", BAD),
    ("/%zz", BAD),
    ("/%+1", BAD),
    ("/file%", BAD),
    ("/%u002e%u002e/secret", BAD),
    ("/file#x", BAD),
    ("/..\\secret", NONE),
    ("/..%5csecret", NONE),
    ("/..%5c..%5csecret", NONE),
    ("/\\..\\secret", NONE),
    ("/%5c%5cserver%5cshare", NONE),
    ("/C:\\secret", NONE),
    ("/%252e%252e/secret", NONE),
    ("/..%252fsecret", NONE),
    ("/%c0%ae%c0%ae/secret", NONE),
    ("/..%c0%afsecret", NONE),
    ("/%e0%80%ae%e0%80%ae/secret", NONE),
    ("/\u{ff0e}\u{ff0e}/secret", NONE),
    ("/..;/secret", NONE),
    ("/.. /secret", NONE),
    ("/..%20/secret", NONE),
    ("/..%0a/secret", NONE),
    ("/.../secret", NONE),
    ("/~root/secret", NONE),
    ("/secret", NONE),
    ("/etc/passwd", NONE),
    ("/file/", NONE),
    ("/file/x", NONE),
    ("/file/index.html", NONE),
    ("/dir/file/", NONE),
    ("/dir/none", NONE),
    ("/none/", NONE),
    ("/.hidden", NONE),
    ("/%2ehidden", NONE),
    ("/.folder/file", NONE),
    ("/.folder/", NONE),
    ("/.folder", NONE),
    ("/dir/.hidden", NONE),
    ("/FILE", NONE),
    ("/file", "the file"),
    ("/%66%69%6c%65", "the file"),
    ("/dir/file", "another"),
    ("/dir", "to /dir/"),
    ("/d%69r", "to /dir/"),
    ("/dir/", "directory"),
    ("/", "directory"),
];

fn space() -> Space {
    let space = Space::new();
    space.write("file", "the file");
    space.write("dir/file", "another");
    for hidden in [".hidden", ".folder/file", "dir/.hidden"] {
        space.write(hidden, "hidden");
    }
    space
}

#[test]
fn no_target_leaves_the_root() {
    let space = space();
    for resolution in RESOLUTIONS {
        for symlinks in MODES {
            let store =
                space.store(|options| (options.resolution, options.symlinks) = (resolution, symlinks));
            for (target, expected) in TARGETS {
                assert_eq!(outcome(&store, target), *expected, "{target:?} {resolution:?} {symlinks:?}");
            }
        }
    }
}

#[test]
fn dot_files_are_served_where_the_operator_says_so_and_still_nothing_else() {
    let space = space();
    let store = space.store(|options| options.hidden = true);
    for (target, expected) in TARGETS {
        let expected = match *target {
            "/.hidden" | "/%2ehidden" | "/.folder/file" | "/dir/.hidden" => "hidden",
            "/.folder" => "to /.folder/",
            "/.folder/" => "directory",
            _ => expected,
        };
        assert_eq!(outcome(&store, target), expected, "{target:?}");
    }
}

#[test]
fn long_names_and_paths_are_not_found() {
    let space = space();
    let longest = "n".repeat(255);
    space.write(&longest, "long");
    space.write(&format!("{}/file", ["d"; 200].join("/")), "deep");
    for resolution in RESOLUTIONS {
        let store = space.store(|options| options.resolution = resolution);
        assert_eq!(outcome(&store, &format!("/{longest}")), "long");
        assert_eq!(outcome(&store, &format!("/{}", "%6e".repeat(255))), "long");
        assert_eq!(outcome(&store, &format!("/{longest}n")), NONE);
        assert_eq!(outcome(&store, &format!("/{}", "%6e".repeat(2000))), NONE);
        assert_eq!(outcome(&store, &format!("{}/file", "/d".repeat(200))), "deep");
        assert_eq!(outcome(&store, &"/d".repeat(3000)), NONE);
        assert_eq!(outcome(&store, &format!("/{}", "n".repeat(1 << 20))), NONE);
        // The name fits, the name of its index would not fit a system call.
        let path = format!("/{}", longest.as_str()).repeat(15);
        assert_eq!(outcome(&store, &format!("{path}/{}/", "n".repeat(240))), NONE);
    }
}

#[test]
fn every_octet_can_stand_in_a_name() {
    let space = Space::new();
    let names: Vec<Vec<u8>> =
        (1..=255_u8).filter(|octet| *octet != b'/').map(|octet| vec![b'x', octet]).collect();
    for name in &names {
        std::fs::write(
            space.root().join(OsStr::from_bytes(name)),
            name.iter().map(|octet| format!("{octet} ")).collect::<String>(),
        )
        .unwrap();
    }
    for resolution in RESOLUTIONS {
        let store = space.store(|options| options.resolution = resolution);
        for name in &names {
            let path = format!("/{}", percent_encode(name, NON_ALPHANUMERIC));
            assert_eq!(outcome(&store, &path), format!("120 {} ", name[1]));
            assert_eq!(selected(&store, &path).name.as_bytes(), name);
        }
        let Ok(Selection::Directory(directory)) = select(&store, "/") else { panic!() };
        let mut listed: Vec<Vec<u8>> =
            directory.entries.iter().map(|entry| entry.name.as_bytes().to_vec()).collect();
        listed.sort();
        assert_eq!(listed, names);
    }
}

#[test]
fn redirects_stay_on_this_host() {
    let space = Space::new();
    for name in ["\\evil.example", "a b", "q?x=1#y", "\r\nX: y", "é"] {
        std::fs::create_dir(space.root().join(name)).unwrap();
    }
    let store = space.store(|_| ());
    for (path, expected) in [
        ("/\\evil.example", "to /%5Cevil.example/"),
        ("/%5Cevil.example", "to /%5Cevil.example/"),
        ("/a%20b", "to /a%20b/"),
        ("/q%3Fx=1%23y", "to /q%3Fx%3D1%23y/"),
        ("/%0D%0AX:%20y", "to /%0D%0AX%3A%20y/"),
        ("/é", "to /%C3%A9/"),
    ] {
        assert_eq!(outcome(&store, path), expected);
        assert_eq!(outcome(&store, expected.strip_prefix("to ").unwrap()), "directory");
    }
}
