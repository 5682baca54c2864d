//! A server that has traits for life and faults for a while.
//!
//! In: a request and the time. Out: the head, the octets that really come, and how they end.

use std::time::Duration;

use byteranges::download::{Asked, Fetch, Head, Placement, Precondition};
use byteranges::{ByteRange, ContentRange, EntityTag, HttpDate};

use super::random::Random;

const EPOCH: u64 = 1_795_262_400;

/// How a server names its versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tags {
    Strong,
    /// Weak tags, the same for several versions sometimes.
    Weak,
    None,
    /// Another strong tag for each request, though nothing changed.
    PerRequest,
    /// Another strong tag on each of two nodes.
    PerNode,
}

/// What a server is like for life.
#[derive(Clone, Debug)]
pub struct Traits {
    pub tags: Tags,
    pub dates: bool,
    pub ranges: bool,
    /// Never says the complete length in a 206.
    pub star: bool,
    /// Answers 200 to If-Range though nothing changed.
    pub dislikes_if_range: bool,
    /// Answers 412 to If-Match though nothing changed.
    pub dislikes_if_match: bool,
    /// Ignores preconditions altogether.
    pub ignores_conditions: bool,
    /// Octets of a 206 at most.
    pub short: Option<u64>,
    /// 206s begin at a multiple of this, and say so.
    pub align: Option<u64>,
    /// No Content-Length.
    pub chunked: bool,
}

impl Traits {
    pub fn draw(random: &mut Random) -> Self {
        let tags = match random.below(20) {
            0..12 => Tags::Strong,
            12..15 => Tags::Weak,
            15..17 => Tags::None,
            17 => Tags::PerRequest,
            _ => Tags::PerNode,
        };
        let mut odd = |percent| random.chance(percent);
        let (dates, ranges, star) = (odd(70), odd(90), odd(8));
        let (dislikes_if_range, dislikes_if_match) = (odd(8), odd(8));
        let (ignores_conditions, chunked) = (odd(10), odd(10));
        let short = random.chance(10).then(|| random.between(200, 3000));
        let align = random.chance(8).then(|| random.pick(&[64, 512, 1024]));
        Self {
            tags,
            dates,
            ranges,
            star,
            dislikes_if_range,
            dislikes_if_match,
            ignores_conditions,
            short,
            align,
            chunked,
        }
    }
}

/// One version of the representation.
#[derive(Clone, Debug)]
pub struct Version {
    pub content: Vec<u8>,
    pub modified: u64,
}

/// How the content of an answer goes on after its head.
#[derive(Clone, Debug)]
pub struct Answer {
    pub head: Head,
    /// The Retry-After that was sent.
    pub retry_after: Option<Duration>,
    pub body: Vec<u8>,
    pub version: usize,
    /// Octets that come before the connection breaks or falls silent; all when `None`.
    pub cut: Option<usize>,
    pub silent: bool,
    /// Whether the answer carried a Content-Digest, and whether it matches.
    pub digest: Option<bool>,
    /// Time to the head, and between chunks.
    pub delay: Duration,
    pub interval: Duration,
    pub chunk: usize,
}

/// One server, which a source names.
#[derive(Clone, Debug)]
pub struct Server {
    pub traits: Traits,
    pub versions: Vec<Version>,
    /// Whether its tags are another mirror's.
    pub mirror: u64,
    pub served: u64,
    /// Whether whoever asks knows what to expect.
    pub known: bool,
    /// Percent of answers with something wrong, while faults last.
    pub wrong: u64,
    pub interval: Duration,
    pub chunk: usize,
}

impl Server {
    pub fn new(traits: Traits, length: u64, mirror: u64, random: &mut Random) -> Self {
        let mut server = Self {
            traits,
            versions: Vec::new(),
            mirror,
            served: 0,
            known: false,
            wrong: random.pick(&[0, 10, 30, 60]),
            interval: Duration::from_millis(random.between(20, 120)),
            chunk: random.between(100, 1500) as usize,
        };
        server.replace(Some(length), Duration::ZERO, random);
        server
    }

