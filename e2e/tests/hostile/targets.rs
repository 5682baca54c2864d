//! Targets that try to leave the root, or to reach what is not served.

use std::fs;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::Path;

use rustix::fs::{CWD, FileType, Mode, mknodat};
use swath_e2e::clients::raw::Raw;
use swath_e2e::swath::Swath;
use tempfile::TempDir;

use crate::{WELL, assert_well, stop};

/// What no answer may contain.
const SECRET: &[u8] = b"the secret beside the root";

/// A folder with a secret, and a root in it.
fn outer() -> TempDir {
    let outer = tempfile::tempdir().expect("a folder");
    let root = outer.path().join("root");
    fs::create_dir_all(root.join("sub/.hidden")).expect("folders");
    fs::write(outer.path().join("secret.txt"), SECRET).expect("writes");
    fs::write(root.join("well.txt"), WELL).expect("writes");
    fs::write(root.join("sub/inner.txt"), "inner").expect("writes");
    for hidden in [".hidden.txt", "sub/.hidden/secret.txt"] {
        fs::write(root.join(hidden), SECRET).expect("writes");
    }
    symlink("../secret.txt", root.join("link.txt")).expect("links");
    symlink(outer.path().join("secret.txt"), root.join("absolute.txt")).expect("links");
    symlink("..", root.join("up")).expect("links");
    symlink("loop", root.join("loop")).expect("links");
    symlink("/proc/self/environ", root.join("environ")).expect("links");
    mknodat(CWD, root.join("fifo"), FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).expect("a FIFO");
    outer
}

/// Targets that must be refused: a status of 4xx, and nothing of the secret.
fn refused() -> Vec<Vec<u8>> {
    let mut targets: Vec<Vec<u8>> = [
        "/../secret.txt",
        "/sub/../../secret.txt",
        "/sub/../../../../../../../../etc/passwd",
        "/%2e%2e/secret.txt",
        "/%2E%2E/secret.txt",
        "/.%2e/secret.txt",
        "/%2e./secret.txt",
        "/sub/%2e%2e/%2e%2e/secret.txt",
        "/..%2fsecret.txt",
        "/..%2Fsecret.txt",
        "/%2e%2e%2fsecret.txt",
        "/sub%2f..%2f..%2fsecret.txt",
        "/..\\secret.txt",
        "/..%5csecret.txt",
        "/%5c..%5csecret.txt",
        "/%2e%2e%5csecret.txt",
        "/%252e%252e/secret.txt",
        "/..%252fsecret.txt",
        "/%c0%ae%c0%ae/secret.txt",
        "/..%c0%afsecret.txt",
        "/%e0%80%ae%e0%80%ae/secret.txt",
        "/..%u2215secret.txt",
        "/..;/secret.txt",
        "/..%00/secret.txt",
        "/secret.txt%00.html",
        "/well.txt%00",
        "/well.txt%00.png",
        "/%00",
        "//../secret.txt",
        "//etc/passwd",
        "/%2fetc/passwd",
        "/etc/passwd",
        "///../secret.txt",
        "/./../secret.txt",
        "/.%2f../secret.txt",
        "/link.txt",
        "/absolute.txt",
        "/up/secret.txt",
        "/up/root/../secret.txt",
        "/loop",
        "/environ",
        "/fifo",
        "/socket",
        "/.hidden.txt",
        "/sub/.hidden/secret.txt",
        "/%2ehidden.txt",
        "/well.txt/",
        "/well.txt/.",
        "/well.txt/more",
        "/%",
        "/%zz",
        "/%2",
        "/well.txt%",
        "http://swath.test/../secret.txt",
        "http://swath.test/%2e%2e/secret.txt",
        "http://elsewhere.test/../secret.txt",
        "file:///etc/passwd",
        "well.txt",
        "?well.txt",
        "*",
        "/.swath/../../secret.txt",
        "/.swath/%2e%2e/secret.txt",
    ]
    .map(|target| target.as_bytes().to_vec())
    .into();
    targets.push([b"/".as_slice(), &[b'a'; 300]].concat());
    targets.push(b"/".iter().copied().chain(b"a/".repeat(3000)).collect());
    targets.push(b"/..".repeat(3000).into_iter().chain(*b"/secret.txt").collect());
    targets.push([b"/", b"%2e".repeat(2000).as_slice()].concat());
    targets.push(b"/\xff\xfe".to_vec());
    targets.push(b"/sub/\x01".to_vec());
    targets.push(b"/well.txt\0".to_vec());
    targets.push(b"/well.txt\x7f".to_vec());
    targets
}

