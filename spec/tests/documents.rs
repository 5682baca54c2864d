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

/// The examples of `decide`'s documentation are cases, so that they say what everything else is held to.
#[test]
fn doc_examples_are_cases() {
    let source = fs::read_to_string(root().join("crates/byteranges/src/decide.rs")).unwrap();
    let rows = swath_spec::range().unwrap();
    let examples: Vec<_> = source.lines().filter_map(example).collect();
    assert!(examples.len() >= 10, "{examples:?}");
    for (range, answer) in examples {
        let is_it = |row: &&swath_spec::Row| {
            row.fixture == swath_spec::Fixture::F10
                && row.method == "GET"
                && row.literals("Range") == [range.as_bytes()]
        };
        let row = rows.iter().find(is_it).unwrap_or_else(|| panic!("`{range}` is no case"));
        assert_eq!(row.ours.to_string(), answer, "{range}");
    }
}

/// Reads `///     ("RANGE", "ANSWER"),`.
fn example(line: &str) -> Option<(&str, &str)> {
    line.strip_prefix("///     (\"")?.strip_suffix("\"),")?.split_once("\", \"")
}

/// `docs/answers.md` is the tables, for people. `SWATH_WRITE_DOCS=1` writes it anew.
#[test]
fn the_page_of_answers_is_current() {
    let page = root().join("docs/answers.md");
    let due = answers();
    if std::env::var_os("SWATH_WRITE_DOCS").is_some() {
        fs::write(&page, &due).unwrap();
    }
    let found = fs::read_to_string(&page).unwrap_or_default();
    assert!(
        found == due,
        "docs/answers.md is not what the tables say: run the tests with SWATH_WRITE_DOCS=1"
    );
}

const ANSWERS_HEAD: &str = "\
# What is answered to what

Written from [`spec/`](../spec/README.md) by a test; edit the tables, not this page. `F10` is a file of the ten digits, `F10k` has
10,000 octets, `F0` none; the others, and the placeholders in braces, are explained there. `206 0-4/10` stands for a partial answer
with that Content-Range, `416 */10` for an unsatisfiable range. Orders of preconditions beyond the first few are left out here.
";

fn answers() -> String {
    let mut page = ANSWERS_HEAD.to_owned();
    for (title, table) in [("Range", "range"), ("Preconditions", "precondition")] {
        page += &format!(
            "\n## {title}\n\n| of | asked | answered | also right | section |\n|---|---|---|---|---|\n"
        );
        let text = fs::read_to_string(root().join(format!("spec/{table}.tsv"))).unwrap();
        for line in text.lines().skip(1).filter(|line| !line.starts_with("order-")) {
            let cells: Vec<_> = line.split('\t').collect();
            let fields = if cells[4] == "-" { String::new() } else { format!(" | {}", cells[4]) };
            let asked = format!("{}{fields}", cells[3]).replace(" | ", "`<br>`");
            let also = if cells[6] == "-" { String::new() } else { short(cells[6]).replace(" ; ", ", ") };
            page += &format!("| {} | `{asked}` | {} | {also} | {} |\n", cells[2], short(cells[5]), cells[8]);
        }
    }
    page
}

/// Cuts an answer of many parts down to its first ones.
fn short(answers: &str) -> String {
    let cut = |answer: &str| {
        let words: Vec<_> = answer.split(' ').collect();
        if words.len() <= 6 {
            answer.to_owned()
        } else {
            format!("{} … ({} parts)", words[..4].join(" "), words.len() - 2)
        }
    };
    answers.split(" ; ").map(cut).collect::<Vec<_>>().join(" ; ")
}
