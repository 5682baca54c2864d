//! The exchange of one viewing as a table that people read in docs/browsers.md, and that the tests read back.
//!
//! In: exchanges, or the page. Out: the page's table, or its lines. The same facts are asked of both, so that the page cannot go
//! on saying what the engines no longer do.

use std::{fmt::Write, fs, path::PathBuf};

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

    fn row(&self, number: usize) -> String {
        let code =
            |value: &Option<String>| value.as_ref().map_or("–".to_owned(), |value| format!("`{value}`"));
        let if_range = if self.if_range { "yes" } else { "–" };
        let (range, content_range) = (code(&self.range), code(&self.content_range));
        format!(
            "| {number} | {range} | {if_range} | {} | {content_range} | {} | {} |",
            self.status,
            grouped(self.sent),
            self.outcome
        )
    }

    /// Reads a row of the table; the head and its rule are none.
    fn read(row: &str) -> Option<Self> {
        let cells: Vec<&str> = row.trim().trim_matches('|').split('|').map(str::trim).collect();
        let [number, range, if_range, status, content_range, sent, outcome] = cells[..] else { return None };
        number.parse::<usize>().ok()?;
        let code = |cell: &str| (cell != "–").then(|| cell.trim_matches('`').to_owned());
        Some(Self {
            range: code(range),
            if_range: if_range == "yes",
            status: status.parse().ok()?,
            content_range: code(content_range),
            sent: sent.replace(',', "").parse().ok()?,
            outcome: outcome.to_owned(),
        })
    }
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

/// Writes the table of `lines` under one sentence of what they are.
pub fn table(version: &str, length: u64, lines: &[Line]) -> String {
    let total = sent(lines);
    #[expect(clippy::cast_precision_loss, reason = "two decimals for people")]
    let share = total as f64 / length as f64;
    let mut text = format!(
        "{version}; a clip of {} bytes; sent in all: {} bytes, {share:.2} of it.\n\n",
        grouped(length),
        grouped(total)
    );
    text.push_str(
        "| | Range | If-Range | status | Content-Range | bytes sent | outcome |\n|--|--|--|--|--|--|--|\n",
    );
    for (number, line) in lines.iter().enumerate() {
        writeln!(text, "{}", line.row(number + 1)).expect("a string takes everything");
    }
    text
}

/// Keeps the transcript `name`: always under `e2e/.work/transcripts`, and with `SWATH_WRITE_TRANSCRIPTS=1` in
/// docs/browsers.md too, between its two marks.
///
/// # Panics
/// When the page has no such marks.
pub fn keep(name: &str, table: &str) {
    let copy = place::work("transcripts").join(format!("{name}.md"));
    fs::write(&copy, table).unwrap_or_else(|error| panic!("{}: {error}", copy.display()));
    if std::env::var_os("SWATH_WRITE_TRANSCRIPTS").is_some_and(|value| value == "1") {
        let text = fs::read_to_string(page()).expect("docs/browsers.md can be read");
        fs::write(page(), replaced(&text, name, table)).expect("docs/browsers.md can be written");
    }
}

/// Gives the lines of the transcript `name` as docs/browsers.md has them.
///
/// # Panics
/// When it has none.
pub fn kept(name: &str) -> Vec<Line> {
    let text = fs::read_to_string(page()).expect("docs/browsers.md can be read");
    let (_, block, _) = split(&text, name);
    let lines: Vec<Line> = block.lines().filter_map(Line::read).collect();
    assert!(
        !lines.is_empty(),
        "docs/browsers.md has no lines of {name}; write them with SWATH_WRITE_TRANSCRIPTS=1"
    );
    lines
}

fn page() -> PathBuf {
    place::workspace().join("docs/browsers.md")
}

fn replaced(text: &str, name: &str, table: &str) -> String {
    let (before, _, after) = split(text, name);
    format!("{before}\n{table}{after}")
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

    #[test]
    fn a_table_reads_back() {
        let table = table("Engine 1", 2_000_000, &lines());
        assert!(table.contains("1,234,572 bytes, 0.62 of it"), "{table}");
        let page = "# Page\n<!-- transcript x -->\nold\n<!-- end x -->\nrest\n";
        let page = replaced(page, "x", &table);
        let read: Vec<Line> = split(&page, "x").1.lines().filter_map(Line::read).collect();
        assert_eq!(read, lines());
        assert!(page.ends_with("<!-- end x -->\nrest\n") && !page.contains("old"), "{page}");
        assert_eq!(replaced(&page, "x", &table), page, "writing twice changes nothing");
    }

    #[test]
    fn a_line_tells_what_was_asked() {
        assert_eq!(lines()[0].asked(), None);
        assert_eq!(lines()[1].asked(), Some((5, Some(9))));
    }
}