    /// Puts another version in place, of the same length often.
    pub fn replace(&mut self, length: Option<u64>, now: Duration, random: &mut Random) {
        let old = self.versions.last().map_or(0, |version| version.content.len() as u64);
        let length = length.unwrap_or(if random.chance(70) { old } else { random.between(0, 9000) });
        let content = (0..length).map(|_| (random.next() >> 40) as u8).collect();
        self.versions.push(Version { content, modified: EPOCH + now.as_secs() });
    }

    fn tag(&mut self, version: usize, random: &mut Random) -> Option<EntityTag> {
        let mirror = self.mirror;
        match self.traits.tags {
            Tags::Strong => EntityTag::strong(format!("m{mirror}-v{version}").as_bytes()),
            Tags::Weak => EntityTag::weak(format!("m{mirror}-v{}", version / 2).as_bytes()),
            Tags::None => None,
            Tags::PerRequest => EntityTag::strong(format!("m{mirror}-v{version}-{}", self.served).as_bytes()),
            Tags::PerNode => {
                EntityTag::strong(format!("m{mirror}-v{version}-n{}", random.below(2)).as_bytes())
            }
        }
    }

    /// Answers a request.
    pub fn answer(&mut self, fetch: &Fetch, faults: bool, now: Duration, random: &mut Random) -> Answer {
        self.served += 1;
        let version = self.versions.len() - 1;
        let etag = self.tag(version, random);
        let content = self.versions[version].content.clone();
        let modified = HttpDate::from_seconds(self.versions[version].modified).filter(|_| self.traits.dates);
        let mut head = Head {
            status: 200,
            content_length: Some(content.len() as u64).filter(|_| !self.traits.chunked),
            placement: Placement::Absent,
            multipart: false,
            coded: false,
            has_etag: etag.is_some(),
            etag,
            last_modified: modified,
            date: HttpDate::from_seconds(EPOCH + now.as_secs()),
            retry_after: None,
            redirected: false,
            digested: false,
        };
        let body = self.select(fetch, &content, &mut head);
        let mut answer = Answer {
            head,
            retry_after: None,
            body,
            version,
            cut: None,
            silent: false,
            digest: None,
            delay: Duration::from_millis(random.between(5, 120)),
            interval: self.interval,
            chunk: self.chunk,
        };
        if faults && random.chance(self.wrong) {
            spoil(&mut answer, self.known, &content, random);
        } else if random.chance(5) {
            answer.digest = Some(true);
        }
        answer.head.digested = answer.digest.is_some();
        answer
    }

    /// What an honest server with these traits sends.
    fn select(&self, fetch: &Fetch, content: &[u8], head: &mut Head) -> Vec<u8> {
        let length = content.len() as u64;
        let traits = &self.traits;
        let mut honoured = traits.ranges;
        if !traits.ignores_conditions {
            match &fetch.precondition {
                Precondition::IfMatch(tag) => {
                    let same = head.etag.as_ref().is_some_and(|own| own.strong_eq(tag));
                    if !same || traits.dislikes_if_match {
                        return refuse(head, 412);
                    }
                }
                Precondition::IfUnmodifiedSince(date) => {
                    if head.last_modified.is_some_and(|modified| modified > *date) {
                        return refuse(head, 412);
                    }
                }
                Precondition::IfRange(tag) => {
                    honoured &= head.etag.as_ref().is_some_and(|own| own.strong_eq(tag));
                    honoured &= !traits.dislikes_if_range;
                }
                Precondition::IfRangeDate(date) => honoured &= head.last_modified == Some(*date),
                Precondition::None => {}
            }
        }
        let asked = match fetch.range {
            Asked::Whole => None,
            Asked::From(first) => Some((first, length.saturating_sub(1))),
            Asked::Range(range) => Some((range.first(), range.last().min(length.saturating_sub(1)))),
        };
        let Some((first, last)) = asked.filter(|_| honoured) else { return content.to_vec() };
        if first >= length {
            head.placement = Placement::Valid(ContentRange::Unsatisfied { complete_length: length });
            return refuse(head, 416);
        }
        let first = traits.align.map_or(first, |align| first / align * align);
        let last = traits.short.map_or(last, |short| last.min(first + short - 1));
        part(head, content, first, last, (!traits.star).then_some(length))
    }
}

