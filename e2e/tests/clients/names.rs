//! File names that mean something in URLs, in HTML or nowhere: each is listed, and found again by what the listing says.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;

use serde_json::Value;
use swath_e2e::clients::curl::curl;
use swath_e2e::clients::site::Site;

const NAMES: &[&[u8]] = &[
    b"a b.txt",
    b"100%.txt",
    b"%2e%2e",
    b"%00",
    b"what?.txt",
    b"hash#.txt",
    b"plus+and&.txt",
    b"quote\".txt",
    b"apostrophe'.txt",
    b"<b>bold",
    b"semi;colon",
    b"co:lon",
    b"back\\slash",
    b"new\nline",
    b"tab\there",
    b"\xc3\xbcn\xc3\xaf.txt",
    b"\xff\xfe.txt",
    b"~home",
    b"...dots",
    b"http:",
];

#[test]
fn every_name_is_listed_and_found_again() {
    let site = Site::new();
    let shown: Vec<&[u8]> = NAMES.iter().copied().filter(|name| !name.starts_with(b".")).collect();
    for name in NAMES {
        fs::write(site.path().join(OsStr::from_bytes(name)), name).expect("writes");
    }
    let server = site.serve().start();
    let listing = curl(["-H", "Accept: application/json", &server.url("/")]).expect(200);
    let listing: Value = serde_json::from_slice(&listing.content).expect("JSON");
    let entries = listing["entries"].as_array().expect("entries");
    let mut found: Vec<Vec<u8>> = Vec::new();
    for entry in entries {
        let href = entry["href"].as_str().expect("a link");
        // As it is: a browser would resolve it, and must come to the same.
        let answer = curl(["--path-as-is", "-g", &server.url(&format!("/{href}"))]);
        assert_eq!(answer.status, 200, "{href}");
        assert_eq!(entry["length"].as_u64(), Some(answer.content.len() as u64), "{href}");
        found.push(answer.content);
    }
    found.sort();
    let mut expected: Vec<Vec<u8>> = shown.iter().map(|name| name.to_vec()).collect();
    expected.sort();
    assert_eq!(found, expected, "each file holds its own name");
    let page = curl(["-H", "Accept: text/html", &server.url("/")]).expect(200);
    assert!(!String::from_utf8_lossy(&page.content).contains("<b>bold"), "names are escaped");
    assert!(server.stop().iter().all(|record| record.outcome == "finished"));
}
