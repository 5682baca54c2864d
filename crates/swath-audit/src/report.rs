//! What an audit found, for any kind of output.

use crate::{
    check::{Check, level_name},
    client::Spent,
    finding::Verdict,
    replay::Replay,
};

/// Holds all that one audit found.
#[derive(Debug, Clone)]
pub struct Report {
    /// What was audited, after redirections.
    pub url: String,
    /// What it is.
    pub resource: Resource,
    /// What the audit cost.
    pub spent: Spent,
    /// One result a check.
    pub results: Vec<Result>,
    /// What the clients that were asked for would meet.
    pub replays: Vec<Replay>,
}

/// Holds the facts of what was audited.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Resource {
    /// The Server field.
    pub server: Option<String>,
    /// How many octets it has.
    pub length: u64,
    /// Its entity tag.
    pub etag: Option<String>,
    /// Its modification date.
    pub last_modified: Option<String>,
    /// Its media type.
    pub content_type: Option<String>,
    /// Whether ranges work at all.
    pub ranges: bool,
}

/// Holds what one check found.
#[derive(Debug, Clone)]
pub struct Result {
    /// The check.
    pub check: Check,
    /// What it is worth.
    pub verdict: Verdict,
    /// What was seen, or why nothing could be.
    pub said: Option<String>,
    /// The exchange that proves it.
    pub shown: Option<Shown>,
}

/// Holds the heads of one exchange.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// The request, with secrets left out.
    pub request: String,
    /// The answer's head.
    pub answer: String,
}

impl Report {
    /// Counts the results of a verdict.
    pub fn count(&self, verdict: Verdict) -> usize {
        self.results.iter().filter(|result| result.verdict == verdict).count()
    }

    /// Tells whether a MUST or a definition is broken.
    pub fn is_broken(&self) -> bool {
        self.count(Verdict::Fail) > 0
    }

    /// Gives a cure for the software that the Server field names, or all there are.
    pub fn cures(&self, result: &Result) -> Vec<(&'static str, &'static str)> {
        let server = self.resource.server.clone().unwrap_or_default().to_ascii_lowercase();
        let named = |software: &str| {
            let software = software.to_ascii_lowercase();
            server.contains(&software)
                || (software == "go" && server.contains("caddy"))
                || (software == "s3" && server.contains("amazons3"))
        };
        let cures = &result.check.cures;
        match cures.iter().any(|(software, _)| named(software)) {
            true => cures.iter().copied().filter(|(software, _)| named(software)).collect(),
            // A proxy's name may hide the server behind it, but a known other software has no use for these.
            false if server.is_empty() => cures.clone(),
            false => Vec::new(),
        }
    }
}

/// The list of all checks, one a line: id, level, section, sentence.
pub fn list(checks: &[Check]) -> String {
    let lines = checks.iter().map(|check| {
        let (level, section) = (level_name(check.level), crate::output::section(check.section));
        format!("{:<32} {level:<12} {section:<16} {}\n", check.id, check.title)
    });
    lines.collect()
}
