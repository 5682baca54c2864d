//! `swath audit`, run as a user runs it. In: URLs and arguments. Out: its JSON documents, read back.

use std::ffi::OsStr;

use serde::Deserialize;

use crate::{clients::program, swath::binary};

/// What the audit of one URL found.
#[derive(Debug, Deserialize)]
pub struct Audited {
    /// What was audited.
    pub url: String,
    /// How many requests it took.
    pub requests: u32,
    /// One entry a check.
    pub results: Vec<Judged>,
}

/// What one check found.
#[derive(Debug, Clone, Deserialize)]
pub struct Judged {
    /// The check.
    pub id: String,
    /// MUST, SHOULD and so on.
    pub level: String,
    /// `pass`, `fail`, `warn`, `note` or `na`.
    pub verdict: String,
    /// Where the rule stands.
    pub section: String,
    /// The rule, in a sentence.
    pub title: String,
    /// What was seen.
    pub said: Option<String>,
    /// The head of the request that proves it.
    pub request: Option<String>,
    /// The head of the answer that proves it.
    pub answer: Option<String>,
}

impl Audited {
    /// Gives what a check found.
    ///
    /// # Panics
    /// When there is no such check.
    #[must_use]
    pub fn of(&self, id: &str) -> &Judged {
        self.results.iter().find(|judged| judged.id == id).unwrap_or_else(|| panic!("there is no check {id}"))
    }

    /// Gives the checks that ended in one of these verdicts, each with what was seen.
    #[must_use]
    pub fn told(&self, verdicts: &[&str]) -> Vec<String> {
        self.results
            .iter()
            .filter(|judged| verdicts.contains(&judged.verdict.as_str()))
            .map(|judged| {
                format!("{} {}: {}", judged.verdict, judged.id, judged.said.as_deref().unwrap_or(""))
            })
            .collect()
    }
}

/// Audits one URL.
///
/// # Panics
/// When that could not be done; see [`try_audited`].
#[must_use]
pub fn audited<A: AsRef<OsStr>>(url: &str, arguments: impl IntoIterator<Item = A>) -> Audited {
    try_audited(url, arguments).unwrap_or_else(|why| panic!("{url}: {why}"))
}

/// Audits one URL, or gives the sentence with which the command says that it could not.
///
/// # Errors
/// Where there is nothing that could be audited.
///
/// # Panics
/// When the command ends in another code than its findings call for.
pub fn try_audited<A: AsRef<OsStr>>(
    url: &str,
    arguments: impl IntoIterator<Item = A>,
) -> Result<Audited, String> {
    let mut words: Vec<_> = ["audit", "--format", "json", url].map(Into::into).to_vec();
    words.extend(arguments.into_iter().map(|argument| argument.as_ref().to_owned()));
    let finished = program::run(binary(), words);
    if finished.code() == 3 {
        return Err(finished.stderr);
    }
    let text = String::from_utf8_lossy(&finished.stdout);
    let audited: Audited = serde_json::from_str(&text)
        .unwrap_or_else(|why| panic!("{}: {why}: {text:?}; {}", finished.command, finished.stderr));
    let broken = audited.results.iter().any(|judged| judged.verdict == "fail");
    assert_eq!(finished.code(), i32::from(broken), "{}: {}", finished.command, finished.stderr);
    Ok(audited)
}
