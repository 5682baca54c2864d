//! Downloaders and viewers, as the inspector shows them.

use std::collections::HashSet;
use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use swath_e2e::clients::noise::sha256;
use swath_e2e::clients::program::{run, script};
use swath_e2e::clients::{pdf, site::Site};
use swath_e2e::place;
use swath_e2e::process::{LOOK_EVERY, Started};

use crate::{SOON, ask, ask_json, inspected, rules};

/// The exchanges about one path.
fn about<'a>(all: &'a Value, path: &str) -> Vec<&'a Value> {
    let all = all["exchanges"].as_array().expect("a list");
    all.iter().filter(|one| one["target"] == path).collect()
}

/// Waits until nothing runs, and gives all that was exchanged.
fn at_rest(inspector: &str) -> Value {
    let deadline = Instant::now() + SOON;
    loop {
        let all = ask_json(inspector, "/api/exchanges");
        if all["running"].as_array().is_some_and(Vec::is_empty) {
            return all;
        }
        assert!(Instant::now() < deadline, "{all:#}");
        std::thread::sleep(LOOK_EVERY);
    }
}

#[test]
fn aria2_fetches_in_eight_pieces_is_killed_and_resumes() {
    let site = Site::new();
    let octets = site.noise("data.bin", 32 << 20);
    site.age("data.bin");
    let folder = tempfile::tempdir().expect("a folder");
    let (server, inspector) = inspected(site.serve().args(["--limit-rate", "512KiB"]));
    let prefix = folder.path().to_str().expect("UTF-8").to_owned();
    let url = server.url("/data.bin");
    let checksum = format!("--checksum=sha-256={}", sha256(&octets));
    let arguments =
        ["--no-conf", "-q", "-c", "-x8", "-s8", "-k1M", "--file-allocation=none", "--auto-save-interval=1"];
    let arguments: Vec<&str> =
        arguments.into_iter().chain([checksum.as_str(), "-d", &prefix, &url]).collect();
    let mut command = Command::new(place::program("aria2c"));
    let mut first = Started::spawn(command.args(&arguments), "aria2", &place::logs("inspect-aria2"));
    // Eight connections are seen at work before any of them has ended.
    let deadline = Instant::now() + SOON;
    loop {
        let running = ask_json(&inspector, "/api/exchanges");
        let running = running["running"].as_array().expect("a list");
        let sent: u64 = running.iter().filter_map(|one| one["bytes_sent"].as_u64()).sum();
        if running.len() >= 8 && sent > 4 << 20 {
            let connections: HashSet<_> = running.iter().map(|one| one["connection"].as_u64()).collect();
            assert_eq!(connections.len(), running.len(), "each has its own");
            break;
        }
        assert!(Instant::now() < deadline && first.ended().is_none(), "{running:#?}");
        std::thread::sleep(LOOK_EVERY);
    }
    std::thread::sleep(Duration::from_millis(1200));
    let _ = first.terminate(SOON);
    let before = at_rest(&inspector);
    let cut = about(&before, "/data.bin").iter().filter(|one| one["closed_by"] == "client").count();
    assert!(cut >= 8, "{cut} were cut off: {before:#}");
    let _ = run("aria2c", arguments).succeeded();
    assert!(fs::read(folder.path().join("data.bin")).expect("reads") == octets, "the file is whole");
    let findings = ask_json(&inspector, "/api/findings");
    // It resumes without a precondition, by which it splices versions; the server does nothing wrong.
    assert!(rules(&findings).contains(&"no-if-range"), "{findings:#}");
    assert!(findings.as_array().expect("a list").iter().all(|one| one["side"] == "client"), "{findings:#}");
    let text = ask(&inspector, "/api/export.txt?path=data.bin");
    assert!(text.contains("asked by aria2/") && text.contains("33,554,432 bytes; sent in all: "), "{text}");
    let har = ask_json(&inspector, "/api/export.har");
    let entries = har["log"]["entries"].as_array().expect("a list");
    assert!(entries.iter().all(|entry| entry["request"]["url"] == url.as_str()), "{har:#}");
    let _ = server.stop();
}

#[test]
fn pdf_js_reads_one_page_and_that_shows() {
    let site = Site::new();
    pdf::write_linearized(&site.file("report.pdf"), 60);
    site.age("report.pdf");
    let whole = site.file("report.pdf").metadata().expect("the PDF is there").len();
    let (server, inspector) = inspected(site.serve());
    let page = script("pdf_page.mjs");
    let seen = run("node", [page.to_str().expect("UTF-8"), &server.url("/report.pdf"), "50"]).text();
    // Warnings of the library come before; the script's own line comes last.
    let seen: Value = serde_json::from_str(seen.lines().last().unwrap_or_default()).expect("JSON");
    assert_eq!(seen["text"], json!(pdf::line_of(50)));
    let all = at_rest(&inspector);
    let asked = about(&all, "/report.pdf");
    let parts: Vec<_> = asked.iter().filter(|one| one["status"] == 206).collect();
    assert!(parts.len() >= 3, "{all:#}");
    assert!(
        parts.iter().all(|one| one["content_range"]
            .as_str()
            .is_some_and(|range| range.ends_with(&format!("/{whole}"))))
    );
    let sent: u64 = asked.iter().filter_map(|one| one["bytes_sent"].as_u64()).sum();
    assert!(sent < whole / 2, "{sent} of {whole}: {all:#}");
    let findings = ask_json(&inspector, "/api/findings");
    assert!(findings.as_array().expect("a list").iter().all(|one| one["weight"] != "broken"), "{findings:#}");
    let _ = server.stop();
}
