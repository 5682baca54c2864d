//! The explanation for people: in, a [`Case`]; out, text for a terminal.

use std::fmt::Write as _;

use byteranges::{Answer, Representation};
use http::{HeaderName, HeaderValue, Method};

use super::case::{self, Case, Verdict};

/// Renders everything there is to say.
pub(super) fn render(case: &Case) -> String {
    let mut out = String::new();
    section(&mut out, "Request", &request(case));
    section(&mut out, "Representation", &representation(&case.representation));
    match &case.verdict {
        Verdict::Answer { answer, .. } => {
            section(&mut out, "Answer", &head(answer));
            section(&mut out, "Content", &content(answer, &case.request.method));
        }
        Verdict::Perform => section(&mut out, "Answer", &perform(&case.request.method)),
    }
    section(&mut out, "Why", &why(case));
    out
}

fn section(out: &mut String, title: &str, lines: &[String]) {
    let gap = if out.is_empty() { "" } else { "\n" };
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{gap}{title}");
    lines.iter().for_each(|line| {
        let _ = writeln!(out, "  {line}");
    });
}

fn request(case: &Case) -> Vec<String> {
    let line = format!("{} / HTTP/1.1", case.request.method);
    let fields = case.request.fields.iter().map(|(name, value)| field(name, value));
    std::iter::once(line).chain(fields).collect()
}

fn representation(facts: &Representation) -> Vec<String> {
    let named = |name: &str, value: Option<&HeaderValue>| Some(format!("{name}: {}", show(value?)));
    [
        Some(octets(facts.complete_length)),
        named("ETag", facts.etag.as_ref().map(byteranges::EntityTag::as_header_value)),
        facts.last_modified.map(|date| format!("Last-Modified: {date}")),
        named("Content-Type", facts.content_type.as_ref()),
        named("Content-Encoding", facts.content_encoding.as_ref()),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn head(answer: &Answer) -> Vec<String> {
    let status = format!("HTTP/1.1 {}", answer.status);
    let fields = case::fields(answer);
    std::iter::once(status).chain(fields.iter().map(|(name, value)| field(name, value))).collect()
}

fn content(answer: &Answer, method: &Method) -> Vec<String> {
    let ranges = case::ranges(answer);
    if answer.content.is_empty() {
        return vec![if *method == Method::HEAD { "none: the method is HEAD" } else { "none" }.to_owned()];
    }
    let mut lines: Vec<String> = ranges
        .iter()
        .enumerate()
        .map(|(index, range)| {
            let part = if ranges.len() > 1 { format!("part {}: ", index + 1) } else { String::new() };
            format!("{part}{} from offset {}", octets(range.length()), range.first())
        })
        .collect();
    if ranges.is_empty() {
        lines.push(format!("{} of text that say why", octets(answer.content.length())));
    }
    if ranges.len() > 1 {
        let sent: u64 = ranges.iter().map(|range| range.length()).sum();
        let rest = answer.content.length().saturating_sub(sent);
        lines.push(format!(
            "{} in all, {rest} of them boundaries and part heads",
            octets(answer.content.length())
        ));
        lines.push("(the boundary is an example: a real one is drawn at random)".to_owned());
    }
    lines
}

fn perform(method: &Method) -> Vec<String> {
    vec![format!("what {method} gives here without Range; no precondition stands against it")]
}

fn why(case: &Case) -> Vec<String> {
    let because = case.verdict.because();
    let sentence = because.to_string();
    let mut letters = sentence.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase).collect::<String>();
    vec![
        format!("{first}{}.", letters.as_str()),
        format!("RFC 9110 §{}, {} ({})", because.section(), because.requirement(), because.key()),
    ]
}

fn field(name: &HeaderName, value: &HeaderValue) -> String {
    format!("{}: {}", title(name), show(value))
}

/// Writes a name as the RFC does; on the wire its case does not matter.
fn title(name: &HeaderName) -> String {
    if name == http::header::ETAG {
        return "ETag".to_owned();
    }
    let word = |word: &str| {
        let (first, rest) = word.split_at(usize::from(!word.is_empty()));
        first.to_uppercase() + rest
    };
    name.as_str().split('-').map(word).collect::<Vec<_>>().join("-")
}

fn show(value: &HeaderValue) -> String {
    value
        .as_bytes()
        .escape_ascii()
        .to_string()
        .replace("\\\"", "\"")
        .replace("\\'", "'")
        .replace("\\\\", "\\")
}

fn octets(count: u64) -> String {
    if count == 1 { "1 octet".to_owned() } else { format!("{count} octets") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_written_as_the_rfc_does() {
        for (name, written) in
            [("content-range", "Content-Range"), ("etag", "ETag"), ("x", "X"), ("a--b", "A--B")]
        {
            assert_eq!(title(&HeaderName::from_static(name)), written);
        }
    }

    #[test]
    fn values_cannot_reach_the_terminal() {
        let value = HeaderValue::from_bytes(b"\"a\\'\xff\"").expect("a field value");
        assert_eq!(show(&value), "\"a\\'\\xff\"");
    }
}
