//! The journal beside an unfinished file: which octets are durable, and of which representation.
//!
//! In: the octets of a journal after a crash, or what became durable now. Out: what counts as held, or lines to append.
//!
//! It is text, one record a line. The head names the representation. Each line ends with a checksum over itself and all
//! lines before it, so that neither a torn line, nor one of an earlier journal in the same blocks, is believed:
//!
//! ```text
//! swath-journal-1 3 100000 "v1" 1795262400 weak-date 9a3b12f0
//! url https://media.example/clip.mp4 71d0c3be
//! note clip.mp4 0b6f10d2
//! held 0-4095 17 pinned 4f1c22aa
//! ```
//!
//! `void 17` says that all of answer 17 turned out wrong. `url` and `note` are the driver's texts, escaped ([`text`]). They may come again, and the last ones count: a download
//! that goes on from another URL says so.

mod text;

use std::fmt::Write as _;

use super::identity::number;
use super::{AskId, Identity, Proof};
use crate::ByteRange;

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
    /// Where it was fetched from: the last [`Settings::url`](super::Settings::url) that was given.
    pub url: Option<String>,
    /// The last [`Settings::note`](super::Settings::note) that was given.
    pub note: Option<String>,
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
        let (chain, good) = (lines.chain, lines.good);
        let mut journal = Self { generation, identity, url: None, note: None, held: Vec::new(), good, chain };
        for _ in 0..RECORDS_MAX {
            let Some(record) = lines.next().and_then(read_record) else { break };
            if !journal.take(record) {
                break;
            }
            (journal.chain, journal.good) = (lines.chain, lines.good);
        }
        Some(journal)
    }

    /// Takes in one record; tells whether it makes sense after those before.
    fn take(&mut self, record: Record) -> bool {
        let complete_length = &mut self.identity.complete_length;
        match record {
            Record::Held(one) if fits(one.range, *complete_length) => self.held.push(one),
            Record::Length(length) if complete_length.is_none() => *complete_length = Some(length),
            Record::Held(_) | Record::Length(_) => return false,
            Record::Void(ask) => self.held.retain(|held| held.ask != ask),
            Record::Url(url) => self.url = Some(url),
            Record::Note(note) => self.note = Some(note),
        }
        true
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
        let start = format!("{MAGIC} {generation} ");
        let mut writer = Self { chain: 0 };
        let head = writer.close([start.as_bytes(), &identity.to_words()].concat());
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

    /// The record that an answer turned out wrong: nothing of it is held any more.
    pub(super) fn void(&mut self, ask: AskId) -> Vec<u8> {
        self.close(format!("void {ask}").into_bytes())
    }

    /// The records of the driver's texts: nothing for one that is absent, empty or too long.
    pub(super) fn texts(&mut self, url: Option<&str>, note: Option<&str>) -> Vec<u8> {
        [("url", url), ("note", note)]
            .into_iter()
            .filter_map(|(name, text)| Some(format!("{name} {}", text::escape(text?)?)))
            .flat_map(|line| self.close(line.into_bytes()))
            .collect()
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
    Void(AskId),
    Url(String),
    Note(String),
}

fn read_head(line: &[u8]) -> Option<(u32, Identity)> {
    let rest = line.strip_prefix(MAGIC.as_bytes())?.strip_prefix(b" ")?;
    let space = rest.iter().position(|octet| *octet == b' ')?;
    let (generation, identity) = rest.split_at_checked(space)?;
    let generation = u32::try_from(number(generation)?).ok()?;
    Some((generation, Identity::from_words(identity.get(1..)?)?))
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
        "void" => Record::Void(AskId(number(words.next()?.as_bytes())?)),
        "url" => Record::Url(text::unescape(words.next()?)?),
        "note" => Record::Note(text::unescape(words.next()?)?),
        _ => return None,
    };
    words.next().is_none().then_some(record)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{EntityTag, HttpDate};

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
    fn the_texts_of_the_driver_come_back_and_the_last_ones_count() {
        let (mut writer, mut octets) = Writer::begin(1, &identity());
        let before = Journal::read(&octets).unwrap();
        assert_eq!((before.url, before.note), (None, None));
        octets.extend_from_slice(&writer.texts(Some("http://a.example/old"), Some("a b\n")));
        octets.extend_from_slice(&writer.held(held(0, 99)));
        octets.extend_from_slice(&writer.texts(Some("http://a.example/new"), None));
        octets.extend_from_slice(&writer.texts(Some(""), Some(&"x".repeat(9000))));
        octets.extend_from_slice(&writer.held(held(100, 199)));
        let journal = Journal::read(&octets).unwrap();
        assert_eq!(journal.url.as_deref(), Some("http://a.example/new"));
        assert_eq!(journal.note.as_deref(), Some("a b\n"));
        assert_eq!((journal.held.len(), journal.good), (2, octets.len()));
    }

    #[test]
    fn an_answer_that_turned_out_wrong_holds_nothing() {
        let (mut octets, _) = written();
        let mut writer = Journal::read(&octets).unwrap().writer();
        let other = Held { ask: AskId(8), ..held(200, 299) };
        octets.extend_from_slice(&writer.held(other));
        octets.extend_from_slice(&writer.void(AskId(7)));
        assert_eq!(Journal::read(&octets).unwrap().held, [other]);
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