#[test]
fn what_lies_outside_the_root_stays_there() {
    let outer = outer();
    let root = outer.path().join("root");
    let _socket = UnixListener::bind(root.join("socket")).expect("a socket in the root");
    let server = Swath::of(&root).start();
    for target in refused() {
        let shown = String::from_utf8_lossy(&target).chars().take(80).collect::<String>();
        let before = server.records().len();
        let mut raw = Raw::connect(server.address());
        let request =
            [b"GET ", target.as_slice(), b" HTTP/1.1\r\nHost: swath.test\r\nConnection: close\r\n\r\n"]
                .concat();
        raw.send(request).expect("the request is sent");
        let answer = raw.answer().unwrap_or_else(|why| panic!("{shown}: {why}"));
        assert!((400..500).contains(&answer.status), "{shown}: {}", answer.status);
        assert!(!holds(&answer.content, SECRET) && !holds(&answer.content, b"root:"), "{shown} leaks");
        let records = server.wait_for("record", crate::PATIENCE, |records| records.len() > before);
        let record = records.last().expect("one at least");
        assert!(record.status.is_none_or(|status| status == answer.status), "{shown}: {record:#?}");
        assert!(matches!(record.outcome.as_str(), "finished" | "bad-head"), "{shown}: {record:#?}");
    }
    assert_well(&server);
    assert_eq!(stop(server).len(), refused().len(), "one record each");
}

#[test]
fn targets_in_other_words_reach_the_file_they_mean() {
    let outer = outer();
    let server = Swath::of(outer.path().join("root")).start();
    for (target, expected) in [
        ("/well.txt", WELL),
        ("/%77ell%2etxt", WELL),
        ("/well.txt?x=../../secret.txt", WELL),
        ("http://swath.test/well.txt", WELL),
        ("HTTP://swath.test:8206/sub/inner.txt", b"inner".as_slice()),
        ("/sub/inner.txt?", b"inner".as_slice()),
    ] {
        let mut raw = Raw::connect(server.address());
        raw.get(target, "Connection: close\r\n");
        let answer = raw.answer().unwrap_or_else(|why| panic!("{target}: {why}"));
        assert_eq!((answer.status, answer.content.as_slice()), (200, expected), "{target}");
    }
    assert!(server.stop().iter().all(|record| record.outcome == "finished"));
}

#[test]
fn a_listing_names_nothing_hidden_and_cannot_be_left() {
    let outer = outer();
    let server = Swath::of(outer.path().join("root")).start();
    let mut raw = Raw::connect(server.address());
    raw.get("/", "Accept: application/json\r\n");
    let listing = raw.answer().expect("a listing");
    assert_eq!(listing.status, 200);
    assert!(holds(&listing.content, b"well.txt") && !holds(&listing.content, b".hidden"));
    raw.get("/sub", "Connection: close\r\n");
    let redirect = raw.answer().expect("a redirect");
    assert!((300..400).contains(&redirect.status));
    let to = redirect.field("location").expect("a place to go");
    assert!(to.ends_with("/sub/") && !to.starts_with("//"), "{to}");
    // A name that looks like another host's must not become one in Location.
    fs::create_dir_all(outer.path().join("root/elsewhere.test")).expect("a folder");
    let mut raw = Raw::connect(server.address());
    raw.get("//elsewhere.test", "Connection: close\r\n");
    let answer = raw.answer().expect("an answer");
    assert!(!answer.field("location").is_some_and(|to| to.starts_with("//")), "{:?}", answer.fields);
    assert_eq!(server.stop().len(), 3);
}

#[test]
fn one_file_as_the_root_serves_nothing_beside_it() {
    let outer = outer();
    let file = outer.path().join("root/well.txt");
    let server = Swath::of(Path::new(&file)).start();
    assert_well(&server);
    for target in ["/sub/inner.txt", "/link.txt", "/../secret.txt", "/.hidden.txt"] {
        let mut raw = Raw::connect(server.address());
        raw.get(target, "Connection: close\r\n");
        let answer = raw.answer().expect("an answer");
        assert!((400..500).contains(&answer.status), "{target}: {}", answer.status);
        assert!(!holds(&answer.content, SECRET));
    }
    assert_eq!(stop(server).len(), 4);
}

fn holds(octets: &[u8], needle: &[u8]) -> bool {
    octets.windows(needle.len()).any(|window| window == needle)
}
