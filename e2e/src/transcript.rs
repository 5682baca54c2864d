//! The exchange of one viewing as a diagram that people read in docs/browsers.md, and that the tests read back.
//!
//! In: what swath recorded, or the page. Out: the inspector's diagram for the page, or its lines. The same facts are asked of both, so that the page cannot go
//! on saying what the engines no longer do.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{place, swath::Exchange};

/// One request and its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The Range field's value, or nothing.
    pub range: Option<String>,
    /// Whether If-Range was sent.
    pub if_range: bool,
    /// The status.
    pub status: u16,
    /// The Content-Range field's value, or nothing.
    pub content_range: Option<String>,
    /// Content octets handed to the kernel.
    pub sent: u64,
    /// How it ended.
    pub outcome: String,
}

impl Line {
    /// Takes what the table shows out of a record.
    pub fn of(exchange: &Exchange) -> Self {
        Self {
            range: exchange.range.clone(),
            if_range: exchange.if_range.is_some(),
            status: exchange.status.unwrap_or_default(),
            content_range: exchange.content_range.clone(),
            sent: exchange.bytes_sent,
            outcome: exchange.outcome.clone(),
        }
    }

    /// Gives the first position asked for, and the last if the range is closed; nothing without one range.
    pub fn asked(&self) -> Option<(u64, Option<u64>)> {
        let (first, last) = self.range.as_deref()?.strip_prefix("bytes=")?.split_once('-')?;
        let last = if last.is_empty() { None } else { Some(last.parse().ok()?) };
        Some((first.parse().ok()?, last))
    }

    /// Reads one exchange of a diagram: its request, its answer, and how it ended.
    fn read(request: &str, answer: &str, end: &str) -> Option<Self> {
        let request = between(request)?.strip_prefix("-- GET ")?.trim_end_matches(['-', '>']).trim_end();
        let (range, if_range) = match request.strip_suffix(", If-Range") {
            Some(range) => (range, true),
            None => (request, false),
        };
        let answer = between(answer)?.strip_prefix("<- ")?.trim_end_matches('-').trim_end();
        let (status, content_range) = match answer.split_once(' ') {
            Some((status, field)) => (status, Some(field.to_owned())),
            None => (answer, None),
        };
        let (sent, rest) = between(end)?.trim().split_once(" of ")?;
        Some(Self {
            range: (range != "no Range").then(|| range.to_owned()),
            if_range,
            status: status.parse().ok()?,
            content_range,
            sent: sent.replace(',', "").parse().ok()?,
            outcome: rest.split(", ").nth(1)?.to_owned(),
        })
    }
}

/// Gives what stands between the two lines of a diagram.
fn between(row: &str) -> Option<&str> {
    row.split_once('|')?.1.strip_suffix('|')
}

/// Reads the exchanges of a diagram.
///
/// # Panics
/// When one of them cannot be read.
pub fn read(diagram: &str) -> Vec<Line> {
    let rows: Vec<&str> = diagram.lines().map(str::trim_end).filter(|row| row.ends_with('|')).collect();
    rows.chunks(3)
        .map(|rows| match rows {
            [request, answer, end] => {
                Line::read(request, answer, end).unwrap_or_else(|| panic!("no exchange: {rows:#?}"))
            }
            _ => panic!("no exchange: {rows:#?}"),
        })
        .collect()
}

