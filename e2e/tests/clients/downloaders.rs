//! wget, aria2c, lftp and axel: resuming, and many ranges of one file at a time.

use std::collections::HashSet;
use std::fs;

use swath_e2e::clients::noise::sha256;
use swath_e2e::clients::program::run;
use swath_e2e::clients::site::Site;
use swath_e2e::swath::Exchange;

use crate::witness::{assert_clean, assert_finished, of, only};

const LENGTH: usize = 32 << 20;

#[test]
fn wget_completes_a_partial_file() {
    let site = Site::new();
    let octets = site.noise("data.bin", 1_000_000);
    let folder = tempfile::tempdir().expect("a folder");
    let target = folder.path().join("data.bin");
    fs::write(&target, &octets[..999_999]).expect("writes");
    let server = site.serve().start();
    let prefix = folder.path().to_str().expect("UTF-8");
    let _ = run("wget", ["--no-config", "-c", "-nv", "--tries=1", "-P", prefix, &server.url("/data.bin")])
        .succeeded();
    assert!(fs::read(&target).expect("reads") == octets, "the file is whole");
    let records = server.stop();
    let record = only(&records, "/data.bin");
    assert_finished(record);
    assert_eq!((record.range.as_deref(), record.bytes_sent), (Some("bytes=999999-"), 1));
}

#[test]
fn wget_leaves_a_complete_file_alone() {
    let site = Site::new();
    let octets = site.noise("data.bin", 10_000);
    let folder = tempfile::tempdir().expect("a folder");
    let target = folder.path().join("data.bin");
    fs::write(&target, &octets).expect("writes");
    let server = site.serve().start();
    let prefix = folder.path().to_str().expect("UTF-8");
    let finished = run("wget", ["--no-config", "-c", "--tries=1", "-P", prefix, &server.url("/data.bin")]);
    assert_eq!(finished.code(), 0, "{}", finished.stderr);
    assert!(finished.stderr.contains("nothing to do"), "{}", finished.stderr);
    assert!(fs::read(&target).expect("reads") == octets, "the file is as it was");
    let records = server.stop();
    assert_eq!(only(&records, "/data.bin").status, Some(416));
}

#[test]
fn aria2_fetches_eight_ranges_at_once_and_their_sum_has_the_digest() {
    let site = Site::new();
    let octets = site.noise("data.bin", LENGTH);
    let folder = tempfile::tempdir().expect("a folder");
    // A pace per connection keeps all eight at work at the same time, for two seconds, as a distant server would.
    let server = site.serve().args(["--limit-rate", "2MiB"]).start();
    let prefix = folder.path().to_str().expect("UTF-8");
    let checksum = format!("--checksum=sha-256={}", sha256(&octets));
    let url = server.url("/data.bin");
    let arguments =
        ["--no-conf", "-q", "-x8", "-s8", "-k1M", "--file-allocation=none", &checksum, "-d", prefix, &url];
    let _ = run("aria2c", arguments).succeeded();
    assert!(fs::read(folder.path().join("data.bin")).expect("reads") == octets, "the file is whole");
    let records = server.stop();
    assert_many_lanes(&records, 8);
}

#[test]
fn lftp_fetches_four_ranges_at_once() {
    let site = Site::new();
    let octets = site.noise("data.bin", LENGTH);
    let folder = tempfile::tempdir().expect("a folder");
    let target = folder.path().join("got.bin");
    let server = site.serve().args(["--limit-rate", "4MiB"]).start();
    let script = format!(
        "set net:max-retries 1; pget -n 4 -c {} -o {}; exit",
        server.url("/data.bin"),
        target.display()
    );
    let _ = run("lftp", ["--norc", "-c", &script]).succeeded();
    assert!(fs::read(&target).expect("reads") == octets, "the file is whole");
    assert_many_lanes(&server.stop(), 4);
}

#[test]
fn axel_fetches_four_ranges_at_once() {
    let site = Site::new();
    let octets = site.noise("data.bin", LENGTH);
    let folder = tempfile::tempdir().expect("a folder");
    let target = folder.path().join("got.bin");
    let server = site.serve().args(["--limit-rate", "4MiB"]).start();
    let target_text = target.to_str().expect("UTF-8");
    let _ = run("axel", ["-q", "-n", "4", "-o", target_text, &server.url("/data.bin")]).succeeded();
    assert!(fs::read(&target).expect("reads") == octets, "the file is whole");
    assert_many_lanes(&server.stop(), 4);
}

/// Asserts that at least `lanes` connections each fetched a range of their own, and that nothing went wrong on the server's side.
#[track_caller]
fn assert_many_lanes(records: &[Exchange], lanes: usize) {
    assert_clean(records);
    let ranged: Vec<_> =
        of(records, "/data.bin").into_iter().filter(|record| record.status == Some(206)).collect();
    let peers: HashSet<_> = ranged.iter().map(|record| &record.peer).collect();
    let starts: HashSet<_> = ranged.iter().map(|record| &record.content_range).collect();
    // The first lane may be a plain GET that became the head of the file.
    assert!(
        peers.len() + 1 >= lanes && starts.len() + 1 >= lanes,
        "{} peers, {} ranges: {records:#?}",
        peers.len(),
        starts.len()
    );
}
