//! What the documents cite exists: cases, tests and requirements, so that no page outlives what it speaks of.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Finds `KIND `NAME`` in a page: the names that follow the word.
fn cited(page: &str, kind: &str) -> BTreeSet<String> {
    let text = fs::read_to_string(root().join(page)).unwrap();
    let opening = format!("{kind} `");
    text.split(&opening)
        .skip(1)
        .filter_map(|rest| rest.split_once('`'))
        .map(|(name, _)| name.to_owned())
        .collect()
}

/// Finds the names of all functions that are tests by their attribute.
fn tests(directory: &Path, names: &mut BTreeSet<String>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with("target") && !path.ends_with("node_modules") {
            tests(&path, names);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            let lines = text.lines().map(str::trim).filter_map(|line| {
                let line = line.strip_prefix("async ").unwrap_or(line);
                line.strip_prefix("fn ")?.split_once('(')
            });
            names.extend(lines.map(|(name, _)| name.to_owned()));
        }
    }
}

#[test]
fn traps_name_cases_and_tests_that_exist() {
    let cases: BTreeSet<_> = swath_spec::rows().unwrap().iter().map(|row| row.id.to_owned()).collect();
    let cited_cases = cited("docs/traps.md", "case");
    assert!(cited_cases.len() > 30, "{cited_cases:?}");
    assert_eq!(
        cited_cases.difference(&cases).collect::<Vec<_>>(),
        Vec::<&String>::new(),
        "cases that do not exist"
    );

    let mut functions = BTreeSet::new();
    for room in ["crates", "e2e", "spec"] {
        tests(&root().join(room), &mut functions);
    }
    let cited_tests = cited("docs/traps.md", "test");
    assert!(cited_tests.len() > 10, "{cited_tests:?}");
    assert_eq!(
        cited_tests.difference(&functions).collect::<Vec<_>>(),
        Vec::<&String>::new(),
        "tests that do not exist"
    );
}

#[test]
fn every_departure_is_explained() {
    let page = fs::read_to_string(root().join("docs/decisions.md")).unwrap();
    for exception in swath_spec::exceptions().unwrap() {
        if exception.kind == swath_spec::Kind::Departure {
            assert!(page.contains(&exception.id), "{} is not in docs/decisions.md", exception.id);
        }
    }
}

#[test]
fn requirements_named_in_the_documents_exist() {
    let known: BTreeSet<_> =
        swath_spec::requirements().unwrap().iter().map(|requirement| requirement.id).collect();
    for page in ["docs/decisions.md", "docs/traps.md"] {
        let mut citations = swath_spec::trace::Citations::default();
        citations.add_test(page, &fs::read_to_string(root().join(page)).unwrap());
        let unknown: Vec<_> = citations.tests.keys().filter(|id| !known.contains(id.as_str())).collect();
        assert!(unknown.is_empty(), "{page}: {unknown:?}");
    }
}
