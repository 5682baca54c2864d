//! The journal beside an unfinished file: which octets are durable, and of which representation.
//!
//! In: the octets of a journal after a crash, or what became durable now. Out: what counts as held, or lines to append.
//!
//! It is text, one record a line. The head names the representation. Each line ends with a checksum over itself and all
//! lines before it, so that neither a torn line, nor one of an earlier journal in the same blocks, is believed:
//!
//! ```text
//! swath-journal-1 3 100000 "v1" 1795262400 weak-date 9a3b12f0
//! held 0-4095 17 pinned 4f1c22aa
//! ```

use std::fmt::Write as _;

use super::{AskId, Identity, Proof};
use crate::{ByteRange, EntityTag, HttpDate};

/// Records read from one journal: a million segments of the smallest size are a quarter of a tebibyte.
const RECORDS_MAX: usize = 1_000_000;
/// The word that begins a journal, with the version of its form.
const MAGIC: &str = "swath-journal-1";

/// Holds what a journal says.
///
/// ```
/// use byteranges::download::Journal;
/// assert!(Journal::read(b"swath-journal-1 1 100 \"v1\" - weak-date 00000000\n").is_none());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Journal {
    /// The number of the file it stands beside.
    pub generation: u32,
    /// Which representation the octets belong to.
    pub identity: Identity,
    /// What is durable, each range with the answer it came from.
    pub held: Vec<Held>,
    /// Octets of the journal that are good. The rest is torn: it must be cut off before anything is appended.
    pub good: usize,
    /// The checksum that the next record continues from.
    chain: u32,
}

/// Holds one durable range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// Where.
    pub range: ByteRange,
    /// Which answer it came from.
    pub ask: AskId,
    /// How that answer was bound to the identity.
    pub proof: Proof,
}

/// Writes a journal's records, each continuing the checksum of those before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Writer {
    chain: u32,
}

impl Journal {
    /// Reads the octets of a journal, up to the first line that is torn or wrong; `None` where the head is.
    pub fn read(octets: &[u8]) -> Option<Self> {
        let mut lines = Lines { rest: octets, chain: 0, good: 0 };
        let (generation, identity) = read_head(lines.next()?)?;
        let (mut chain, mut good) = (lines.chain, lines.good);
        let mut identity = identity;
        let mut held = Vec::new();
        while held.len() < RECORDS_MAX {
            let Some(record) = lines.next().and_then(read_record) else { break };
            match record {
                Record::Held(one) if fits(one.range, identity.complete_length) => held.push(one),
                Record::Length(length) if identity.complete_length.is_none() => {
                    identity.complete_length = Some(length);
                }
                Record::Held(_) | Record::Length(_) => break,
            }
            (chain, good) = (lines.chain, lines.good);
        }
        Some(Self { generation, identity, held, good, chain })
    }

    /// Goes on writing where this journal ends.
    pub(super) const fn writer(&self) -> Writer {
        Writer { chain: self.chain }
    }
}

fn fits(range: ByteRange, complete_length: Option<u64>) -> bool {
    complete_length.is_none_or(|length| range.last() < length)
}

impl Writer {
    /// Begins a journal; returns its head.
    pub(super) fn begin(generation: u32, identity: &Identity) -> (Self, Vec<u8>) {
        let length = identity.complete_length.map_or("*".to_owned(), |length| length.to_string());
        let date = identity.last_modified.map_or("-".to_owned(), |date| date.seconds().to_string());
        let strength = if identity.date_is_strong { "strong-date" } else { "weak-date" };
        let tag = identity.etag.as_ref().map_or(&b"-"[..], |tag| tag.as_header_value().as_bytes());
        let start = format!("{MAGIC} {generation} {length} ");
        let end = format!(" {date} {strength}");
        let mut writer = Self { chain: 0 };
        let head = writer.close([start.as_bytes(), tag, end.as_bytes()].concat());
        (writer, head)
    }

    /// The record of a durable range.
    pub(super) fn held(&mut self, held: Held) -> Vec<u8> {
        self.close(format!("held {} {} {}", held.range, held.ask, held.proof.key()).into_bytes())
    }

    /// The record of a complete length that was not known at first.
    pub(super) fn length(&mut self, complete_length: u64) -> Vec<u8> {
        self.close(format!("length {complete_length}").into_bytes())
    }

    fn close(&mut self, mut line: Vec<u8>) -> Vec<u8> {
        self.chain = checksum(self.chain, &line);
        let mut end = String::new();
        // Writing to a String cannot fail.
        let _ = writeln!(end, " {:08x}", self.chain);
        line.extend_from_slice(end.as_bytes());
        line
    }
}

fn checksum(chain: u32, line: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new_with_initial(chain);
    hasher.update(line);
    hasher.finalize()
}

/// Goes through the lines whose checksums are right, and stops at the first that is not.
struct Lines<'a> {
    rest: &'a [u8],
    chain: u32,
    good: usize,
}

