//! Every binding requirement on a server is kept somewhere and shown somewhere, or excepted with a reason.
//!
//! What counts: ids in the source of the crates (beside the code), in their tests and in `e2e/`, and the cases of the
//! tables, which tests run over every transport. The rule itself, and that it can fail, is tested in `trace`.

use std::fs;
use std::path::{Path, PathBuf};

use swath_spec::trace::{Citations, faults};
use swath_spec::{exceptions, requirements, rows};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Finds all Rust files below a directory, in a fixed order.
fn rust_files(directory: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut entries: Vec<_> = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        match path.is_dir() {
            // The auditor judges other servers by the requirements; it keeps none of them.
            true if path.ends_with("target") || path.ends_with("swath-audit") => {}
            true => files.extend(rust_files(&path)),
            false if path.extension().is_some_and(|extension| extension == "rs") => files.push(path),
            false => {}
        }
    }
    files
}

fn is_test(place: &Path) -> bool {
    let is_test_room = |part: &str| matches!(part, "tests" | "benches" | "examples" | "e2e" | "tests.rs");
    place.iter().any(|part| part.to_str().is_some_and(is_test_room))
}

fn citations() -> Citations {
    let (root, mut citations) = (root(), Citations::default());
    for room in ["crates", "e2e"] {
        for file in rust_files(&root.join(room)) {
            let place = file.strip_prefix(&root).unwrap();
            let text = fs::read_to_string(&file).unwrap();
            match is_test(place) {
                true => citations.add_test(&place.display().to_string(), &text),
                false => citations.add_source(&place.display().to_string(), &text),
            }
        }
    }
    for row in rows().unwrap() {
        citations.add_test(&format!("case {}", row.id), &row.requirements.join(" "));
    }
    citations
}

#[test]
fn every_binding_requirement_is_traced() {
    let faults = faults(&requirements().unwrap(), &exceptions().unwrap(), &citations());
    let report: Vec<_> = faults.iter().map(ToString::to_string).collect();
    assert!(report.is_empty(), "{} faults:\n{}", report.len(), report.join("\n"));
}

/// The sources were really read: a known line of code and a known case are among the citations.
#[test]
fn citations_are_found_where_they_are_known_to_stand() {
    let citations = citations();
    let code = citations.code.get("R-14.2-5").expect("cited beside the code");
    assert!(code.contains("crates/byteranges/src/decide.rs"), "{code:?}");
    assert!(citations.tests["R-14.2-5"].contains("case unit-other-lines"));
}

/// A requirement that nothing cites any more is missed: the rule holds on the real tree, not only on made-up ones.
#[test]
fn removing_a_citation_is_noticed() {
    let mut citations = citations();
    citations.code.remove("R-14.2-5");
    let faults = faults(&requirements().unwrap(), &exceptions().unwrap(), &citations);
    assert!(
        faults.iter().any(|fault| fault.to_string().starts_with("R-14.2-5: no line of code")),
        "{faults:?}"
    );
}
