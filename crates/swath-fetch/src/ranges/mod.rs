//! Several ranges of one file, in the order asked.
//!
//! In: a [`Job`] and range-specs. Out: their octets, all of one version of the file, or an error by fault.
//!
//! | room | its one question |
//! |---|---|
//! | `plan` | which requests bring them? pure |
//! | `pieces` | which octets are here already |
//! | `begin` | what did the first answer bring |

mod begin;
mod pieces;
mod plan;

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;

use byteranges::{ByteRange, ByteSet, RangeSet};
use bytes::Bytes;
use tokio::task::JoinHandle;

use crate::Job;
use crate::reader::{ReadError, Source};

use pieces::{Pieces, length};

/// The most octets kept for a later range: beyond it they are fetched a second time.
const KEPT_MOST: u64 = 64 << 20;

/// Says how ranges are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RangesOptions {
    /// Requests under way at once, each for at most 4 MiB. Four fill most links, and are polite.
    pub connections: usize,
    /// Whether to go on without a strong entity tag, where only a change of the length, the date or a weak tag shows.
    pub unpinned: bool,
}

impl Default for RangesOptions {
    fn default() -> Self {
        Self { connections: 4, unpinned: false }
    }
}

/// Holds ranges of one version of a file, of which the first octets are here.
///
/// One request asks for all ranges where they are few octets; what its answer does not bring is asked for by single ranges
/// side by side, near ones together. All octets are of one version: its strong entity tag is sent with each further request
/// (If-Match), and held against each answer.
///
/// ```no_run
/// use byteranges::RangesSpecifier;
/// use swath_fetch::{Job, Ranges, RangesOptions};
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let job = Job::new("https://media.example/book.pdf".parse()?);
/// let RangesSpecifier::Bytes(set) = RangesSpecifier::parse(b"bytes=0-99,-500", 100) else { unreachable!() };
/// let ranges = Ranges::open(&job, &set, RangesOptions::default()).await?;
/// ranges.read(&mut |octets| std::io::Write::write_all(&mut std::io::stdout(), octets)).await?;
/// # Ok(())
/// # }
/// ```
pub struct Ranges {
    source: Arc<Source>,
    wanted: Vec<ByteRange>,
    here: Pieces,
    connections: usize,
}

/// Says why ranges were not all handed on.
#[derive(Debug, thiserror::Error)]
pub enum RangesError {
    /// They could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// Whoever takes them in failed.
    #[error(transparent)]
    Write(io::Error),
}

impl Ranges {
    /// Sends the first request, which tells what the file is, and what the ranges mean.
    ///
    /// # Errors
    ///
    /// [`ReadError::Unsatisfiable`] where a range begins at or past the end, [`ReadError::Unpinned`] where more than one
    /// answer is needed and the server gives no strong entity tag; otherwise whatever is wrong with the server or the way.
    pub async fn open(job: &Job, set: &RangeSet, options: RangesOptions) -> Result<Self, ReadError> {
        let source = Source::new(job)?;
        let mut tries = 0;
        // Bounded by the retries; only an answer that broke off is worth another one.
        let begun = loop {
            match begin::begin(&source, set).await {
                Err(ReadError::Unreachable(_)) if tries < job.settings.retries => tries += 1,
                done => break done?,
            }
        };
        let mut held = ByteSet::new();
        begun.pieces.ranges().for_each(|range| held.insert(range));
        let all_here = begun.wanted.iter().all(|range| held.covers(*range));
        let pinned = source.pin().is_some_and(|pin| pin.strong().is_some());
        if !all_here && !pinned && !options.unpinned {
            return Err(ReadError::Unpinned);
        }
        let connections = options.connections.max(1);
        Ok(Self { source: Arc::new(source), wanted: begun.wanted, here: begun.pieces, connections })
    }

    /// What the ranges mean, in the order asked.
    pub fn wanted(&self) -> &[ByteRange] {
        &self.wanted
    }

    /// Octets of the whole, where the server told.
    pub fn complete_length(&self) -> Option<u64> {
        self.source.pin().and_then(|pin| pin.complete_length)
    }

    /// The entity tag of the version that is read, as the server wrote it.
    pub fn etag(&self) -> Option<String> {
        let tag = self.source.pin()?.etag.as_ref()?;
        Some(String::from_utf8_lossy(tag.as_header_value().as_bytes()).into_owned())
    }

