//! Judges of others, REDbot and httplint, on `swath serve`: nothing bad, and of warnings only those that are known.

use std::{collections::BTreeMap, io::Write as _, process::Stdio};

use serde_json::Value;
use swath_e2e::{
    clients::{program, site::Site},
    place::workspace,
    swath::Swath,
};

/// What REDbot warns of, and why it stays.
const KNOWN_WARNINGS: [&str; 1] = [
    // Without `--cache-control`, swath leaves it to caches how long a file is fresh.
    "FRESHNESS_HEURISTIC",
];

/// The same, as httplint words it.
const FRESHNESS: &str = "assign their own freshness lifetimes";

fn tool(name: &str) -> String {
    let path = workspace().join("e2e/.work/venv/bin").join(name);
    assert!(path.is_file(), "{} is missing: e2e/setup.sh installs it", path.display());
    path.to_str().expect("UTF-8").to_owned()
}

/// Gives the notes of REDbot on a URL: their names, and how grave each is.
fn redbot(url: &str) -> BTreeMap<String, String> {
    let text = program::run(tool("redbot"), ["-o", "har", url]).text();
    let har: Value = serde_json::from_str(&text).unwrap_or_else(|why| panic!("{why}: {text}"));
    let notes =
        har["log"]["entries"][0]["_red_messages"].as_array().unwrap_or_else(|| panic!("no notes: {text}"));
    let word =
        |note: &Value, key: &str| note[key].as_str().unwrap_or_else(|| panic!("no {key}: {note}")).to_owned();
    notes.iter().map(|note| (word(note, "note_id"), word(note, "level"))).collect()
}

#[test]
fn redbot_finds_nothing_serious() {
    let site = Site::new();
    site.noise("file.bin", 10_000);
    site.noise("empty.bin", 0);
    let server: Swath = site.serve().start();
    for file in ["file.bin", "empty.bin"] {
        let notes = redbot(&server.url(&format!("/{file}")));
        let grave: Vec<_> = notes
            .iter()
            .filter(|(id, level)| {
                !matches!(level.as_str(), "GOOD" | "INFO") && !KNOWN_WARNINGS.contains(&id.as_str())
            })
            .collect();
        assert!(grave.is_empty(), "{file}: {grave:?}");
        for good in ["INM_304", "IMS_304", "DATE_CORRECT", "CL_CORRECT"] {
            assert_eq!(notes.get(good).map(String::as_str), Some("GOOD"), "{file}: {good} of {notes:?}");
        }
    }
    let notes = redbot(&server.url("/file.bin"));
    assert_eq!(notes.get("RANGE_CORRECT").map(String::as_str), Some("GOOD"), "{notes:?}");
}

#[test]
fn httplint_finds_nothing_bad_in_parts_and_refusals() {
    let site = Site::new();
    site.noise("file.bin", 10_000);
    let server = site.serve().start();
    let url = server.url("/file.bin");
    for (range, status, known) in [
        ("0-99", "206", &[FRESHNESS][..]),
        // It misses a field that §15.3.7.2 forbids at the top of a multipart: there, each part has its own.
        ("0-0,-1", "206", &[FRESHNESS, "This response is partial, but doesn't have a Content-Range header"]),
        ("20000-", "416", &[]),
    ] {
        let answer = program::run("curl", ["-s", "-i", "-r", range, &url]).succeeded();
        assert!(answer.starts_with(format!("HTTP/1.1 {status} ").as_bytes()), "{range}");
        let mut lint = std::process::Command::new(tool("httplint"))
            .arg("--now")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("httplint starts");
        lint.stdin.take().expect("a pipe").write_all(&answer).expect("httplint reads");
        let said = lint.wait_with_output().expect("httplint ends").stdout;
        let said = String::from_utf8(said).expect("UTF-8");
        assert!(said.contains("[GOOD]"), "{range}: httplint judged nothing: {said}");
        let grave: Vec<_> =
            said.lines().filter(|line| line.contains("[BAD]") || line.contains("[WARN]")).collect();
        let unknown: Vec<_> =
            grave.iter().filter(|line| !known.iter().any(|known| line.contains(known))).collect();
        assert!(unknown.is_empty(), "{range}: {unknown:#?}");
        assert_eq!(grave.len(), known.len(), "{range}: what is known is said no more: {grave:#?}");
    }
}
