//! A report in the form of JUnit's XML, which most CI servers show: a failure for a broken rule, nothing else fails.

use std::fmt::Write as _;

use super::section;
use crate::{check::level_name, finding::Verdict, report::Report};

/// Makes one document of all reports.
pub fn junit(reports: &[Report]) -> String {
    let mut out =
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"swath audit\">\n".to_owned();
    for report in reports {
        let _ = writeln!(
            out,
            "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" skipped=\"{}\">",
            escape(&report.url),
            report.results.len(),
            report.count(Verdict::Fail),
            report.count(Verdict::Na),
        );
        for result in &report.results {
            let check = &result.check;
            let said = escape(result.said.as_deref().unwrap_or_default());
            let name = escape(&format!("{}: {}", check.id, check.title));
            let class = format!("{} {}", section(check.section), level_name(check.level));
            let _ = write!(out, "    <testcase classname=\"{}\" name=\"{name}\"", escape(&class));
            let _ = match result.verdict {
                Verdict::Pass => writeln!(out, "/>"),
                Verdict::Na => writeln!(out, "><skipped message=\"{said}\"/></testcase>"),
                Verdict::Fail => {
                    let shown = result.shown.as_ref();
                    let heads =
                        shown.map(|shown| format!("{}{}", shown.request, shown.answer)).unwrap_or_default();
                    writeln!(out, "><failure message=\"{said}\">{}</failure></testcase>", escape(&heads))
                }
                Verdict::Warn | Verdict::Note => {
                    writeln!(out, "><system-out>{}: {said}</system-out></testcase>", result.verdict)
                }
            };
        }
        out.push_str("  </testsuite>\n");
    }
    out.push_str("</testsuites>\n");
    out
}

/// Writes text as XML 1.0 can hold it.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\r' => {}
            '\n' | '\t' => out.push(c),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_xml_cannot_hold_is_replaced() {
        assert_eq!(escape("a<b>&\"\x00\r\n"), "a&lt;b&gt;&amp;&quot;\u{fffd}\n");
    }
}
