//! What we answer to: the requirements with their ids, and the exceptions with their reasons.

use std::collections::HashSet;

use serde::Deserialize;

use crate::table::{TableError, records};

/// States one requirement in a sentence of our own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requirement {
    /// The id that code, tests and tables cite.
    pub id: &'static str,
    /// The section of RFC 9110 (another document is named).
    pub section: &'static str,
    /// How binding it is.
    pub level: Level,
    /// Whom it binds: letters of `S` server, `C` client, `K` cache, `P` proxy, `L` library, `V` server of growing content.
    pub who: &'static str,
    /// What it asks.
    pub sentence: &'static str,
}

impl Requirement {
    /// Tells whether a server, or a library in a server's hands, has to keep it.
    pub fn binds_server(&self) -> bool {
        self.who.contains('S')
    }

    /// Tells whether it stands in one of these sections or below.
    pub fn is_within(&self, sections: &[&str]) -> bool {
        sections.iter().any(|section| {
            self.section.strip_prefix(section).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        })
    }
}

/// Ranks requirements by how binding they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// MUST.
    Must,
    /// MUST NOT.
    MustNot,
    /// SHOULD.
    Should,
    /// SHOULD NOT.
    ShouldNot,
    /// A definition: another reading gives other octets.
    Definition,
    /// MAY.
    May,
    /// Prose without a keyword.
    Ought,
    /// What we recommend where no standard speaks.
    Recommended,
}

impl Level {
    pub(crate) fn read(cell: &str) -> Result<Self, String> {
        Ok(match cell {
            "M" => Self::Must,
            "MN" => Self::MustNot,
            "S" => Self::Should,
            "SN" => Self::ShouldNot,
            "DEF" => Self::Definition,
            "MAY" => Self::May,
            "OUGHT" => Self::Ought,
            "REC" => Self::Recommended,
            other => return Err(format!("no level is called `{other}`")),
        })
    }

    /// Tells whether a departure needs a reason.
    pub fn is_binding(self) -> bool {
        !matches!(self, Self::May | Self::Ought | Self::Recommended)
    }
}

/// Records that a requirement is not kept, or not shown, as others are.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exception {
    /// The requirement's id.
    pub id: String,
    /// In which way it is an exception.
    pub kind: Kind,
    /// Why.
    pub reason: String,
}

/// Tells exceptions apart by what still has to be cited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// We answer otherwise, knowingly: cited beside the line that departs, and by a test that pins the departure.
    Departure,
    /// Nothing in this code could keep or break it: cited nowhere.
    Absent,
    /// The code keeps it, but no test can show it: cited in code only.
    Untestable,
    /// A library that we use keeps it, and a test of ours holds it to that: cited by a test only.
    Delegated,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExceptionsFile {
    exception: Vec<Exception>,
}

/// Reads all requirements.
pub fn requirements() -> Result<Vec<Requirement>, TableError> {
    let table = "requirements.tsv";
    let columns = ["id", "section", "level", "who", "sentence"];
    let mut seen = HashSet::new();
    let mut requirements = Vec::new();
    for (line, cells) in records(table, include_str!("../requirements.tsv"), &columns)? {
        let fail = |reason| TableError { table, line, reason };
        let &[id, section, level, who, sentence] = cells.as_slice() else {
            return Err(fail("not five cells".to_owned()));
        };
        if !seen.insert(id) {
            return Err(fail(format!("`{id}` stands twice")));
        }
        if !who.chars().all(|letter| "SCKPLV".contains(letter)) {
            return Err(fail(format!("`{who}` names nobody known")));
        }
        let level = Level::read(level).map_err(fail)?;
        requirements.push(Requirement { id, section, level, who, sentence });
    }
    Ok(requirements)
}

/// Reads all exceptions.
pub fn exceptions() -> Result<Vec<Exception>, toml::de::Error> {
    toml::from_str::<ExceptionsFile>(include_str!("../exceptions.toml")).map(|file| file.exception)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_files_are_read() {
        assert!(requirements().unwrap().len() > 200);
        assert!(!exceptions().unwrap().is_empty());
    }

    #[test]
    fn sections_are_compared_by_their_parts() {
        let requirement =
            |section| Requirement { id: "R", section, level: Level::Must, who: "S", sentence: "" };
        assert!(requirement("14.2").is_within(&["14"]));
        assert!(requirement("15.3.7.1").is_within(&["15.3.7"]));
        assert!(!requirement("15.3.70").is_within(&["15.3.7"]));
        assert!(!requirement("9112 §14").is_within(&["14"]));
    }
}