    /// Hands on the octets of all ranges, in the order asked.
    ///
    /// # Errors
    ///
    /// What is wrong with the server or the way there, [`ReadError::Changed`] when the file is another one by now, or what
    /// `take` says.
    pub async fn read(
        mut self,
        take: &mut (dyn FnMut(&[u8]) -> io::Result<()> + Send),
    ) -> Result<(), RangesError> {
        let mut held = ByteSet::new();
        self.here.ranges().for_each(|range| held.insert(range));
        let mut ahead = Ahead::new(plan::fetches(&self.wanted, &held));
        for (index, range) in self.wanted.clone().into_iter().enumerate() {
            let mut next = Some(range);
            while let Some(rest) = next {
                let octets = self.octets(rest, &mut ahead).await?;
                take(&octets).map_err(RangesError::Write)?;
                next = rest
                    .first()
                    .checked_add(length(&octets))
                    .and_then(|first| ByteRange::new(first, rest.last()));
                self.forget(index, rest.first());
            }
        }
        Ok(())
    }

    /// Some octets from the beginning of `range`, one at least.
    async fn octets(&mut self, range: ByteRange, ahead: &mut Ahead) -> Result<Bytes, ReadError> {
        // Bounded: each turn takes in one segment that was planned, or asks for the octets themselves.
        loop {
            if let Some(octets) = self.here.at(range.first()) {
                let most = usize::try_from(range.length()).unwrap_or(usize::MAX);
                return Ok(octets.slice(..octets.len().min(most)));
            }
            let (first, octets) = if ahead.brings(range.first()) {
                match ahead.next(&self.source, self.connections).await {
                    Some(done) => done?,
                    None => continue,
                }
            } else {
                // It was forgotten since it was too much to keep.
                let last = range.first().saturating_add(plan::SEGMENT - 1).min(range.last());
                let asked = ByteRange::new(range.first(), last)
                    .ok_or_else(|| ReadError::Misuse("a range ends before it begins".to_owned()))?;
                (range.first(), self.source.fetch(asked).await?)
            };
            self.here.insert(first, octets);
        }
    }

    /// Forgets the segment that was handed on, unless a later range needs it, too.
    fn forget(&mut self, index: usize, position: u64) {
        let pieces: Vec<ByteRange> = self
            .here
            .ranges()
            .filter(|piece| piece.first() <= position && position <= piece.last())
            .collect();
        let too_much = self.here.octets() > KEPT_MOST;
        for piece in pieces {
            let mut set = ByteSet::new();
            set.insert(piece);
            let later = self
                .wanted
                .get(index + 1..)
                .is_some_and(|rest| rest.iter().any(|range| set.intersects(*range)));
            if !later || too_much {
                self.here.forget(piece.first());
            }
        }
    }
}

/// Requests that are sent before their octets are needed.
struct Ahead {
    planned: VecDeque<ByteRange>,
    under_way: VecDeque<(ByteRange, JoinHandle<Result<Bytes, ReadError>>)>,
}

impl Ahead {
    fn new(planned: Vec<ByteRange>) -> Self {
        Self { planned: planned.into(), under_way: VecDeque::new() }
    }

    /// Whether a segment with this position is still to come.
    fn brings(&self, position: u64) -> bool {
        let has = |range: &ByteRange| range.first() <= position && position <= range.last();
        self.under_way.iter().any(|(range, _)| has(range)) || self.planned.iter().any(has)
    }

    /// The next segment, with its first position; none when all have come.
    async fn next(
        &mut self,
        source: &Arc<Source>,
        connections: usize,
    ) -> Option<Result<(u64, Bytes), ReadError>> {
        while self.under_way.len() < connections {
            let Some(range) = self.planned.pop_front() else { break };
            let source = Arc::clone(source);
            let fetching = tokio::spawn(async move { source.fetch(range).await });
            self.under_way.push_back((range, fetching));
        }
        let (range, fetching) = self.under_way.pop_front()?;
        Some(match fetching.await {
            Ok(done) => done.map(|octets| (range.first(), octets)),
            Err(error) => Err(ReadError::Misuse(format!("reading was stopped: {error}"))),
        })
    }
}

impl Drop for Ahead {
    fn drop(&mut self) {
        self.under_way.iter().for_each(|(_, fetching)| fetching.abort());
    }
}