impl<'a> Iterator for Lines<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let end = self.rest.iter().position(|octet| *octet == b'\n')?;
        let (line, rest) = self.rest.split_at_checked(end)?;
        let space = line.iter().rposition(|octet| *octet == b' ')?;
        let (body, sum) = line.split_at_checked(space)?;
        let chain = checksum(self.chain, body);
        if sum != format!(" {chain:08x}").as_bytes() {
            return None;
        }
        self.chain = chain;
        self.rest = rest.get(1..)?;
        self.good = self.good.saturating_add(line.len()).saturating_add(1);
        Some(body)
    }
}

enum Record {
    Held(Held),
    Length(u64),
}

fn read_head(line: &[u8]) -> Option<(u32, Identity)> {
    let mut words = line.split(|octet| *octet == b' ');
    let mut word = || words.next();
    if word()? != MAGIC.as_bytes() {
        return None;
    }
    let generation = number(word()?)?;
    let complete_length = optional(word()?, b"*", number)?;
    let etag = optional(word()?, b"-", EntityTag::parse)?;
    let last_modified = optional(word()?, b"-", |word| number(word).and_then(HttpDate::from_seconds))?;
    let date_is_strong = match word()? {
        b"strong-date" => true,
        b"weak-date" => false,
        _ => return None,
    };
    let identity = Identity { complete_length, etag, last_modified, date_is_strong };
    word().is_none().then_some((u32::try_from(generation).ok()?, identity))
}

/// Reads a word that may be the one for nothing.
fn optional<T>(word: &[u8], none: &[u8], read: impl Fn(&[u8]) -> Option<T>) -> Option<Option<T>> {
    if word == none { Some(None) } else { read(word).map(Some) }
}

fn read_record(line: &[u8]) -> Option<Record> {
    let mut words = std::str::from_utf8(line).ok()?.split(' ');
    let record = match words.next()? {
        "held" => {
            let (first, last) = words.next()?.split_once('-')?;
            let range = ByteRange::new(number(first.as_bytes())?, number(last.as_bytes())?)?;
            let ask = AskId(number(words.next()?.as_bytes())?);
            Record::Held(Held { range, ask, proof: Proof::from_key(words.next()?)? })
        }
        "length" => Record::Length(number(words.next()?.as_bytes())?),
        _ => return None,
    };
    words.next().is_none().then_some(record)
}

fn number(digits: &[u8]) -> Option<u64> {
    crate::lex::Numeral::read(digits).map(|numeral| numeral.value).filter(|value| *value < u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity() -> Identity {
        Identity {
            complete_length: Some(1000),
            etag: EntityTag::parse(b"W/\"a,\xff-b\""),
            last_modified: HttpDate::from_seconds(784_111_777),
            date_is_strong: false,
        }
    }

    fn held(first: u64, last: u64) -> Held {
        Held { range: ByteRange::new(first, last).unwrap(), ask: AskId(7), proof: Proof::Pinned }
    }

    fn written() -> (Vec<u8>, Vec<usize>) {
        let (mut writer, mut octets) = Writer::begin(3, &identity());
        let mut ends = vec![octets.len()];
        for one in [held(0, 99), held(500, 999)] {
            octets.extend_from_slice(&writer.held(one));
            ends.push(octets.len());
        }
        (octets, ends)
    }

    #[test]
    fn what_is_written_is_read_and_can_be_continued() {
        let (mut octets, _) = written();
        let journal = Journal::read(&octets).unwrap();
        assert_eq!((journal.generation, journal.good), (3, octets.len()));
        assert_eq!(journal.identity, identity());
        assert_eq!(journal.held, [held(0, 99), held(500, 999)]);
        octets.extend_from_slice(&journal.writer().held(held(100, 199)));
        assert_eq!(Journal::read(&octets).unwrap().held.len(), 3);
    }

    #[test]
    fn a_torn_tail_is_cut_at_every_octet() {
        let (octets, ends) = written();
        for cut in 0..octets.len() {
            let good = ends.iter().copied().filter(|end| *end <= cut).max();
            assert_eq!(Journal::read(&octets[..cut]).map(|journal| journal.good), good, "cut at {cut}");
        }
    }

    #[test]
    fn no_damaged_octet_is_believed() {
        let (octets, ends) = written();
        for at in 0..octets.len() {
            let mut damaged = octets.clone();
            damaged[at] ^= 1;
            let good = ends.iter().copied().filter(|end| *end <= at).max();
            assert_eq!(Journal::read(&damaged).map(|journal| journal.good), good, "damaged at {at}");
        }
    }

    #[test]
    fn lines_of_another_journal_are_not_believed() {
        let (octets, ends) = written();
        let (_, head) = Writer::begin(4, &identity());
        let mixed = [head.as_slice(), &octets[ends[0]..]].concat();
        assert_eq!(Journal::read(&mixed).unwrap().held, []);
    }

    #[test]
    fn a_length_learned_late_is_kept_and_bounds_what_is_held() {
        let unknown = Identity { complete_length: None, ..identity() };
        let (mut writer, mut octets) = Writer::begin(1, &unknown);
        octets.extend_from_slice(&writer.held(held(0, 99)));
        octets.extend_from_slice(&writer.length(200));
        octets.extend_from_slice(&writer.held(held(150, 200)));
        let journal = Journal::read(&octets).unwrap();
        assert_eq!((journal.identity.complete_length, journal.held.len()), (Some(200), 1));
    }
}
