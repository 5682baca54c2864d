//! Mistakes that a download could make, put between the machine and its world: what the machine does not see, or does
//! not get done. The product has no switch for any of them.
//!
//! In: answers, events and actions. Out: the same as a machine with the mistake would take or cause them.

use std::time::Duration;

use byteranges::download::{Asked, Assurance, Fetch, Head, Journal, Placement, Report};
use byteranges::{ByteRange, ContentRange, EntityTag};

use super::server::Answer;

/// One mistake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bug {
    /// Later answers are not held against the validators of the first.
    ValidatorIgnored,
    /// The same, only for octets that another lane fetches too.
    HedgeAcrossVersions,
    /// A journal is taken to be of whatever the server has now.
    JournalOfAnyVersion,
    /// What a short 206 leaves out counts as received.
    ShortNotRequeued,
    /// Octets are placed by what was asked for.
    PlacedByRequest,
    /// A 200 is taken for the part that was asked for.
    WholeTakenForPart,
    /// A broken connection is taken for the end of the content.
    CutTakenForEnd,
    /// The journal names what was written, not what is durable.
    JournalAheadOfData,
    /// A sync that failed counts as one that did not.
    SyncErrorIgnored,
    /// A new version is written into the file and journal of the old one.
    NewVersionInOldFile,
    /// Records are appended to a torn line.
    TornTailKept,
    /// Octets that differ where answers meet are taken for equal.
    ComparisonIgnored,
    /// Retry-After is not read.
    RetryAfterIgnored,
    /// The report names a better rung than was reached.
    RungOverstated,
    /// A download that goes on from another URL does not say so in its journal.
    NewUrlForgotten,
    /// Octets are said to be equal to those held, and nobody looked.
    NothingCompared,
    /// The digest is said to match, whatever it is.
    DigestIgnored,
    /// Octets arrive however far they are beyond what the output wants next.
    WindowIgnored,
    /// A mirror's octets are taken for those of the first source, whatever its tag.
    MirrorTrusted,
}

impl Bug {
    pub const ALL: [Self; 19] = [
        Self::ValidatorIgnored,
        Self::HedgeAcrossVersions,
        Self::JournalOfAnyVersion,
        Self::ShortNotRequeued,
        Self::PlacedByRequest,
        Self::WholeTakenForPart,
        Self::CutTakenForEnd,
        Self::JournalAheadOfData,
        Self::SyncErrorIgnored,
        Self::NewVersionInOldFile,
        Self::TornTailKept,
        Self::ComparisonIgnored,
        Self::RetryAfterIgnored,
        Self::RungOverstated,
        Self::NewUrlForgotten,
        Self::NothingCompared,
        Self::DigestIgnored,
        Self::WindowIgnored,
        Self::MirrorTrusted,
    ];
}

/// Applies a mistake, or nothing.
#[derive(Clone, Debug, Default)]
pub struct Tamper {
    pub bug: Option<Bug>,
    /// The validators of the first answer of this file.
    first: Option<Head>,
}

impl Tamper {
    pub fn new(bug: Option<Bug>) -> Self {
        Self { bug, first: None }
    }

    pub fn has(&self, bug: Bug) -> bool {
        self.bug == Some(bug)
    }

    /// A new file begins: its first answer is told next.
    pub fn forget(&mut self) {
        self.first = None;
    }

    /// Changes what the machine sees of an answer.
    pub fn answer(&mut self, fetch: &Fetch, answer: &mut Answer, is_hedge: bool) {
        let is_mirror = fetch.path == 2;
        let validators = self.has(Bug::ValidatorIgnored)
            || self.has(Bug::MirrorTrusted) && is_mirror
            || self.has(Bug::HedgeAcrossVersions) && is_hedge;
        if matches!(answer.head.status, 200 | 206) {
            match &self.first {
                None => self.first = Some(answer.head.clone()),
                Some(first) if validators => {
                    answer.head.etag = first.etag.clone();
                    answer.head.has_etag = first.has_etag;
                    answer.head.last_modified = first.last_modified;
                }
                Some(_) => {}
            }
        }
        match self.bug {
            Some(Bug::ShortNotRequeued) => fill(fetch, answer),
            Some(Bug::PlacedByRequest) => place_by_request(fetch, answer),
            Some(Bug::WholeTakenForPart) if answer.head.status == 200 && fetch.range != Asked::Whole => {
                answer.head.status = 206;
                place(answer, fetch.range.first(), None);
            }
            Some(Bug::RetryAfterIgnored) => answer.head.retry_after = None,
            _ => {}
        }
    }

    pub fn journal(&self, journal: Option<Journal>, now_there: Option<EntityTag>) -> Option<Journal> {
        let mut journal = journal?;
        if self.has(Bug::JournalOfAnyVersion) && journal.identity.etag.is_some() {
            journal.identity.etag = now_there.or(journal.identity.etag);
        }
        Some(journal)
    }

    pub fn report(&self, report: &mut Report) {
        if self.has(Bug::RungOverstated)
            && let Ok(rung) = &mut report.outcome
        {
            *rung = (*rung).max(Assurance::Pinned);
        }
    }
}

/// Makes a short 206 look as long as was asked for, with zeros where the rest should be.
fn fill(fetch: &Fetch, answer: &mut Answer) {
    if let (Asked::Range(asked), Placement::Valid(ContentRange::Range { range, complete_length })) =
        (fetch.range, answer.head.placement)
        && range.first() == asked.first()
        && range.last() < asked.last()
        && complete_length.is_none_or(|length| asked.last() < length)
    {
        answer.body.resize(asked.length() as usize, 0);
        answer.head.placement = Placement::Valid(ContentRange::Range { range: asked, complete_length });
        answer.head.content_length = answer.head.content_length.map(|_| asked.length());
        answer.cut = None;
    }
}

fn place_by_request(fetch: &Fetch, answer: &mut Answer) {
    if let Placement::Valid(ContentRange::Range { complete_length, .. }) = answer.head.placement {
        place(answer, fetch.range.first(), complete_length);
    }
}

fn place(answer: &mut Answer, first: u64, complete_length: Option<u64>) {
    if let Some(range) = ByteRange::with_length(first, answer.body.len() as u64) {
        let complete_length = complete_length.filter(|length| *length > range.last());
        answer.head.placement = Placement::Valid(ContentRange::Range { range, complete_length });
    }
}

/// Whether the pause that a server asked for is over, as far as anybody may care.
pub fn is_over(until: Duration, now: Duration) -> bool {
    until <= now + Duration::from_micros(1)
}
