//! `swath audit` against real servers, in the configuration that their packages come with: their known faults are
//! found, and what they are known to do right is not held against them.
//!
//! Each claim was checked by hand once; docs/audit.md says how to repeat an audit.

use std::{
    collections::BTreeMap,
    process::Command,
    time::{Duration, Instant},
};

use serde_json::Value;
use swath_e2e::{
    servers::{self, Running},
    swath::binary,
};

/// The longest an audit of a server on this machine may take.
const QUICK: Duration = Duration::from_secs(5);

/// How often a server is audited until that was quick: what else the machine does only adds to it.
const AUDITS: usize = 3;

/// Gives the verdicts on a file of a server, by check.
fn audited(url: &str) -> BTreeMap<String, String> {
    for _ in 0..AUDITS {
        let began = Instant::now();
        let output =
            Command::new(binary()).args(["audit", "--format", "json", url]).output().expect("it runs");
        let took = began.elapsed();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(matches!(output.status.code(), Some(0 | 1)), "{url}: {said}");
        if took >= QUICK {
            continue;
        }
        let document: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let results = document["results"].as_array().expect("results").iter();
        let text = |value: &Value| value.as_str().expect("text").to_owned();
        return results.map(|result| (text(&result["id"]), text(&result["verdict"]))).collect();
    }
    panic!("{url}: {AUDITS} audits took more than {QUICK:?} each");
}

/// Holds verdicts on a server to what is known: checks that fail, checks that only warn or note, checks that pass.
fn known(name: &str, fail: &[&str], warn: &[&str], pass: &[&str]) {
    let recipe =
        servers::packaged().into_iter().find(|recipe| recipe.name == name).expect("it is among them");
    let server = Running::start(&recipe);
    let verdicts = audited(&server.url(servers::FILES[0]));
    let mut wrong = Vec::new();
    for (ids, due) in [(fail, &["fail"][..]), (warn, &["warn", "note"]), (pass, &["pass"])] {
        for id in ids {
            if !due.contains(&verdicts[*id].as_str()) {
                wrong.push(format!("{id}: {} where {due:?} is known", verdicts[*id]));
            }
        }
    }
    assert!(wrong.is_empty(), "{name}:\n{}\n{verdicts:#?}", wrong.join("\n"));
}

/// What every one of these servers does right.
const RIGHT: [&str; 14] = [
    "range-served",
    "last-octet",
    "clamped",
    "suffix",
    "suffix-longer",
    "partial-octets",
    "partial-length",
    "complete-length-true",
    "if-range-other",
    "if-range-own",
    "if-range-weak",
    "if-none-match-own",
    "host",
    "content-range-elsewhere",
];

#[test]
fn nginx() {
    let fail = ["head-range", "tag-before-earlier", "tag-before-unmodified", "clamped-huge", "empty-members"];
    known("nginx", &fail, &["reversed"], &RIGHT);
}

#[test]
fn lighttpd() {
    let pass = [&RIGHT[..], &["head-range", "multipart", "unit-unknown"]].concat();
    known("lighttpd", &["if-match-other", "if-unmodified-since"], &["unsatisfied-length"], &pass);
}

#[test]
fn apache() {
    let fail = ["head-range", "tag-before-unmodified", "not-modified-if-range", "if-none-match-weak-range"];
    let pass = [&RIGHT[..], &["multipart", "multipart-order", "unit-unknown", "if-match-other"]].concat();
    known("apache", &fail, &["unsatisfied-length"], &pass);
}

#[test]
fn caddy() {
    let fail = ["head-range", "suffix-zero", "unit-unknown", "unit-case", "clamped-huge"];
    let pass = [&RIGHT[..], &["multipart", "tag-before-earlier", "if-match-other"]].concat();
    known("caddy", &fail, &["unsatisfied-length"], &pass);
}

#[test]
fn python() {
    let fail = ["if-match-other", "if-unmodified-since", "host", "space-before-colon"];
    let pass = ["head-length", "modified", "if-modified-since", "missing-range"];
    known("python", &fail, &["accept", "etag"], &pass);
}
