//! The list of checks: `checks.tsv` and `cures.tsv` in, compiled; one [`Check`] per line out.
//!
//! A check's section and level are those of its requirement in `spec/requirements.tsv`, and its cases are rows of the
//! tables in `spec/`, so that a server is held to what `swath` is held to. Checks without rows look at all answers of
//! an audit ([`crate::forms`]) or ask something of their own ([`crate::probes`]).

use std::{collections::HashMap, fmt};

use swath_spec::{Level, Row, requirements, rows};

/// One rule, and all that is told about it.
#[derive(Debug, Clone)]
pub struct Check {
    /// The check's name.
    pub id: &'static str,
    /// What it is about.
    pub topic: Topic,
    /// The requirement's id.
    pub requirement: &'static str,
    /// How binding it is.
    pub level: Level,
    /// The section of RFC 9110; another document is named.
    pub section: &'static str,
    /// What a server does that keeps it.
    pub title: &'static str,
    /// Who is hurt where it is broken.
    pub hurts: Vec<&'static str>,
    /// Cures, by the software that needs them.
    pub cures: Vec<(&'static str, &'static str)>,
    /// What has to hold before this can be judged: other checks, and facts written `@fact`.
    pub(crate) presupposes: Vec<&'static str>,
    pub(crate) rows: Vec<Row>,
}

/// Groups checks for reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Topic {
    /// Which octets a Range means.
    Ranges,
    /// Reading Range.
    Syntax,
    /// Several ranges at once.
    Sets,
    /// The form of 206, 304 and 416.
    Partial,
    /// The form of a multipart.
    Parts,
    /// If-Range.
    IfRange,
    /// The other preconditions.
    Preconditions,
    /// Which condition comes first.
    Order,
    /// Tags and dates.
    Validators,
    /// HEAD.
    Head,
    /// Fields of every answer.
    Fields,
    /// Content codings.
    Coded,
    /// The connection and the request line.
    Connection,
    /// Scripts of other origins.
    Cors,
    /// Other methods and targets.
    Other,
}

const TOPICS: [(&str, Topic, &str); 15] = [
    ("ranges", Topic::Ranges, "What a range means"),
    ("syntax", Topic::Syntax, "How Range is read"),
    ("sets", Topic::Sets, "Several ranges at once"),
    ("partial", Topic::Partial, "The form of 206, 304 and 416"),
    ("parts", Topic::Parts, "The form of a multipart"),
    ("if-range", Topic::IfRange, "If-Range: resuming"),
    ("preconditions", Topic::Preconditions, "Preconditions"),
    ("order", Topic::Order, "Which condition comes first"),
    ("validators", Topic::Validators, "Entity tag and date"),
    ("head", Topic::Head, "HEAD"),
    ("fields", Topic::Fields, "Header fields of every answer"),
    ("coded", Topic::Coded, "Content codings"),
    ("connection", Topic::Connection, "Connection and request line"),
    ("cors", Topic::Cors, "Scripts of other origins"),
    ("other", Topic::Other, "Other methods and targets"),
];

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let found = TOPICS.iter().find(|(_, topic, _)| topic == self);
        f.write_str(found.map_or("", |(_, _, title)| title))
    }
}

const HURT: [(&str, &str); 11] = [
    ("everyone", "every client"),
    ("players", "players that seek in video and audio"),
    ("safari", "Safari, which plays nothing without it"),
    ("webkit", "WebKit's player, which takes the answer for the end"),
    ("resumers", "downloads that resume (curl -C -, aria2, browsers)"),
    ("segments", "downloads in parallel segments"),
    ("viewers", "pdf.js, map tiles, archives and data read in place"),
    ("caches", "caches and CDNs"),
    ("scripts", "players and viewers in pages of other origins"),
    ("operator", "whoever runs the server"),
    ("odd", "unusual clients, and whatever stands between"),
];

/// Says why the list of checks could not be read.
#[derive(Debug, thiserror::Error)]
#[error("the list of checks is wrong: {0}")]
pub struct ListError(String);