fn refuse(head: &mut Head, status: u16) -> Vec<u8> {
    head.status = status;
    head.content_length = Some(0);
    Vec::new()
}

fn part(head: &mut Head, content: &[u8], first: u64, last: u64, complete_length: Option<u64>) -> Vec<u8> {
    let Some(range) = ByteRange::new(first, last) else { return Vec::new() };
    head.status = 206;
    head.content_length = head.content_length.map(|_| range.length());
    head.placement = Placement::Valid(ContentRange::Range { range, complete_length });
    content[first as usize..=last as usize].to_vec()
}

/// Makes one thing wrong.
fn spoil(answer: &mut Answer, known: bool, content: &[u8], random: &mut Random) {
    let length = answer.body.len();
    let place = match answer.head.placement {
        Placement::Valid(ContentRange::Range { range, complete_length }) => Some((range, complete_length)),
        _ => None,
    };
    match random.below(19) {
        0 | 1 => answer.cut = Some(random.below(length as u64 + 1) as usize),
        2 => (answer.cut, answer.silent) = (Some(random.below(length as u64 + 1) as usize), true),
        3 => answer.interval *= 40,
        4 => busy(answer, random),
        5 => answer.body = refuse(&mut answer.head, random.pick(&[500, 502, 408, 416])),
        6 => answer.delay = Duration::from_secs(random.between(1, 60)),
        7 => (answer.head.etag, answer.head.has_etag) = (None, false),
        8 => answer.head.coded = true,
        9 => answer.head.placement = random.pick(&[Placement::Absent, Placement::Invalid]),
        10 | 11 => {
            if let Some((range, complete_length)) = place {
                lie(answer, range, complete_length, random);
            }
        }
        12 => {
            if let Some((range, Some(complete))) = place {
                let complete_length = Some(complete + random.between(1, 9));
                answer.head.placement = Placement::Valid(ContentRange::Range { range, complete_length });
            }
        }
        // Shorter than asked, and it says so.
        13 => {
            if let Some((range, complete)) = place {
                let last = random.between(range.first(), range.last());
                answer.body = part(&mut answer.head, content, range.first(), last, complete);
            }
        }
        // The whole for a part, with its own validator.
        14 => {
            answer.head.status = 200;
            answer.head.placement = Placement::Absent;
            answer.head.content_length = Some(content.len() as u64);
            answer.body = content.to_vec();
        }
        // An error page. Nobody can tell it from the file when nothing is known yet.
        15 if known => {
            answer.body = b"<html>login first</html>".to_vec();
            answer.head.status = 200;
            answer.head.placement = Placement::Absent;
            answer.head.content_length = Some(answer.body.len() as u64);
            (answer.head.etag, answer.head.has_etag, answer.head.last_modified) = (None, false, None);
        }
        // Octets turned on the way, and a digest that tells.
        16 => {
            for octet in answer.body.iter_mut().step_by(7) {
                *octet ^= 0x55;
            }
            answer.digest = Some(false);
        }
        17 => {
            answer.body = refuse(&mut answer.head, random.pick(&[401, 403, 404, 410, 418]));
            answer.head.redirected = random.chance(60);
        }
        // Earlier than asked, and it says so.
        _ => {
            if let Some((range, complete)) = place {
                let first = range.first().saturating_sub(random.between(1, 600));
                answer.body = part(&mut answer.head, content, first, range.last(), complete);
            }
        }
    }
}

/// A Content-Range that has nothing to do with the content, but agrees with its length.
fn lie(answer: &mut Answer, range: ByteRange, complete_length: Option<u64>, random: &mut Random) {
    let by = if random.chance(50) { range.first() } else { random.between(1, 500).min(range.first()) };
    if let Some(range) = ByteRange::with_length(range.first() - by, range.length()) {
        answer.head.placement = Placement::Valid(ContentRange::Range { range, complete_length });
    }
}

fn busy(answer: &mut Answer, random: &mut Random) {
    answer.body = refuse(&mut answer.head, random.pick(&[429, 503]));
    answer.head.retry_after = random.chance(70).then(|| Duration::from_secs(random.between(0, 5)));
}
