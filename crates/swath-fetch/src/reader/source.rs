//! One version of a file on a server, range by range.
//!
//! In: ranges. Out: exactly their octets, all of the version that the first answer was of, or an error by fault.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use byteranges::download::{Head, Settings};
use byteranges::{ByteRange, HttpDate};
use bytes::{Bytes, BytesMut};
use http::{HeaderName, HeaderValue, header};
use tokio::time::{sleep, timeout};

use super::ReadError;
use super::accept::{Pin, Verdict, judge};
use crate::{Answer, Client, Job};

/// The longest a server's wish to be left alone is followed: who reads waits for it.
const PAUSE_MOST: Duration = Duration::from_secs(60);
/// How often an answer that makes no sense is asked for again.
const NONSENSE_MOST: u32 = 3;
/// How long the end of content is waited for, after all that was promised came.
const END_MOST: Duration = Duration::from_millis(50);

/// Asks for ranges of one file.
pub(crate) struct Source {
    client: Client,
    settings: Settings,
    pin: OnceLock<Pin>,
    /// Whether a server answered 412 to its own tag.
    dislikes_if_match: AtomicBool,
}

/// An answer that may be used.
pub(crate) struct Good {
    pub(crate) verdict: Verdict,
    pub(crate) head: Head,
    pub(crate) answer: Answer,
}

/// What went wrong with one try; another may do better.
pub(crate) struct Failed {
    error: ReadError,
    /// How long the server asks to be left alone.
    pause: Option<Duration>,
}

impl Source {
    pub(crate) fn new(job: &Job) -> Result<Self, ReadError> {
        let client = Client::new(job).map_err(|error| ReadError::Misuse(error.to_string()))?;
        let settings = job.settings.clone();
        Ok(Self { client, settings, pin: OnceLock::new(), dislikes_if_match: AtomicBool::new(false) })
    }

    /// The version, once an answer told it.
    pub(crate) fn pin(&self) -> Option<&Pin> {
        self.pin.get()
    }

    /// Holds all that follows to the version of this answer.
    pub(crate) fn pin_to(&self, head: &Head, complete_length: Option<u64>) {
        // Only the first counts.
        let _ = self.pin.set(Pin::of(head, complete_length));
    }

    /// Reads exactly these octets, in as many answers as the server needs.
    pub(crate) async fn fetch(&self, range: ByteRange) -> Result<Bytes, ReadError> {
        let mut octets = BytesMut::new();
        let mut rest = Some(range);
        let mut tries = Tries::new(&self.settings);
        while let Some(asked) = rest {
            let field = format!("bytes={asked}");
            let good = self.ask(Some(&field), Some(asked)).await?;
            let length = match good.verdict {
                Verdict::Part(part, _) => part.length(),
                // It did ranges before, or was asked for the first one only now; another try may do better.
                Verdict::Whole(_) => {
                    tries.again(ReadError::NoRanges.into()).await?;
                    continue;
                }
                _ => return Err(ReadError::Misbehaved("several parts for one range".to_owned())),
            };
            let before = octets.len();
            let read = self.content(good.answer, length, &mut octets).await;
            let came = u64::try_from(octets.len() - before).unwrap_or(u64::MAX);
            match read {
                Err(failed) if came == 0 => tries.again(failed).await?,
                // What came is good, and the rest is asked for again.
                _ => tries.reset(),
            }
            rest = asked.first().checked_add(came).and_then(|first| ByteRange::new(first, asked.last()));
        }
        Ok(octets.freeze())
    }

    /// Asks until an answer may be used, or it is clear that none will.
    pub(crate) async fn ask(&self, range: Option<&str>, asked: Option<ByteRange>) -> Result<Good, ReadError> {
        let mut tries = Tries::new(&self.settings);
        // Bounded by the retries; a 412 is asked about once.
        loop {
            match self.ask_once(range, asked).await {
                Ok(good) => return Ok(good),
                Err(failed) => match failed.error {
                    ReadError::Misbehaved(_) | ReadError::Unreachable(_) => tries.again(failed).await?,
                    ReadError::Refused { .. } if failed.pause.is_some() => tries.again(failed).await?,
                    error => return Err(error),
                },
            }
        }
    }