/// Draws the exchanges in a recording whose target is `target`, by `swath inspect`.
///
/// # Panics
/// When that fails.
pub fn draw(recording: &Path, target: &str) -> String {
    let text = fs::read_to_string(recording).unwrap_or_else(|why| panic!("{}: {why}", recording.display()));
    let is_meant = |line: &&str| {
        let value: serde_json::Value = serde_json::from_str(line).expect("a recording is lines of JSON");
        value.get("recording").is_some() || value["target"] == target
    };
    let chosen: String = text.lines().filter(is_meant).flat_map(|line| [line, "\n"]).collect();
    let part = recording.with_extension("part.jsonl");
    fs::write(&part, chosen).unwrap_or_else(|why| panic!("{}: {why}", part.display()));
    let mut command = Command::new(crate::swath::binary());
    let output =
        command.arg("inspect").arg(&part).args(["--format", "diagram"]).output().expect("swath starts");
    assert!(output.status.success(), "swath inspect: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("a diagram is text")
}

/// Adds up the octets sent.
pub fn sent(lines: &[Line]) -> u64 {
    lines.iter().map(|line| line.sent).sum()
}

/// Writes a number with a comma between groups of three digits.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// More exchanges than this are folded away on the page, until somebody wants to see them.
const FOLDED: usize = 6;

/// Writes what the page says of a viewing: one sentence, and the diagram.
pub fn block(version: &str, length: u64, diagram: &str) -> String {
    let lines = read(diagram);
    let total = sent(&lines);
    #[expect(clippy::cast_precision_loss, reason = "two decimals for people")]
    let share = total as f64 / length as f64;
    let requests =
        if lines.len() == 1 { "1 request".to_owned() } else { format!("{} requests", lines.len()) };
    let drawn = format!("```text\n{}\n```\n", diagram.trim_end());
    let drawn = if lines.len() > FOLDED {
        format!("<details><summary>{requests}</summary>\n\n{drawn}\n</details>\n")
    } else {
        drawn
    };
    format!(
        "{version}; a clip of {} bytes; {requests}, {} bytes sent in all, {share:.2} of it.\n\n{drawn}",
        grouped(length),
        grouped(total)
    )
}

/// Keeps the transcript `name`: always under `e2e/.work/transcripts`, and with `SWATH_WRITE_TRANSCRIPTS=1` in
/// docs/browsers.md too, between its two marks.
///
/// # Panics
/// When the page has no such marks.
pub fn keep(name: &str, block: &str) {
    let copy = place::work("transcripts").join(format!("{name}.md"));
    fs::write(&copy, block).unwrap_or_else(|error| panic!("{}: {error}", copy.display()));
    if std::env::var_os("SWATH_WRITE_TRANSCRIPTS").is_some_and(|value| value == "1") {
        let text = fs::read_to_string(page()).expect("docs/browsers.md can be read");
        fs::write(page(), replaced(&text, name, block)).expect("docs/browsers.md can be written");
    }
}

/// Gives the lines of the transcript `name` as docs/browsers.md has them.
///
/// # Panics
/// When it has none.
pub fn kept(name: &str) -> Vec<Line> {
    let text = fs::read_to_string(page()).expect("docs/browsers.md can be read");
    let (_, block, _) = split(&text, name);
    let lines = read(block);
    assert!(
        !lines.is_empty(),
        "docs/browsers.md has no lines of {name}; write them with SWATH_WRITE_TRANSCRIPTS=1"
    );
    lines
}

fn page() -> PathBuf {
    place::workspace().join("docs/browsers.md")
}

fn replaced(text: &str, name: &str, block: &str) -> String {
    let (before, _, after) = split(text, name);
    format!("{before}\n{block}{after}")
}

/// Splits the page around what stands between the marks of `name`; the marks stay outside.
fn split<'a>(text: &'a str, name: &str) -> (&'a str, &'a str, &'a str) {
    let (open, close) = (format!("<!-- transcript {name} -->\n"), format!("<!-- end {name} -->"));
    let start =
        text.find(&open).unwrap_or_else(|| panic!("docs/browsers.md has no mark {open}")) + open.len();
    let rest = &text[start..];
    let length = rest.find(&close).unwrap_or_else(|| panic!("docs/browsers.md has no mark {close}"));
    (&text[..start], &rest[..length], &rest[length..])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines() -> Vec<Line> {
        let first = Line {
            range: None,
            if_range: false,
            status: 200,
            content_range: None,
            sent: 1_234_567,
            outcome: "aborted-by-peer".to_owned(),
        };
        let second = Line {
            range: Some("bytes=5-9".to_owned()),
            if_range: true,
            status: 206,
            content_range: Some("bytes 5-9/10".to_owned()),
            sent: 5,
            outcome: "finished".to_owned(),
        };
        vec![first, second]
    }

    const DIAGRAM: &str = "\
/front.mp4, asked by player/1 at 127.0.0.1

         client                                                         server
      #2    |-- GET no Range ------------------------------------------->|
            |<- 200 ----------------------------------------------------|
            |   1,234,567 of 2,000,000 bytes, aborted-by-peer, closed by the client, 12 ms |
      #3    |-- GET bytes=5-9, If-Range -------------------------------->|
            |<- 206 bytes 5-9/10 ---------------------------------------|
            |   5 of 5 bytes, finished, 3 ms                             |
";

    #[test]
    fn a_diagram_reads_back() {
        assert_eq!(read(DIAGRAM), lines());
        let block = block("Engine 1", 2_000_000, DIAGRAM);
        assert!(block.contains("2 requests, 1,234,572 bytes sent in all, 0.62 of it"), "{block}");
        let page = "# Page\n<!-- transcript x -->\nold\n<!-- end x -->\nrest\n";
        let page = replaced(page, "x", &block);
        assert_eq!(read(split(&page, "x").1), lines());
        assert!(page.ends_with("<!-- end x -->\nrest\n") && !page.contains("old"), "{page}");
        assert_eq!(replaced(&page, "x", &block), page, "writing twice changes nothing");
    }

    #[test]
    #[should_panic(expected = "no exchange")]
    fn half_an_exchange_is_none() {
        read(DIAGRAM.rsplit_once("            |   5").expect("the last row").0);
    }

    #[test]
    fn a_line_tells_what_was_asked() {
        assert_eq!(lines()[0].asked(), None);
        assert_eq!(lines()[1].asked(), Some((5, Some(9))));
    }
}
