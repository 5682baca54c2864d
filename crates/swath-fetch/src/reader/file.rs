//! A file on a server, read at any position.
//!
//! In: positions and buffers. Out: octets of one version of the file; a changed one is an error, never a mix.

use std::sync::{Arc, Mutex, PoisonError};

use byteranges::ByteRange;
use bytes::Bytes;

use super::accept::Verdict;
use super::cache::{BLOCK, Cache};
use super::source::{Good, Source};
use super::{ReadError, ReadOptions};
use crate::Job;

/// The most octets that one request asks for: a reader that needs more asks again, over the same connection.
const REQUEST_MOST: u64 = 4 << 20;
/// The most octets read ahead of a reader that goes straight on.
const AHEAD_MOST: u64 = 2 << 20;

/// What all handles of one file share.
pub(super) struct Inner {
    source: Source,
    complete_length: u64,
    /// The whole, where the server sends nothing else.
    whole: Option<Bytes>,
    cache: Mutex<Cache>,
    ahead: Mutex<Ahead>,
}

/// Whether the reader goes straight on, and how far it is read ahead then.
#[derive(Debug, Default)]
struct Ahead {
    /// Where the last read ended.
    end: u64,
    octets: u64,
}

impl Ahead {
    /// Learns of a read, and tells how much more to ask for when the server is asked anyway.
    fn learn(&mut self, position: u64, length: u64) -> u64 {
        self.octets = match position == self.end && position > 0 {
            true => self.octets.saturating_mul(2).clamp(BLOCK, AHEAD_MOST),
            false => 0,
        };
        self.end = position.saturating_add(length);
        self.octets
    }
}

impl Inner {
    /// Asks for the first block, which tells what the file is.
    pub(super) async fn open(job: &Job, options: ReadOptions) -> Result<Self, ReadError> {
        let mut tries = 0;
        // Bounded by the retries; only an answer that broke off is worth another one.
        loop {
            match Self::open_once(job, options).await {
                Err(ReadError::Unreachable(_)) if tries < job.settings.retries => tries += 1,
                done => return done,
            }
        }
    }

    async fn open_once(job: &Job, options: ReadOptions) -> Result<Self, ReadError> {
        let source = Source::new(job)?;
        let first = ByteRange::with_length(0, BLOCK);
        let field = first.map(|range| format!("bytes={range}"));
        let good = source.ask(field.as_deref(), first).await?;
        let cache = Mutex::new(Cache::new(options.cache));
        let mut inner = Self { source, complete_length: 0, whole: None, cache, ahead: Mutex::default() };
        let misbehaved = |what: &str| Err(ReadError::Misbehaved(what.to_owned()));
        match good.verdict {
            Verdict::Part(range, Some(complete_length)) => {
                inner.source.pin_to(&good.head, Some(complete_length));
                inner.complete_length = complete_length;
                inner.begin(good, range, options).await?;
            }
            Verdict::Whole(announced) => inner.take_whole(good, announced, options).await?,
            // It may be empty, or a server that refuses ranges in a strange way: the whole tells.
            Verdict::Unsatisfiable(0) => {
                let good = inner.source.ask(None, None).await?;
                let Verdict::Whole(announced) = good.verdict else {
                    return misbehaved("no whole without Range");
                };
                inner.take_whole(good, announced, options).await?;
            }
            Verdict::Part(_, None) => return misbehaved("it does not say how long the file is"),
            Verdict::Parts => return misbehaved("several parts for one range"),
            _ => return misbehaved("a 416 to the first octets of a file that has some"),
        }
        Ok(inner)
    }

    /// Takes in an answer that holds everything.
    async fn take_whole(
        &mut self,
        good: Good,
        announced: Option<u64>,
        options: ReadOptions,
    ) -> Result<(), ReadError> {
        let Some(octets) = self.source.all(good.answer, options.cache).await? else {
            return Err(ReadError::NoRanges);
        };
        if announced.is_some_and(|length| length != len(&octets)) {
            return Err(ReadError::Misbehaved("content of another length than announced".to_owned()));
        }
        self.source.pin_to(&good.head, Some(len(&octets)));
        self.complete_length = len(&octets);
        self.whole = Some(octets);
        Ok(())
    }

    /// Takes in the first part.
    async fn begin(&mut self, good: Good, range: ByteRange, options: ReadOptions) -> Result<(), ReadError> {
        let pinned = self.source.pin().is_some_and(|pin| pin.strong().is_some());
        let octets = match self.source.all(good.answer, range.length()).await {
            // Where more than one answer may be put together, it is asked for again when somebody wants it.
            Err(_) if pinned || options.unpinned => None,
            octets => octets?,
        };
        match octets.filter(|octets| len(octets) == range.length()) {
            // All that there is came in one answer: nothing can change any more.
            Some(octets) if len(&octets) == self.complete_length => self.whole = Some(octets),
            _ if !pinned && !options.unpinned => return Err(ReadError::Unpinned),
            Some(octets) if range.length() == BLOCK => self.lock().insert(0, octets),
            // A short answer is no block: it is asked for again when somebody wants it.
            _ => {}
        }
        Ok(())
    }

    pub(super) const fn complete_length(&self) -> u64 {
        self.complete_length
    }

    pub(super) fn etag(&self) -> Option<String> {
        let tag = self.source.pin()?.etag.as_ref()?;
        Some(String::from_utf8_lossy(tag.as_header_value().as_bytes()).into_owned())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Cache> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Some octets from `position` on, at most `wanted`; none at the end, or when none are wanted.
    pub(super) async fn some_at(self: Arc<Self>, position: u64, wanted: u64) -> Result<Bytes, ReadError> {
        let rest = self.complete_length.saturating_sub(position);
        let wanted = wanted.min(rest);
        if wanted == 0 {
            return Ok(Bytes::new());
        }
        if let Some(whole) = &self.whole {
            let at = usize::try_from(position).unwrap_or(usize::MAX).min(whole.len());
            return Ok(cut(&whole.slice(at..), wanted));
        }
        let ahead = self.ahead.lock().unwrap_or_else(PoisonError::into_inner).learn(position, wanted);
        let kept = self.lock().at(position);
        if let Some(octets) = kept {
            return Ok(cut(&octets, wanted));
        }
        let Some(range) = self.missing(position, wanted.saturating_add(ahead)) else {
            return Ok(Bytes::new());
        };
        let octets = self.source.fetch(range).await?;
        self.lock().insert(range.first(), octets.clone());
        let within = usize::try_from(position - range.first()).unwrap_or(usize::MAX).min(octets.len());
        Ok(cut(&octets.slice(within..), wanted))
    }

    /// Whole blocks to ask for, from that of `position`, up to the first that is here.
    fn missing(&self, position: u64, wanted: u64) -> Option<ByteRange> {
        let cache = self.lock();
        let end = self.complete_length;
        let first = position - position % BLOCK;
        let most = first.saturating_add(REQUEST_MOST).min(end);
        let mut after = first.saturating_add(BLOCK).min(end);
        while after < most && after < position.saturating_add(wanted) && !cache.has(after) {
            after = after.saturating_add(BLOCK).min(end);
        }
        ByteRange::with_length(first, after.saturating_sub(first))
    }
}

fn len(octets: &Bytes) -> u64 {
    u64::try_from(octets.len()).unwrap_or(u64::MAX)
}

fn cut(octets: &Bytes, most: u64) -> Bytes {
    octets.slice(..octets.len().min(usize::try_from(most).unwrap_or(usize::MAX)))
}
