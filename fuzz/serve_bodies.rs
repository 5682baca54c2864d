//! The same for the readers of `swath-serve`: in: anything; out: nothing, or a panic that says which promise broke.

use std::os::unix::ffi::OsStrExt;

use swath_serve::inspect::export::{Filter, Form};
use swath_serve::inspect::{Inspector, ReadLimits, read};
use swath_serve::store::accept_encoding::AcceptEncoding;
use swath_serve::store::target::{COMPONENTS_MAX, NAME_MAX, PATH_MAX, Target};

/// Decodes the path of a target: whatever comes out can only lead downwards, and what we write of it reads back the same.
pub fn target(octets: &[u8]) {
    let Ok(target) = Target::parse(octets) else { return };
    assert!(target.names().len() <= COMPONENTS_MAX);
    assert!(target.names().iter().map(|name| name.len() + 1).sum::<usize>() <= PATH_MAX);
    for name in target.names() {
        let name = name.as_bytes();
        assert!(!matches!(name, b"" | b"." | b".."), "a name that does not lead downwards");
        assert!(!name.contains(&b'/') && !name.contains(&0), "a name that is a path");
        assert!(name.len() <= NAME_MAX);
    }
    let written = target.to_directory_path();
    assert!(
        written.starts_with('/') && !written.starts_with("//"),
        "a path that names another host: {written}"
    );
    assert!(written.bytes().all(|octet| octet.is_ascii_graphic() && octet != b'\\'), "{written}");
    let again = Target::parse(written.as_bytes()).expect("what we write is a path");
    assert_eq!(again.names(), target.names());
}

/// Reads Accept-Encoding, one line for each line feed: every coding at most once, and how the lines are cut does not matter.
pub fn accept_encoding(octets: &[u8]) {
    let lines: Vec<&[u8]> = octets.split(|octet| *octet == b'\n').collect();
    let read = AcceptEncoding::parse(&lines);
    let order: Vec<_> = read.in_order().collect();
    let mut once = order.clone();
    once.sort();
    once.dedup();
    assert_eq!(once.len(), order.len(), "a coding that comes twice");
    assert_eq!(AcceptEncoding::parse(&[&lines.join(&b',')]), read, "lines and members differ");
}

/// Reads a recording: what is held stays within the limits and is printable, and everything that is made of it is made in time.
pub fn recording(octets: &[u8]) {
    let limits = ReadLimits { line_bytes: 2048, exchanges: 8, file_bytes: 1 << 16 };
    // Most inputs would fail at the first line.
    let head: &[u8] = b"{\"recording\":\"swath exchanges\",\"version\":1}\n";
    for file in [octets, &[head, octets].concat()] {
        let Ok(recorded) = read(file, &limits) else { continue };
        assert!(recorded.entries.len() <= 8);
        let told = recorded.entries.len() as u64 + recorded.left_out + recorded.unreadable;
        assert!(told as usize <= file.split(|octet| *octet == b'\n').count(), "more than there are lines");
        let inspector = Inspector::of_recording("run".to_owned(), recorded);
        for form in [Form::Text, Form::Diagram] {
            let text = inspector.export(&Filter::default(), form);
            assert!(!text.contains(['\x1b', '\r', '\x07']), "a terminal would obey: {text}");
        }
        let har = inspector.export(&Filter::default(), Form::Har);
        assert!(har.starts_with("{\"log\":"), "{har}");
    }
}