/// Gives all checks, in the order of their topics as they are asked.
pub fn checks() -> Result<Vec<Check>, ListError> {
    let fail = |why: String| ListError(why);
    let requirements = requirements().map_err(|why| fail(why.to_string()))?;
    let mut rows: HashMap<_, _> =
        rows().map_err(|why| fail(why.to_string()))?.into_iter().map(|row| (row.id, row)).collect();
    let cures: Vec<_> = lines(include_str!("../cures.tsv")).collect();
    let mut checks: Vec<Check> = Vec::new();
    for cells in lines(include_str!("../checks.tsv")) {
        let &[id, topic, requirement, level, presupposes, cases, hurts, title] = cells.as_slice() else {
            return Err(fail(format!("{cells:?} are not eight cells")));
        };
        let known = requirements.iter().find(|known| known.id == requirement);
        let known = known.ok_or_else(|| fail(format!("{id}: no requirement is called `{requirement}`")))?;
        let topic = TOPICS.iter().find(|(name, ..)| *name == topic);
        let cases = words(cases).map(|row| rows.remove(row).ok_or_else(|| fail(format!("{id}: {row}"))));
        let hurt = |word: &str| HURT.iter().find(|(name, _)| *name == word).map(|(_, phrase)| *phrase);
        checks.push(Check {
            id,
            topic: topic.ok_or_else(|| fail(format!("{id}: no such topic")))?.1,
            requirement,
            level: read_level(level).unwrap_or(known.level),
            section: known.section,
            title,
            hurts: words(hurts).filter_map(hurt).collect(),
            cures: cures
                .iter()
                .filter(|cure| cure.first() == Some(&id))
                .filter_map(|cure| pair(cure))
                .collect(),
            presupposes: words(presupposes).collect(),
            rows: cases.collect::<Result<_, _>>()?,
        });
    }
    Ok(checks)
}

fn pair(cells: &[&'static str]) -> Option<(&'static str, &'static str)> {
    Some((cells.get(1)?, cells.get(2)?))
}

/// Reads the level that stands in place of the requirement's own, where that is about another role or wording.
fn read_level(cell: &str) -> Option<Level> {
    Some(match cell {
        "M" => Level::Must,
        "S" => Level::Should,
        "DEF" => Level::Definition,
        "OUGHT" => Level::Ought,
        _ => return None,
    })
}

fn lines(table: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    table.lines().skip(1).map(|line| line.split('\t').collect())
}

fn words(cell: &'static str) -> impl Iterator<Item = &'static str> {
    cell.split(' ').filter(|word| !matches!(*word, "" | "-"))
}

/// Writes a level as the tables do.
pub fn level_name(level: Level) -> &'static str {
    match level {
        Level::Must => "MUST",
        Level::MustNot => "MUST NOT",
        Level::Should => "SHOULD",
        Level::ShouldNot => "SHOULD NOT",
        Level::Definition => "definition",
        Level::May => "MAY",
        Level::Ought => "ought",
        Level::Recommended => "recommended",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_list_is_sound() {
        let checks = checks().unwrap();
        let mut before = HashSet::new();
        for check in &checks {
            assert!(before.insert(check.id), "{} stands twice", check.id);
            assert!(!check.hurts.is_empty(), "{} hurts nobody", check.id);
            assert!(!check.title.ends_with('.'), "{}", check.id);
        }
        for check in &checks {
            for other in &check.presupposes {
                assert!(other.starts_with('@') || before.contains(other), "{}: {other}", check.id);
            }
        }
        for cells in lines(include_str!("../cures.tsv")) {
            assert!(cells.len() == 3 && before.contains(cells[0]), "{cells:?}");
        }
    }

    #[test]
    fn what_is_presupposed_never_goes_in_a_circle() {
        let checks = checks().unwrap();
        let mut done: HashSet<&str> = HashSet::new();
        for _ in 0..checks.len() {
            for check in &checks {
                if check.presupposes.iter().all(|one| one.starts_with('@') || done.contains(one)) {
                    done.insert(check.id);
                }
            }
        }
        assert_eq!(done.len(), checks.len());
    }
}
