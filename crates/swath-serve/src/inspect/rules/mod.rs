//! What is wrong, what is wasted and what cures it: exchanges in, findings out. Pure.
//!
//! | room | what it does |
//! |---|---|
//! | `table` | the rules |
//! | `facts` | what an exchange's fields mean |
//! | `one` | rules that one exchange shows |
//! | `together` | rules that only several of one client with one file show |

mod facts;
mod one;
mod table;
#[cfg(test)]
mod tests;
mod together;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde::Serialize;

use self::facts::Facts;
pub use self::table::{RULES, Rule, Side, Weight};
use super::Entry;

/// The most exchanges that a finding names; it says how many there are.
const NAMED_MAX: usize = 50;

/// The most findings that are told.
///
/// 500: beyond that it is the same few rules for file after file.
const FINDINGS_MAX: usize = 500;

/// What `swath audit` says of a check that is a rule here, too.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CheckText {
    /// What a server does that keeps it.
    pub title: String,
    /// The section of RFC 9110.
    pub section: String,
    /// Cures by the software that needs them.
    pub cures: Vec<(String, String)>,
}

/// The checks, by their ids.
pub type Checks = HashMap<String, CheckText>;

/// Says that a rule is broken, by whom, and what cures it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// The rule's name.
    pub rule: &'static str,
    /// How much it matters.
    pub weight: Weight,
    /// Whose doing it is.
    pub side: Side,
    /// The section of RFC 9110; empty where there is none.
    pub section: String,
    /// What is the matter.
    pub title: &'static str,
    /// What was seen.
    pub said: String,
    /// What to do.
    pub cure: String,
    /// The check of `swath audit` that is the same rule, and what keeps it.
    pub check: Option<&'static str>,
    /// What a server does that keeps the check.
    pub keeps: Option<String>,
    /// The client's address.
    pub client: String,
    /// The path.
    pub path: String,
    /// The resource, as its exchanges name it.
    pub resource: String,
    /// The exchanges that show it; of many, the first.
    pub ids: Vec<u64>,
    /// How many exchanges show it.
    pub count: usize,
}

/// Gives which octets of the file an exchange has sent, as far as that can be told.
pub(super) fn sent(entry: &Entry) -> Option<byteranges::ByteRange> {
    Facts::of(entry).sent()
}

/// Finds what is wrong in exchanges, in whatever order they come; what matters most comes first.
#[must_use]
pub fn findings(entries: &[Arc<Entry>], checks: &Checks) -> Vec<Finding> {
    let mut groups: BTreeMap<(&str, &str, &str), Vec<Facts<'_>>> = BTreeMap::new();
    for entry in entries.iter().filter(|entry| !entry.path().starts_with("/.swath/")) {
        let (address, agent) = entry.client();
        let resource = entry.resource.as_deref().unwrap_or_default();
        groups.entry((resource, address, agent)).or_default().push(Facts::of(entry));
    }
    let mut found = Vec::new();
    for group in groups.values_mut() {
        group.sort_by_key(|facts| facts.entry.id);
        let mut stories: Vec<together::Story> = Vec::new();
        for facts in group.iter() {
            for (rule, said) in one::look(facts) {
                match stories.iter_mut().find(|(known, ..)| known.id == rule.id) {
                    Some((_, _, ids)) => ids.push(facts.entry.id),
                    None => stories.push((rule, said, vec![facts.entry.id])),
                }
            }
        }
        stories.extend(together::look(group));
        found.extend(stories.into_iter().map(|story| finding(story, group, checks)));
    }
    found.sort_by(|a, b| (a.weight, &a.path, a.ids.first()).cmp(&(b.weight, &b.path, b.ids.first())));
    found.truncate(FINDINGS_MAX);
    found
}

fn finding((rule, said, mut ids): together::Story, group: &[Facts<'_>], checks: &Checks) -> Finding {
    let shown = group.iter().map(|facts| facts.entry).find(|entry| Some(&entry.id) == ids.first());
    let check = rule.check.and_then(|id| checks.get(id));
    let server = shown.and_then(|entry| entry.answered("server")).unwrap_or_default();
    let cure = check.and_then(|check| cure_for(check, server)).unwrap_or_else(|| rule.cure.to_owned());
    let count = ids.len();
    ids.truncate(NAMED_MAX);
    Finding {
        rule: rule.id,
        weight: rule.weight,
        side: rule.side,
        section: check.map_or_else(|| rule.section.to_owned(), |check| check.section.clone()),
        title: rule.title,
        said,
        cure,
        check: rule.check,
        keeps: check.map(|check| check.title.clone()),
        client: shown.map(|entry| entry.client().0.to_owned()).unwrap_or_default(),
        path: shown.map(|entry| entry.path().to_owned()).unwrap_or_default(),
        resource: shown.and_then(|entry| entry.resource.clone()).unwrap_or_default(),
        ids,
        count,
    }
}

/// Finds the cure for the software that answered, by its Server field.
fn cure_for(check: &CheckText, server: &str) -> Option<String> {
    let server = server.to_ascii_lowercase();
    let (software, cure) =
        check.cures.iter().find(|(software, _)| server.contains(&software.to_ascii_lowercase()))?;
    Some(format!("{software}: {cure}"))
}

/// Writes a number with a comma before each three digits.
pub(super) fn grouped(number: u64) -> String {
    crate::pages::grouped(number)
}
