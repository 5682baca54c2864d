//! The table of servers and rules. In: what audits found. Out: docs/field.md, whole.

use std::fmt::Write as _;

use crate::{audited::Audited, servers::Recipe};

/// One server's column.
pub struct Column {
    name: &'static str,
    version: String,
    configuration: &'static str,
    rules: Vec<Rule>,
}

struct Rule {
    id: String,
    level: String,
    section: String,
    title: String,
    verdict: &'static str,
}

/// Verdicts from the gravest down: of the two files that are audited, the graver counts.
const GRAVEST_FIRST: [&str; 5] = ["fail", "warn", "note", "pass", "na"];

impl Column {
    /// Joins the audits of one server.
    #[must_use]
    pub fn of(recipe: &Recipe, audits: &[Audited]) -> Self {
        let rules = audits[0].results.iter().map(|first| {
            let verdict = GRAVEST_FIRST
                .into_iter()
                .find(|grave| audits.iter().any(|audit| audit.of(&first.id).verdict == *grave))
                .unwrap_or_else(|| panic!("{} has an unknown verdict, {}", first.id, first.verdict));
            Rule {
                id: first.id.clone(),
                level: first.level.clone(),
                section: first.section.clone(),
                title: first.title.clone(),
                verdict,
            }
        });
        Self {
            name: recipe.name,
            version: (recipe.version)(),
            configuration: recipe.configuration,
            rules: rules.collect(),
        }
    }

    fn count(&self, verdict: &str) -> usize {
        self.rules.iter().filter(|rule| rule.verdict == verdict).count()
    }
}

/// Writes the page.
///
/// # Panics
/// Never: a string can always be written to.
#[must_use]
pub fn page(columns: &[Column], date: &str, by_hand: &str) -> String {
    let mut page = String::new();
    writeln!(page, "# The field\n\n{INTRODUCTION}\n\nWritten by `make field` on {date}.\n")
        .expect("a string");
    servers(&mut page, columns);
    rules(&mut page, columns);
    writeln!(page, "{REPEAT}\n\n{}", by_hand.trim_end()).expect("a string");
    page
}

const INTRODUCTION: &str = "\
What `swath audit` says of servers and libraries that serve files, each with its defaults: no cache, no proxy, no TLS. Two files are audited on each, one of
10,000 octets and one of none, both last modified in 2024; the graver verdict counts. A server is not bad because it fails a rule: most of these do their work
well, and many rules matter to few clients. What each rule is, whom it hurts and how to cure it: [audit.md](audit.md).";

const REPEAT: &str = "\
## Repeat it

`make field` builds and installs what is missing (Debian, network), audits all servers and rewrites this page. One column, or one cell, with the request and
the answer that prove it:

```console
$ ./field/run.sh nginx
$ ./field/run.sh nginx head-range
```

The configuration of each server is in `e2e/src/servers/`; the hosts of libraries are in `field/hosts/` and `field/npm/`, with their lock files.";

fn servers(page: &mut String, columns: &[Column]) {
    page.push_str("## Servers\n\n| server | version | configuration | rules broken | warnings | notes | kept | not judged |\n|---|---|---|--:|--:|--:|--:|--:|\n");
    for column in columns {
        let counts = GRAVEST_FIRST.map(|verdict| column.count(verdict).to_string()).join(" | ");
        writeln!(page, "| {} | {} | {} | {counts} |", column.name, column.version, column.configuration)
            .expect("a string");
    }
    page.push_str(
        "\nA server that does less has fewer rules to break: where ranges or validators are missing, the rules about them are not judged. \
         Compare the columns, not only the counts.\n\n",
    );
}

fn rules(page: &mut String, columns: &[Column]) {
    page.push_str(
        "## Rules that somebody breaks\n\n**F** broken, w a SHOULD not followed, n a choice with a cost, · kept, blank not judged.\n\n| rule | section |",
    );
    for column in columns {
        write!(page, " {} |", column.name).expect("a string");
    }
    writeln!(page, "\n|---|---|{}", ":-:|".repeat(columns.len())).expect("a string");
    let Some(first) = columns.first() else { return };
    let broken = |at: usize| columns.iter().any(|column| column.rules[at].verdict == "fail");
    for (at, rule) in first.rules.iter().enumerate().filter(|(at, _)| broken(*at)) {
        write!(page, "| {} (`{}`) | {} {} |", rule.title, rule.id, rule.section, rule.level)
            .expect("a string");
        for column in columns {
            write!(page, " {} |", mark(column.rules[at].verdict)).expect("a string");
        }
        page.push('\n');
    }
    page.push_str("\nNobody here breaks the other rules; `swath audit --list` names them all.\n\n");
}

fn mark(verdict: &str) -> &'static str {
    match verdict {
        "fail" => "**F**",
        "warn" => "w",
        "note" => "n",
        "pass" => "·",
        _ => "",
    }
}
