//! Exchanges drawn as text: a line for the client, a line for the server, and what went between them.

use std::fmt::Write as _;
use std::sync::Arc;

use super::text::groups;
use crate::inspect::Entry;
use crate::inspect::rules::grouped;

/// How far the two lines stand apart; what is longer pushes the second one away in its row.
const BETWEEN: usize = 64;

/// Draws what each client did with each file.
#[must_use]
pub fn diagram(entries: &[Arc<Entry>]) -> String {
    let mut out = String::new();
    for group in groups(entries) {
        let _ = writeln!(out, "{}\n", group.title());
        let _ = writeln!(out, "{:9}client{:width$}server", "", "", width = BETWEEN - 7);
        for entry in group.entries {
            one(&mut out, entry);
        }
        out.push('\n');
    }
    out
}

fn one(out: &mut String, entry: &Entry) {
    let asked = entry.range.as_deref().unwrap_or("no Range");
    let guarded = if entry.if_range.is_some() { ", If-Range" } else { "" };
    let request = format!("{} {asked}{guarded} ", entry.method.as_deref().unwrap_or("no request"));
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{:>8}    |-- {request:-<BETWEEN$}>|", format!("#{}", entry.id));
    if let Some(status) = entry.status {
        let range = entry.content_range.as_deref().unwrap_or_default();
        let answer = format!("{status} {range}").trim_end().to_owned() + " ";
        let _ = writeln!(out, "{:8}    |<- {answer:-<BETWEEN$}-|", "");
    }
    let (sent, planned) = (grouped(entry.bytes_sent), grouped(entry.bytes_planned));
    let how = match (entry.outcome.as_deref(), entry.closed_by.as_deref()) {
        (None, _) => "under way".to_owned(),
        (Some(outcome), None) => outcome.to_owned(),
        (Some(outcome), Some(who)) => format!("{outcome}, closed by the {who}"),
    };
    let end = format!("{sent} of {planned} bytes, {how}, {:.0} ms", entry.millis);
    let _ = writeln!(out, "{:8}    |   {end:<BETWEEN$} |", "");
}

#[cfg(test)]
mod tests {
    use super::super::super::sample;
    use super::*;

    #[test]
    fn the_lines_stand_where_they_should() {
        let mut cut = sample::entry(2);
        (cut.bytes_sent, cut.outcome, cut.closed_by) =
            (400, Some("aborted-by-peer".into()), Some("client".into()));
        cut.if_range = Some("\"a\"".into());
        let drawn = diagram(&[sample::entry(1), cut].map(Arc::new));
        let rows: Vec<_> = drawn.lines().filter(|line| line.contains('|')).collect();
        assert_eq!(rows.len(), 6);
        for row in &rows {
            assert_eq!((row.find('|'), row.rfind('|'), row.len()), (Some(12), Some(81), 82), "{drawn}");
        }
        assert!(
            rows[0].starts_with("      #1    |-- GET bytes=0- ---") && rows[0].ends_with("->|"),
            "{drawn}"
        );
        assert!(rows[1].starts_with("            |<- 206 bytes 0-999/1000 ---"), "{drawn}");
        assert!(
            rows[5].contains("400 of 1,000 bytes, aborted-by-peer, closed by the client, 12 ms"),
            "{drawn}"
        );
    }
}
