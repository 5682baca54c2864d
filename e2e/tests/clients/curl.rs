//! curl over plain HTTP/1.1: ranges, preconditions, resuming.

use std::fs;
use std::io::{Seek, SeekFrom, Write};
use std::time::Duration;

use swath_e2e::clients::curl::curl;
use swath_e2e::clients::noise::noise;
use swath_e2e::clients::program;
use swath_e2e::clients::site::{LAST_MODIFIED, Site};
use swath_spec::Slice;

use crate::witness::{assert_finished, only};

const LENGTH: usize = 10_000;

#[test]
fn one_range_of_each_form() {
    let site = Site::new();
    let octets = site.noise("data.bin", LENGTH);
    for (asked, first, last) in [
        ("1000-1999", 1000, 1999),
        ("-500", 9500, 9999),
        ("9000-", 9000, 9999),
        ("0-0", 0, 0),
        ("9999-20000", 9999, 9999),
    ] {
        let server = site.serve().start();
        let answer = curl(["-r", asked, &server.url("/data.bin")]).expect(206);
        let placed = format!("bytes {first}-{last}/{LENGTH}");
        assert_eq!(answer.content, octets[first..=last], "{asked}");
        assert_eq!(answer.field("content-range"), Some(placed.as_str()));
        assert_eq!(answer.field("content-length"), Some((last - first + 1).to_string().as_str()));
        assert!(answer.field("etag").is_some() && answer.field("date").is_some());
        let records = server.stop();
        let record = only(&records, "/data.bin");
        assert_finished(record);
        assert_eq!(record.method.as_deref(), Some("GET"));
        assert_eq!(record.status, Some(206));
        assert_eq!(record.range.as_deref(), Some(format!("bytes={asked}").as_str()));
        assert_eq!(record.content_range.as_deref(), Some(placed.as_str()));
        assert_eq!(record.bytes_sent, (last - first + 1) as u64);
    }
}

#[test]
fn several_ranges_come_back_in_parts_as_they_were_asked() {
    let site = Site::new();
    let octets = site.noise("data.bin", LENGTH);
    let server = site.serve().start();
    let answer = curl(["-r", "5000-5099,0-99,-1", &server.url("/data.bin")]).expect(206);
    assert_eq!(answer.field("content-range"), None, "a multipart answer has none of its own");
    let parts = answer.parts();
    assert_eq!(parts.len(), 3);
    for (part, (first, last)) in parts.iter().zip([(5000, 5099), (0, 99), (9999, 9999)]) {
        assert_eq!(part.slice, Slice { first: first as u64, last: last as u64, of: LENGTH as u64 });
        assert_eq!(part.octets, &octets[first..=last]);
        assert!(part.fields.contains(&("content-type".to_owned(), b"application/octet-stream".to_vec())));
    }
    let records = server.stop();
    let record = only(&records, "/data.bin");
    assert_finished(record);
    assert_eq!(record.bytes_sent, answer.content.len() as u64);
}

#[test]
fn the_two_ends_of_a_file_beyond_four_gibibytes() {
    const FIVE_GIB: u64 = 5 << 30;
    let site = Site::new();
    let mut file = fs::File::create(site.file("big.img")).expect("creates");
    file.write_all(b"<").expect("writes");
    file.seek(SeekFrom::Start(FIVE_GIB - 1)).expect("seeks");
    file.write_all(b">").expect("writes");
    drop(file);
    let server = site.serve().start();
    let answer = curl(["-r", "0-0,-1", &server.url("/big.img")]).expect(206);
    let parts = answer.parts();
    assert_eq!(parts.len(), 2);
    let at = |offset| Slice { first: offset, last: offset, of: FIVE_GIB };
    assert_eq!((parts[0].slice, parts[0].octets), (at(0), b"<".as_slice()));
    assert_eq!((parts[1].slice, parts[1].octets), (at(FIVE_GIB - 1), b">".as_slice()));
    let beyond = curl(["-r", "4294967296-4294967299", &server.url("/big.img")]).expect(206);
    assert_eq!(beyond.content, [0; 4]);
    assert_eq!(server.stop().len(), 2);
}

#[test]
fn a_partial_file_is_completed() {
    let site = Site::new();
    let octets = site.noise("data.bin", 1_000_000);
    let target = site.file("partial");
    fs::write(&target, &octets[..400_000]).expect("writes");
    let server = site.serve().start();
    let resumed =
        program::run("curl", ["-q", "-sS", "-C", "-", "-o", path(&target), &server.url("/data.bin")]);
    assert_eq!(resumed.code(), 0, "{}", resumed.stderr);
    assert!(fs::read(&target).expect("reads") == octets, "the file is whole");
    let records = server.stop();
    let record = only(&records, "/data.bin");
    assert_finished(record);
    assert_eq!((record.range.as_deref(), record.bytes_sent), (Some("bytes=400000-"), 600_000));
}

#[test]
fn a_complete_file_is_left_alone() {
    let site = Site::new();
    let octets = site.noise("data.bin", LENGTH);
    let target = site.file("complete");
    fs::write(&target, &octets).expect("writes");
    let server = site.serve().start();
    let resumed =
        program::run("curl", ["-q", "-sS", "-C", "-", "-o", path(&target), &server.url("/data.bin")]);
    assert_eq!(resumed.code(), 0, "curl takes the 416 for what it is: {}", resumed.stderr);
    assert!(fs::read(&target).expect("reads") == octets, "the file is as it was");
    let records = server.stop();
    let record = only(&records, "/data.bin");
    assert_eq!((record.range.as_deref(), record.status), (Some("bytes=10000-"), Some(416)));
    assert_eq!(record.content_range.as_deref(), Some("bytes */10000"));
}

