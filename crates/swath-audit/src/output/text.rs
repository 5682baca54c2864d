//! A report for people: the summary first, then what is wrong, by topic.

use std::fmt::Write as _;

use super::section;
use crate::{
    check::level_name,
    finding::Verdict,
    replay::Replay,
    report::{Report, Result, Shown},
};

/// Says how the text is to look.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Text {
    /// Whether colours are wanted.
    pub colour: bool,
    /// Whether both heads are shown.
    pub show: bool,
    /// Whether what passed and what could not be judged is listed too.
    pub all: bool,
}

/// Writes a report for people.
pub fn text(report: &Report, how: Text) -> String {
    let mut out = String::new();
    head(report, &mut out);
    summary(report, how, &mut out);
    report.replays.iter().for_each(|one| replay(one, how, &mut out));
    let mut topic = None;
    let mut results: Vec<&Result> = report.results.iter().filter(|result| is_told(result, how)).collect();
    results.sort_by_key(|result| (result.check.topic, result.verdict));
    for result in results {
        if topic != Some(result.check.topic) {
            topic = Some(result.check.topic);
            let _ = write!(out, "\n{}\n", paint(&result.check.topic.to_string(), "1", how));
        }
        one(report, result, how, &mut out);
    }
    out
}

fn is_told(result: &Result, how: Text) -> bool {
    how.all || !matches!(result.verdict, Verdict::Pass | Verdict::Na)
}

fn head(report: &Report, out: &mut String) {
    let resource = &report.resource;
    let _ = writeln!(out, "{}", report.url);
    let tag = resource.etag.as_deref().unwrap_or("no ETag");
    let server = resource.server.as_deref().unwrap_or("server unnamed");
    let kind = resource.content_type.as_deref().unwrap_or("no Content-Type");
    let line = format!("  {server}; {} octets; {kind}; {tag}", resource.length);
    let _ = writeln!(out, "{}", clean(&line));
}

fn summary(report: &Report, how: Text, out: &mut String) {
    let count = |verdict| report.count(verdict);
    let verdict = match (count(Verdict::Fail), count(Verdict::Warn)) {
        (0, 0) => paint("keeps every rule that could be judged", "32", how),
        (0, warned) => paint(&format!("keeps every MUST, departs from {warned} SHOULD"), "33", how),
        (failed, 0) => paint(&format!("breaks {failed} {}", rules(failed)), "31", how),
        (failed, warned) => {
            paint(&format!("breaks {failed} {}, departs from {warned} SHOULD", rules(failed)), "31", how)
        }
    };
    let _ = writeln!(out, "  {verdict}");
    if !report.resource.ranges && report.resource.length > 0 {
        let _ = writeln!(out, "  byte ranges are not supported here: no seeking, no resuming");
    }
    let _ = writeln!(
        out,
        "  {} passed, {} failed, {} warned, {} noted, {} not judged; {} requests, {} octets read",
        count(Verdict::Pass),
        count(Verdict::Fail),
        count(Verdict::Warn),
        count(Verdict::Note),
        count(Verdict::Na),
        report.spent.requests,
        report.spent.bytes,
    );
}

fn replay(replay: &Replay, how: Text, out: &mut String) {
    let source = if replay.player.is_observed() { "" } else { " (documented, not observed)" };
    let _ = writeln!(out, "\n{}{source}", paint(&format!("As {}", replay.player.name()), "1", how));
    for (does, fault) in &replay.outcomes {
        let _ = match fault {
            None => writeln!(out, "  {} {does}", paint("yes  ", "32", how)),
            Some(why) => writeln!(out, "  {} {does}: {}", paint("no   ", "31", how), clean(why)),
        };
    }
    if replay.before_jump > 0 {
        let _ = writeln!(out, "        a jump lets {} octets pass first", replay.before_jump);
    }
    let _ = writeln!(
        out,
        "        {} octets offered for its requests; it hangs up when it has enough",
        replay.offered
    );
}

fn rules(count: usize) -> &'static str {
    if count == 1 { "rule" } else { "rules" }
}

fn one(report: &Report, result: &Result, how: Text, out: &mut String) {
    let check = &result.check;
    let colour = match result.verdict {
        Verdict::Fail => "31",
        Verdict::Warn => "33",
        Verdict::Note => "36",
        Verdict::Pass => "32",
        Verdict::Na => "2",
    };
    let word = paint(&format!("{:<5}", result.verdict), colour, how);
    let _ = writeln!(
        out,
        "  {word} {}  [{}, {} {}, {}]",
        check.title,
        check.id,
        section(check.section),
        level_name(check.level),
        check.requirement
    );
    if let Some(said) = &result.said {
        let _ = writeln!(out, "        {}", clean(said));
    }
    if matches!(result.verdict, Verdict::Pass | Verdict::Na) {
        return;
    }
    let _ = writeln!(out, "        hurts {}", check.hurts.join("; "));
    for (software, cure) in report.cures(result) {
        let _ = writeln!(out, "        cure ({software}): {cure}");
    }
    if let Some(shown) = result.shown.as_ref().filter(|_| how.show) {
        heads(shown, how, out);
    }
}

fn heads(shown: &Shown, how: Text, out: &mut String) {
    for (mark, head) in [(">", &shown.request), ("<", &shown.answer)] {
        for line in head.lines().filter(|line| !line.is_empty()) {
            let line: String = line.chars().take(400).flat_map(visible).collect();
            let _ = writeln!(out, "        {}", paint(&format!("{mark} {line}"), "2", how));
        }
    }
}

/// What a server sends is not let into the terminal as it is.
fn visible(c: char) -> Vec<char> {
    if c.is_control() { c.escape_default().collect() } else { vec![c] }
}

fn clean(text: &str) -> String {
    text.chars().flat_map(visible).collect()
}

fn paint(text: &str, colour: &str, how: Text) -> String {
    let text = clean(text);
    if how.colour { format!("\x1b[{colour}m{text}\x1b[0m") } else { text }
}
