//! Exchanges as a transcript: tables as docs/browsers.md has them, and below each what is wrong.

use std::fmt::Write as _;
use std::sync::Arc;

use byteranges::ContentRange;

use crate::inspect::rules::grouped;
use crate::inspect::{Checks, Entry, Finding, Side, Weight, findings};

/// What one client did with one file.
#[derive(Debug)]
pub struct Group<'a> {
    /// The exchanges, in the order in which they began.
    pub entries: Vec<&'a Entry>,
}

impl Group<'_> {
    /// Gives the complete length of the file, if any answer told it.
    #[must_use]
    pub fn length(&self) -> Option<u64> {
        self.entries.iter().filter_map(|entry| complete(entry)).max()
    }

    /// Gives how many octets of content were sent in all.
    #[must_use]
    pub fn sent(&self) -> u64 {
        self.entries.iter().fold(0, |sum, entry| sum.saturating_add(entry.bytes_sent))
    }

    /// Gives whose they are, and of what.
    #[must_use]
    pub fn title(&self) -> String {
        let Some(first) = self.entries.first() else { return String::new() };
        let (address, agent) = first.client();
        let path = if first.path().is_empty() { "no request" } else { first.path() };
        if agent.is_empty() {
            format!("{path}, asked by {address}")
        } else {
            format!("{path}, asked by {agent} at {address}")
        }
    }
}

fn complete(entry: &Entry) -> Option<u64> {
    let range = entry.content_range.as_ref().and_then(|field| ContentRange::parse(field.as_bytes()));
    match (entry.status, range) {
        (_, Some(ContentRange::Range { complete_length, .. })) => complete_length,
        (_, Some(ContentRange::Unsatisfied { complete_length })) => Some(complete_length),
        (Some(200), None) => Some(entry.bytes_planned),
        _ => None,
    }
}

/// Sorts exchanges by file and client, those that began first first.
#[must_use]
pub fn groups(entries: &[Arc<Entry>]) -> Vec<Group<'_>> {
    let mut sorted: Vec<&Entry> = entries.iter().map(|entry| &**entry).collect();
    sorted.sort_by_key(|entry| entry.id);
    let mut groups: Vec<Group<'_>> = Vec::new();
    let mut places = std::collections::HashMap::new();
    for entry in sorted {
        let key = (&entry.resource, entry.client());
        let place = *places.entry(key).or_insert_with(|| {
            groups.push(Group { entries: Vec::new() });
            groups.len() - 1
        });
        if let Some(group) = groups.get_mut(place) {
            group.entries.push(entry);
        }
    }
    groups
}

/// Writes the transcript.
#[must_use]
pub fn text(entries: &[Arc<Entry>], checks: &Checks) -> String {
    let findings = findings(entries, checks);
    let mut out = String::new();
    for group in groups(entries) {
        // Writing to a String cannot fail.
        let _ = table(&mut out, &group);
        let ids = |finding: &&Finding| group.entries.iter().any(|entry| finding.ids.contains(&entry.id));
        let told: Vec<_> = findings.iter().filter(ids).collect();
        if !told.is_empty() {
            out.push_str("\nWhy:\n");
            told.iter().for_each(|finding| _ = tell(&mut out, finding));
        }
        out.push('\n');
    }
    out
}

fn table(out: &mut String, group: &Group<'_>) -> std::fmt::Result {
    let sent = group.sent();
    write!(out, "{}; ", group.title())?;
    if let Some(length) = group.length().filter(|length| *length > 0) {
        // For people: two digits of a share.
        #[allow(clippy::cast_precision_loss)]
        let share = sent as f64 / length as f64;
        writeln!(out, "{} bytes; sent in all: {} bytes, {share:.2} of it.", grouped(length), grouped(sent))?;
    } else {
        writeln!(out, "sent in all: {} bytes.", grouped(sent))?;
    }
    out.push_str(
        "\n| | Range | If-Range | status | Content-Range | bytes sent | outcome |\n|--|--|--|--|--|--|--|\n",
    );
    for entry in &group.entries {
        let code =
            |field: &Option<String>| field.as_ref().map_or("–".to_owned(), |field| format!("`{field}`"));
        writeln!(
            out,
            "| {} | {} | {} | {} | {} | {} | {} |",
            entry.id,
            code(&entry.range),
            if entry.if_range.is_some() { "yes" } else { "–" },
            entry.status.map_or("–".to_owned(), |status| status.to_string()),
            code(&entry.content_range),
            grouped(entry.bytes_sent),
            entry.outcome.as_deref().unwrap_or("running"),
        )?;
    }
    Ok(())
}

