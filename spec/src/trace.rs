//! Holds requirements, exceptions, code and tests against each other.
//!
//! In: the two files, and the text of all source. Out: every place where they do not agree. The rule: each binding
//! requirement on a server in the traced sections is cited beside the code that keeps it and by a test, or stands in
//! `exceptions.toml` with its reason; nothing is cited that does not exist, and no exception is idle.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::requirement::{Exception, Kind, Requirement};

/// The sections whose binding requirements have to be traced: validators, conditions, ranges, 206 and 416; and what an
/// answer owes the wire whatever is asked. A number alone is of RFC 9110; of RFC 9112 all is traced.
pub const TRACED: [&str; 16] = [
    "5.3", "5.4", "5.5", "5.6.1.2", "6.6.1", "8.3.3", "8.4", "8.6", "8.8", "9.3.2", "12.5.5", "13", "14",
    "15.3.7", "15.4.5", "15.5.17",
];

/// Collects where each id is cited: id to places.
#[derive(Debug, Default)]
pub struct Citations {
    /// Beside the code.
    pub code: BTreeMap<String, BTreeSet<String>>,
    /// By a test, or by a case that tests run.
    pub tests: BTreeMap<String, BTreeSet<String>>,
}

impl Citations {
    /// Takes in the text of one Rust file; what follows its first `#[cfg(test)]` counts as test.
    pub fn add_source(&mut self, place: &str, text: &str) {
        let (code, tests) = text.split_at(text.find("#[cfg(test)]").unwrap_or(text.len()));
        ids(code).for_each(|id| cite(&mut self.code, id, place));
        self.add_test(place, tests);
    }

    /// Takes in the text of a test, or one case.
    pub fn add_test(&mut self, place: &str, text: &str) {
        ids(text).for_each(|id| cite(&mut self.tests, id, place));
    }
}

fn cite(citations: &mut BTreeMap<String, BTreeSet<String>>, id: &str, place: &str) {
    citations.entry(id.to_owned()).or_default().insert(place.to_owned());
}

/// Finds the ids in a text: `R-`, `L-` or `D-`, then what an id may hold, ending in a letter or digit.
fn ids(text: &str) -> impl Iterator<Item = &str> {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || ".-/".contains(letter);
    text.split(move |letter| !is_part(letter)).filter_map(|word| {
        let word = word.trim_end_matches(['.', '-', '/']);
        let rest = word
            .strip_prefix("R-")
            .or_else(|| word.strip_prefix("L-"))
            .or_else(|| word.strip_prefix("D-"))?;
        (rest.starts_with(|letter: char| letter.is_ascii_digit()) || rest.starts_with("FETCH-"))
            .then_some(word)
    })
}

/// Tells one disagreement.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// A requirement that no code cites.
    NoCode(String),
    /// A requirement that no test and no case cites.
    NoTest(String),
    /// An id that is cited, or excepted, but does not exist.
    Unknown(String, String),
    /// An exception without a reason.
    NoReason(String),
    /// An exception that stands twice.
    Repeated(String),
    /// An exception that the citations contradict.
    Idle(String, &'static str),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoCode(id) => {
                write!(f, "{id}: no line of code cites it; cite it, or except it with a reason")
            }
            Self::NoTest(id) => {
                write!(f, "{id}: no test and no case cites it; show it, or except it with a reason")
            }
            Self::Unknown(id, place) => write!(f, "{id}: cited in {place}, but not in requirements.tsv"),
            Self::NoReason(id) => write!(f, "{id}: its exception gives no reason"),
            Self::Repeated(id) => write!(f, "{id}: excepted twice"),
            Self::Idle(id, why) => write!(f, "{id}: its exception does not fit: {why}"),
        }
    }
}

/// Finds all disagreements.
pub fn faults(requirements: &[Requirement], exceptions: &[Exception], citations: &Citations) -> Vec<Fault> {
    let known: BTreeSet<_> = requirements.iter().map(|requirement| requirement.id).collect();
    let mut faults = unknown(&known, citations);
    let mut excepted = BTreeMap::new();
    for exception in exceptions {
        if !known.contains(exception.id.as_str()) {
            faults.push(Fault::Unknown(exception.id.clone(), "exceptions.toml".to_owned()));
        }
        if exception.reason.split_whitespace().count() < 5 {
            faults.push(Fault::NoReason(exception.id.clone()));
        }
        if excepted.insert(exception.id.as_str(), exception.kind).is_some() {
            faults.push(Fault::Repeated(exception.id.clone()));
        }
    }
    for requirement in requirements {
        let kind = excepted.get(requirement.id).copied();
        let traced = requirement.binds_server()
            && requirement.level.is_binding()
            && (requirement.is_within(&TRACED) || requirement.section.starts_with("9112 "));
        let cited = |place: &BTreeMap<String, _>| place.contains_key(requirement.id);
        let (code, tests) = (cited(&citations.code), cited(&citations.tests));
        if let Some(kind) = kind {
            faults.extend(excepted_faults(requirement.id, kind, code, tests));
        } else if traced {
            faults.extend((!code).then(|| Fault::NoCode(requirement.id.to_owned())));
            faults.extend((!tests).then(|| Fault::NoTest(requirement.id.to_owned())));
        }
    }
    faults.sort();
    faults
}

fn unknown(known: &BTreeSet<&str>, citations: &Citations) -> Vec<Fault> {
    let all = citations.code.iter().chain(&citations.tests);
    let unknown = all.filter(|(id, _)| !known.contains(id.as_str()));
    unknown
        .flat_map(|(id, places)| places.iter().map(|place| Fault::Unknown(id.clone(), place.clone())))
        .collect()
}

fn excepted_faults(id: &str, kind: Kind, code: bool, tests: bool) -> Option<Fault> {
    let why = match (kind, code, tests) {
        (Kind::Departure, false, _) => "the line that departs does not cite it",
        (Kind::Departure, true, false) => "no test pins the departure",
        (Kind::Absent, true, _) => "there is code that cites it",
        (Kind::Absent, false, true) => "there is a test that cites it",
        (Kind::Untestable, false, _) => "no code cites it",
        (Kind::Untestable, true, true) => "there is a test that cites it",
        (Kind::Delegated, true, _) => "there is code that cites it",
        (Kind::Delegated, false, false) => "no test holds the library to it",
        (Kind::Departure, true, true)
        | (Kind::Absent, false, false)
        | (Kind::Untestable, true, false)
        | (Kind::Delegated, false, true) => {
            return None;
        }
    };
    Some(Fault::Idle(id.to_owned(), why))
}

#[cfg(test)]
mod tests;