#[test]
fn if_range_gives_the_part_or_the_whole() {
    let site = Site::new();
    let octets = site.noise("data.bin", LENGTH);
    let server = site.serve().start();
    let url = server.url("/data.bin");
    let whole = curl([url.as_str()]).expect(200);
    let etag = whole.field("etag").expect("a file has an entity tag").to_owned();
    assert!(!etag.starts_with("W/"), "an old file's tag is strong: {etag}");
    assert_eq!(whole.field("last-modified"), Some(LAST_MODIFIED));
    let asked = |validator: &str, status| {
        let answer = curl(["-r", "100-199", "-H", &format!("If-Range: {validator}"), &url]).expect(status);
        let expected = if status == 206 { &octets[100..200] } else { &octets[..] };
        assert!(answer.content == expected, "If-Range: {validator}");
    };
    asked(&etag, 206);
    // A date says too little about a file that was changed a moment ago, whatever date it bears.
    asked(LAST_MODIFIED, 200);
    asked("\"another\"", 200);
    asked(&format!("W/{etag}"), 200);
    std::thread::sleep(Duration::from_millis(2600));
    asked(LAST_MODIFIED, 206);
    asked("Sun, 01 Sep 2024 11:59:59 GMT", 200);
    asked("Sun, 01 Sep 2024 12:00:01 GMT", 200);
    let records = server.stop();
    assert_eq!(records[1].if_range.as_deref(), Some(etag.as_str()));
    assert_eq!(records.iter().filter(|record| record.status == Some(206)).count(), 2);
}

#[test]
fn a_partial_file_of_another_version_is_not_continued() {
    let site = Site::new();
    let old = site.noise("data.bin", 1_000_000);
    let target = site.file("partial");
    fs::write(&target, &old[..400_000]).expect("writes");
    let server = site.serve().start();
    let url = server.url("/data.bin");
    let etag = curl(["-I", &url]).expect(200).field("etag").expect("an entity tag").to_owned();
    let resume = || {
        let condition = format!("If-Range: {etag}");
        program::run("curl", ["-q", "-sS", "-C", "-", "-H", &condition, "-o", path(&target), &url])
    };
    // The same length and date: only the tag tells the versions apart.
    fs::write(site.file("new"), noise(7, old.len())).expect("writes");
    site.age("new");
    fs::rename(site.file("new"), site.file("data.bin")).expect("renames");
    let refused = resume();
    assert_eq!(
        refused.code(),
        33,
        "curl sees that it was sent the whole, and does not splice: {}",
        refused.stderr
    );
    assert!(fs::read(&target).expect("reads") == old[..400_000], "the partial file is as it was");
    let records = server.stop();
    let record = records.last().expect("a record");
    assert_eq!((record.status, record.if_range.as_deref()), (Some(200), Some(etag.as_str())));
}

#[test]
fn preconditions_come_before_the_range() {
    let site = Site::new();
    let octets = site.noise("data.bin", LENGTH);
    let server = site.serve().start();
    let url = server.url("/data.bin");
    let etag = curl([url.as_str()]).expect(200).field("etag").expect("an entity tag").to_owned();
    let asked = |field: &str| curl(["-r", "0-99", "-H", field, &url]);
    assert_eq!(asked(&format!("If-Match: {etag}")).expect(206).content, octets[..100]);
    assert_eq!(asked("If-Match: \"another\"").expect(412).field("content-range"), None);
    assert_eq!(asked(&format!("If-None-Match: {etag}")).expect(304).content, b"");
    assert_eq!(asked("If-Unmodified-Since: Sat, 31 Aug 2024 12:00:00 GMT").status, 412);
    assert_eq!(asked(&format!("If-Modified-Since: {LAST_MODIFIED}")).status, 304);
    let statuses: Vec<_> = server.stop().iter().map(|record| record.status.unwrap_or_default()).collect();
    assert_eq!(statuses, [200, 206, 412, 304, 412, 304]);
}

#[test]
fn what_cannot_be_satisfied_says_how_long_the_file_is() {
    let site = Site::new();
    site.noise("data.bin", LENGTH);
    let server = site.serve().start();
    let answer = curl(["-r", "10000-", &server.url("/data.bin")]).expect(416);
    assert_eq!(answer.field("content-range"), Some("bytes */10000"));
    assert_eq!(answer.field("cache-control"), Some("no-store"));
    assert!(answer.field("etag").is_some(), "a resuming client can tell complete from replaced");
    // An empty range-spec is no ranges-specifier: the field is ignored.
    assert_eq!(curl(["-H", "Range: bytes=5-2", &server.url("/data.bin")]).expect(200).content.len(), LENGTH);
    assert_eq!(server.stop().len(), 2);
}

#[test]
fn head_ignores_the_range_and_sends_nothing() {
    let site = Site::new();
    site.noise("data.bin", LENGTH);
    let server = site.serve().start();
    let answer = curl(["-I", "-r", "0-99", &server.url("/data.bin")]).expect(200);
    assert_eq!((answer.field("content-length"), answer.field("content-range")), (Some("10000"), None));
    assert_eq!(answer.field("accept-ranges"), Some("bytes"));
    let records = server.stop();
    let record = only(&records, "/data.bin");
    assert_eq!((record.method.as_deref(), record.bytes_sent), (Some("HEAD"), 0));
}

fn path(path: &std::path::Path) -> &str {
    path.to_str().expect("the tests' own paths are UTF-8")
}