    async fn ask_once(&self, range: Option<&str>, asked: Option<ByteRange>) -> Result<Good, Failed> {
        let tag =
            self.pin().and_then(Pin::strong).filter(|_| !self.dislikes_if_match.load(Ordering::Relaxed));
        let mut fields: Vec<(HeaderName, HeaderValue)> =
            vec![(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"))];
        if let Some(value) = range.and_then(|range| HeaderValue::try_from(range).ok()) {
            fields.push((header::RANGE, value));
        }
        // A file that changed costs one short answer this way; If-Range would bring the whole of the new one.
        if let Some(tag) = tag {
            fields.push((header::IF_MATCH, tag.as_header_value().clone()));
        }
        let conditional = tag.is_some();
        let answer = match timeout(self.settings.answer_timeout, self.client.ask(fields)).await {
            Err(_) => return Err(Failed::unreachable("the answer takes too long to begin")),
            Ok(Err(trouble)) => return Err(Failed::unreachable(&trouble.why)),
            Ok(Ok(answer)) => answer,
        };
        let now = HttpDate::from_system_time(SystemTime::now()).or_else(|| HttpDate::from_seconds(0));
        let Some(now) = now else { return Err(Failed::unreachable("the clock here is wrong")) };
        let head = Head::read(answer.parts.status, &answer.parts.headers, now);
        let nonsense =
            |what: &str| Err(Failed { error: ReadError::Misbehaved(what.to_owned()), pause: None });
        match judge(asked, self.pin(), &head) {
            Verdict::Changed => Err(ReadError::Changed.into()),
            // The tag in an answer without precondition tells which of the two it was.
            Verdict::NotMet if conditional => {
                self.dislikes_if_match.store(true, Ordering::Relaxed);
                nonsense("it answers 412 to its own ETag")
            }
            Verdict::NotMet => Err(ReadError::Refused { status: 412 }.into()),
            Verdict::Nonsense(what) => nonsense(what),
            Verdict::Refused(status) => Err(ReadError::Refused { status }.into()),
            Verdict::Later(status, pause) => {
                Err(Failed { error: ReadError::Refused { status }, pause: Some(pause.unwrap_or_default()) })
            }
            verdict => Ok(Good { verdict, head, answer }),
        }
    }

    /// Reads the content of an answer, which has to be `length` octets.
    async fn content(&self, mut answer: Answer, length: u64, into: &mut BytesMut) -> Result<(), Failed> {
        let mut missing = length;
        while missing > 0 {
            let Some(octets) = self.next(&mut answer).await? else {
                return Err(Failed::unreachable("the connection ended too early"));
            };
            let taken = octets.len().min(usize::try_from(missing).unwrap_or(usize::MAX));
            into.extend_from_slice(octets.get(..taken).unwrap_or_default());
            missing = missing.saturating_sub(u64::try_from(taken).unwrap_or(u64::MAX));
            if taken < octets.len() {
                let what = "content longer than its Content-Range says";
                return Err(Failed { error: ReadError::Misbehaved(what.to_owned()), pause: None });
            }
        }
        // The end is looked for, so that the connection can be used again; it comes at once, or does not matter.
        let _ = timeout(END_MOST, answer.next()).await;
        Ok(())
    }

    /// The next octets of an answer's content.
    pub(crate) async fn next(&self, answer: &mut Answer) -> Result<Option<Bytes>, Failed> {
        match timeout(self.settings.stall_timeout, answer.next()).await {
            Err(_) => Err(Failed::unreachable("the content stands still")),
            Ok(None) => Ok(None),
            Ok(Some(Err(trouble))) => Err(Failed::unreachable(&trouble.why)),
            Ok(Some(Ok(octets))) => Ok(Some(octets)),
        }
    }

    /// Reads an answer's content to its end, which may not come after more than `most` octets.
    pub(crate) async fn all(&self, mut answer: Answer, most: u64) -> Result<Option<Bytes>, ReadError> {
        let mut all = BytesMut::new();
        while let Some(octets) = self.next(&mut answer).await.map_err(|failed| failed.error)? {
            all.extend_from_slice(&octets);
            if u64::try_from(all.len()).unwrap_or(u64::MAX) > most {
                return Ok(None);
            }
        }
        Ok(Some(all.freeze()))
    }
}

/// Counts failures in a row, and pauses between them.
struct Tries<'a> {
    settings: &'a Settings,
    failures: u32,
}

impl<'a> Tries<'a> {
    const fn new(settings: &'a Settings) -> Self {
        Self { settings, failures: 0 }
    }

    const fn reset(&mut self) {
        self.failures = 0;
    }

    /// Waits before another try; gives the error when there have been enough.
    async fn again(&mut self, failed: Failed) -> Result<(), ReadError> {
        self.failures = self.failures.saturating_add(1);
        // What makes no sense three times will make none later.
        let most = match failed.error {
            ReadError::Misbehaved(_) => self.settings.retries.min(NONSENSE_MOST),
            _ => self.settings.retries,
        };
        if self.failures > most || failed.pause.is_some_and(|pause| pause > PAUSE_MOST) {
            return Err(failed.error);
        }
        let doubled = self.settings.backoff.saturating_mul(1 << self.failures.saturating_sub(1).min(16));
        let own = doubled.min(self.settings.backoff_max);
        sleep(failed.pause.map_or(own, |pause| pause.max(own))).await;
        Ok(())
    }
}

impl Failed {
    fn unreachable(why: &str) -> Self {
        Self { error: ReadError::Unreachable(why.to_owned()), pause: None }
    }
}

impl From<ReadError> for Failed {
    fn from(error: ReadError) -> Self {
        Self { error, pause: None }
    }
}

impl From<Failed> for ReadError {
    fn from(failed: Failed) -> Self {
        failed.error
    }
}
