//! A report as a table in Markdown: what is not as it should be, then the counts.

use std::fmt::Write as _;

use super::section;
use crate::{check::level_name, finding::Verdict, report::Report};

/// Writes one report.
pub fn markdown(report: &Report) -> String {
    let mut out = format!("## {}\n\n", cell(&report.url));
    let _ = writeln!(
        out,
        "{} passed, **{} failed**, {} warned, {} noted, {} not judged; {} requests, {} octets read.\n",
        report.count(Verdict::Pass),
        report.count(Verdict::Fail),
        report.count(Verdict::Warn),
        report.count(Verdict::Note),
        report.count(Verdict::Na),
        report.spent.requests,
        report.spent.bytes,
    );
    let mut told: Vec<_> =
        report.results.iter().filter(|one| !matches!(one.verdict, Verdict::Pass | Verdict::Na)).collect();
    if told.is_empty() {
        return out;
    }
    told.sort_by_key(|one| one.verdict);
    out.push_str("| verdict | check | rule | what was seen |\n|---|---|---|---|\n");
    for one in told {
        let check = &one.check;
        let _ = writeln!(
            out,
            "| {} | `{}` {} | {} {} | {} |",
            one.verdict,
            check.id,
            cell(check.title),
            section(check.section),
            level_name(check.level),
            cell(one.said.as_deref().unwrap_or_default()),
        );
    }
    out.push('\n');
    out
}

/// Keeps what a server says from becoming markup.
fn cell(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '|' | '*' | '_' | '[' | ']' | '\\' => out.extend(['\\', c]),
            '<' => out.push_str("&lt;"),
            '`' => out.push('\''),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_becomes_markup() {
        assert_eq!(cell("a|b <i> `x` *\n"), "a\\|b &lt;i> 'x' \\* ");
    }
}