fn tell(out: &mut String, finding: &Finding) -> std::fmt::Result {
    let weight = match finding.weight {
        Weight::Broken => "breaks a rule",
        Weight::Waste => "wastes",
        Weight::Note => "note",
    };
    let side = match finding.side {
        Side::Server => "server",
        Side::Client => "client",
    };
    write!(out, "- {} ({weight}, {side}", finding.title)?;
    if let Some(section) = section(&finding.section) {
        write!(out, ", {section}")?;
    }
    if let Some(check) = finding.check {
        write!(out, ", swath audit: {check}")?;
    }
    let ids: Vec<_> = finding.ids.iter().take(8).map(|id| format!("#{id}")).collect();
    let more = if finding.count > 8 { " …" } else { "" };
    writeln!(out, "): {}. In {}{more}. Cure: {}.", finding.said, ids.join(", "), finding.cure)
}

/// Writes a section with its document, which is RFC 9110 where no other is named.
fn section(section: &str) -> Option<String> {
    let numbered = section.starts_with(|first: char| first.is_ascii_digit());
    numbered.then(|| match section.split_once(' ') {
        Some((document, section)) => format!("RFC {document} {section}"),
        None => format!("RFC 9110 §{section}"),
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::sample;
    use super::*;

    #[test]
    fn a_section_is_told_with_its_document() {
        assert_eq!(section("14.2").as_deref(), Some("RFC 9110 §14.2"));
        assert_eq!(section("9112 §6.3").as_deref(), Some("RFC 9112 §6.3"));
        assert_eq!([section(""), section("Fetch")], [None, None]);
    }

    #[test]
    fn a_transcript_reads_as_the_pages_do() {
        let mut cut = sample::entry(2);
        (cut.bytes_sent, cut.outcome) = (400, Some("aborted-by-peer".into()));
        cut.if_range = Some("\"a\"".into());
        let mut other = sample::entry(3);
        other.peer = Some("192.0.2.8:1".into());
        let text = text(&[cut, sample::entry(1), other].map(Arc::new), &Checks::new());
        assert_eq!(
            text,
            "/clip.mp4, asked by player/1 at 192.0.2.7; 1,000 bytes; sent in all: 1,400 bytes, 1.40 of it.\n\n\
             | | Range | If-Range | status | Content-Range | bytes sent | outcome |\n|--|--|--|--|--|--|--|\n\
             | 1 | `bytes=0-` | – | 206 | `bytes 0-999/1000` | 1,000 | finished |\n\
             | 2 | `bytes=0-` | yes | 206 | `bytes 0-999/1000` | 400 | aborted-by-peer |\n\n\
             Why:\n- Open ranges are asked for and broken off early: what was on its way is thrown away (note, client, \
             RFC 9110 §14.1.2): once, 400 of 1,000 promised bytes sent. In #2. Cure: browsers do so at each seek, and \
             nothing is wrong; asking for bounded ranges would spare the bytes.\n\n\
             /clip.mp4, asked by player/1 at 192.0.2.8; 1,000 bytes; sent in all: 1,000 bytes, 1.00 of it.\n\n\
             | | Range | If-Range | status | Content-Range | bytes sent | outcome |\n|--|--|--|--|--|--|--|\n\
             | 3 | `bytes=0-` | – | 206 | `bytes 0-999/1000` | 1,000 | finished |\n\n"
        );
    }
}
