//! Judges one answer by one case: in: the case, what is the server's own, what was seen; out: a verdict.
//!
//! The answer is first held against the answers that the case allows, octet for octet; then, whichever it is, against
//! the header fields that such an answer owes (§15.3.7, §15.4.5, §15.5.17).

mod fields;

use crate::answer::{Answer, Slice};
use crate::own::Own;
use crate::row::Row;
use crate::{date, multipart};

/// Holds one answer as it was seen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Observed {
    /// The status code.
    pub status: u16,
    /// The header fields in order; names in any case.
    pub fields: Vec<(String, Vec<u8>)>,
    /// The content, or as much of it as was kept.
    pub content: Vec<u8>,
    /// How many octets of content came in all.
    pub length: u64,
}

impl Observed {
    /// Takes an answer whose content was kept whole.
    pub fn new(status: u16, fields: Vec<(String, Vec<u8>)>, content: Vec<u8>) -> Self {
        let length = u64::try_from(content.len()).unwrap_or(u64::MAX);
        Self { status, fields, content, length }
    }

    /// Gives the values of all fields of a name.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &[u8]> {
        self.fields
            .iter()
            .filter(move |(own, _)| own.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_slice())
    }

    /// Gives the value of a field that stands once; `None` where it is missing or repeated.
    pub fn one(&self, name: &str) -> Option<&[u8]> {
        let mut values = self.all(name);
        values.next().filter(|_| values.next().is_none())
    }
}

/// Says what an answer is worth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The answer that `swath` gives.
    Ours,
    /// An answer that the RFC allows too; how it differs from ours.
    Conforming(String),
    /// An answer that the case does not allow, and why.
    Wrong(String),
}

/// Judges what was seen in answer to a case.
pub fn judge(row: &Row, own: &Own, seen: &Observed) -> Verdict {
    let mut findings = Findings::default();
    let ours = fits(&row.ours, row, seen);
    if let Err(why) = &ours {
        match row.also.iter().find(|answer| fits(answer, row, seen).is_ok()) {
            Some(other) => findings.differs(format!("{other} where ours is {}: {why}", row.ours)),
            None => findings.wrong(format!("not {}: {why}", row.ours)),
        }
    }
    fields::check(row, own, seen, &mut findings);
    match (findings.wrong.is_empty(), findings.differs.is_empty()) {
        (false, _) => Verdict::Wrong(findings.wrong.join("; ")),
        (true, false) => Verdict::Conforming(findings.differs.join("; ")),
        (true, true) => Verdict::Ours,
    }
}

/// Collects what is wrong, and what merely differs from ours.
#[derive(Default)]
struct Findings {
    wrong: Vec<String>,
    differs: Vec<String>,
}

impl Findings {
    fn wrong(&mut self, what: impl Into<String>) {
        self.wrong.push(what.into());
    }

    fn differs(&mut self, what: impl Into<String>) {
        self.differs.push(what.into());
    }
}

/// Tells whether status, framing and octets are those of this answer.
fn fits(answer: &Answer, row: &Row, seen: &Observed) -> Result<(), String> {
    let status = |expected: u16| match seen.status == expected {
        true => Ok(()),
        false => Err(format!("status {}", seen.status)),
    };
    match answer {
        Answer::Whole => status(200).and_then(|()| whole(row, seen)),
        Answer::Single(slice) => status(206).and_then(|()| single(*slice, row, seen)),
        Answer::Multipart(slices) => status(206).and_then(|()| parts(slices, row, seen)),
        Answer::Unsatisfiable(of) => status(416).and_then(|()| unsatisfied(*of, seen)),
        Answer::Status(code) => status(*code),
        Answer::Class(class) => match seen.status {
            206 | 304 | 412 | 416 => Err(format!("status {}", seen.status)),
            code if code / 100 == *class => Ok(()),
            code => Err(format!("status {code}")),
        },
    }
}

fn whole(row: &Row, seen: &Observed) -> Result<(), String> {
    let complete = row.fixture.length().ok_or("a 200 for what does not exist")?;
    if seen.all("content-range").next().is_some() {
        return Err("a 200 with Content-Range".to_owned());
    }
    if row.method == "HEAD" {
        return Ok(());
    }
    if seen.length != complete {
        return Err(format!("{} octets of a representation of {complete}", seen.length));
    }
    let kept = u64::try_from(seen.content.len()).unwrap_or(u64::MAX);
    match kept.min(complete).checked_sub(1) {
        None => Ok(()),
        Some(last) => same(Slice { first: 0, last, of: complete }, row, &seen.content),
    }
}

fn single(slice: Slice, row: &Row, seen: &Observed) -> Result<(), String> {
    let value = seen.one("content-range").ok_or("not exactly one Content-Range")?;
    let found = multipart::content_range(value)?;
    if found != slice {
        return Err(format!("Content-Range {found} where {slice} was due"));
    }
    if seen.one("content-type").is_some_and(|value| value.to_ascii_lowercase().starts_with(b"multipart/")) {
        return Err("a single part sent as multipart".to_owned());
    }
    if seen.length != slice.length() {
        return Err(format!("{} octets for a slice of {}", seen.length, slice.length()));
    }
    same(slice, row, &seen.content)
}

fn parts(slices: &[Slice], row: &Row, seen: &Observed) -> Result<(), String> {
    if seen.all("content-range").next().is_some() {
        return Err("Content-Range in the head of a multipart".to_owned());
    }
    let boundary = multipart::boundary(seen.one("content-type").ok_or("not exactly one Content-Type")?)?;
    let parts = multipart::read(&seen.content, boundary)?;
    let found: Vec<_> = parts.iter().map(|part| part.slice).collect();
    if found != slices {
        return Err(Answer::Multipart(found).to_string());
    }
    parts.iter().try_for_each(|part| same(part.slice, row, part.octets))
}

fn unsatisfied(of: Option<u64>, seen: &Observed) -> Result<(), String> {
    let Some(of) = of else { return Ok(()) };
    match seen.one("content-range").and_then(multipart::unsatisfied) {
        Some(found) if found == of => Ok(()),
        _ => Err(format!("a 416 without `Content-Range: bytes */{of}`")),
    }
}

fn same(slice: Slice, row: &Row, content: &[u8]) -> Result<(), String> {
    let expected = (slice.first..=slice.last).map(|offset| row.fixture.octet(offset));
    match expected.eq(content.iter().copied()) {
        true => Ok(()),
        false => Err(format!("the octets are not those of {slice}")),
    }
}

#[cfg(test)]
mod tests;
