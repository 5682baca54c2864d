//! The content of one answer: read, told, and put where the machine says.
//!
//! In: frames, and orders that consume them in order. Out: events, several at a time, and octets in the sink.

use std::future::poll_fn;
use std::task::{Context, Poll};
use std::time::Duration;

use byteranges::download::{AskId, Asked, Event as Told, Fetch};
use leaky_bucket::RateLimiter;
use tokio::time::{Instant, sleep_until};

use super::hold::Hold;
use super::seat::Lane;
use crate::Digest;
use crate::connect::{Answer, Idle};
use crate::digest::{Hasher, fields};
use crate::drive::{Order, Rest, Tell};
use crate::fault::Trouble;
use crate::observe::Event;

/// Octets gathered before they are told: as much as stays in a processor's cache until it is written.
const BATCH: u64 = 256 << 10;
/// How long fewer wait for more to come: nobody notices, and a slow link costs no more than so many turns.
const LINGER: Duration = Duration::from_millis(5);

/// The longest content that is held against its Content-Digest: none of it counts before its end, and no other lane takes
/// a share of it, so it has to be little even for a slow link.
const DIGESTED_MAX: u64 = 1 << 20;
/// How long its end is waited for: what came until then would be fetched again if the process were ended meanwhile, and no
/// other lane may help.
const DIGEST_PATIENCE: Duration = Duration::from_secs(2);

/// Holds an answer whose content is being received.
pub(super) struct Content {
    ask: AskId,
    path: usize,
    pub(super) answer: Answer,
    hold: Hold,
    /// Performed, and not told yet.
    done: Vec<Told>,
    received: u64,
    /// Octets that the rate limit lets be told.
    allowed: u64,
    begun: Instant,
    /// When something was told last.
    told: Option<Instant>,
    /// How reading ended, until that is told.
    end: Option<Told>,
    /// Whether the end was told.
    over: bool,
    /// Why it broke, where it did.
    broken: Option<String>,
    /// What its content must have, and has so far.
    digest: Option<(Digest, Hasher)>,
}

/// What reading led to.
enum Got {
    /// Enough to tell.
    Octets,
    /// Something, and more may be about to come.
    Some,
    End,
    Broken(Trouble),
    /// The engine has orders.
    Orders,
}

/// What orders leave to do.
enum Left {
    GoOn,
    /// The request was given up.
    Stopped,
    /// The next request is waiting.
    Next,
}

impl Content {
    pub(super) fn new(fetch: &Fetch, answer: Answer) -> Self {
        Self {
            ask: fetch.ask,
            path: fetch.path,
            answer,
            hold: Hold::default(),
            done: Vec::new(),
            received: 0,
            allowed: 0,
            begun: Instant::now(),
            told: None,
            end: None,
            over: false,
            broken: None,
            digest: None,
        }
    }

    /// Whether the answer says what digest its content has, and is short enough to be held against it. One that goes on to
    /// the end of the whole never is: it is the one that other lanes take their shares of.
    pub(super) fn expect_digest(&mut self, asked: Asked) -> bool {
        if !matches!(asked, Asked::Range(_)) {
            return false;
        }
        let parts = &self.answer.parts;
        let length = parts.headers.get(http::header::CONTENT_LENGTH);
        let length = length.and_then(|length| length.to_str().ok()?.parse().ok());
        let wanted = fields::content_digest(&parts.headers).into_iter().next();
        self.digest = wanted
            .filter(|_| parts.status.is_success() && length.is_some_and(|length: u64| length <= DIGESTED_MAX))
            .map(|wanted| (wanted.clone(), Hasher::new(wanted.algorithm())));
        self.digest.is_some()
    }

    /// Receives until the end, or until it is given up; returns the connection where it can be used again.
    pub(super) async fn perform(mut self, lane: &mut Lane) -> Option<Idle> {
        loop {
            let left = self.obey(lane);
            let finished = self.over && self.hold.is_empty() && lane.orders.is_empty();
            match left {
                Left::Stopped => return self.give_up(lane),
                Left::Next => return self.leave(lane).await,
                Left::GoOn if finished => return self.leave(lane).await,
                Left::GoOn => {}
            }
            match self.read(lane).await {
                Got::Octets | Got::Some => self.tell(lane),
                Got::Orders => lane.take_orders(),
                Got::End => {
                    self.end = Some(Told::End { ask: self.ask });
                    self.tell(lane);
                }
                Got::Broken(trouble) => {
                    lane.engine.trouble(&trouble.why);
                    self.broken = Some(trouble.why);
                    self.end = Some(Told::Failed { ask: self.ask, failure: trouble.failure });
                    self.tell(lane);
                }
            }
        }
    }

    /// Performs the orders there are, up to the next request.
    fn obey(&mut self, lane: &mut Lane) -> Left {
        while let Some(order) = lane.orders.pop_front() {
            match order {
                Order::Write { generation, range } => {
                    let octets = self.hold.take(range.length());
                    match lane.engine.sink().write(generation, range.first(), &octets) {
                        Ok(()) => self.done.push(Told::Written { generation, ask: self.ask, range }),
                        Err(error) => lane.engine.disk_failed(generation, error),
                    }
                }
                Order::Compare { generation, range } => {
                    let octets = self.hold.take(range.length());
                    match lane.engine.sink().equals(generation, range.first(), &octets) {
                        Ok(equal) => self.done.push(Told::Compared { ask: self.ask, range, equal }),
                        Err(error) => lane.engine.disk_failed(generation, error),
                    }
                }
                Order::Skip { count } => drop(self.hold.take(count)),
                Order::Stop => return Left::Stopped,
                Order::Fetch(_) | Order::Quit => {
                    lane.orders.push_front(order);
                    return Left::Next;
                }
            }
        }
        Left::GoOn
    }

    /// Waits for octets or orders, whichever come first.
    async fn read(&mut self, lane: &Lane) -> Got {
        let window = lane.engine.window();
        let limited = lane.engine.bucket.as_ref();
        loop {
            if let Some(bucket) = limited.filter(|_| self.hold.unreported() > 0) {
                return self.draw(lane, bucket).await;
            }
            let something = self.hold.unreported() > 0 || !self.done.is_empty();
            let closed = self.end.is_some() || self.over || self.hold.len() >= window;
            if closed && something {
                return Got::Octets;
            }
            let due = self.told.map_or_else(Instant::now, |told| told + LINGER);
            let got = tokio::select! {
                biased;
                () = lane.wake.notified() => Got::Orders,
                got = poll_fn(|context| self.gather(context, window, something)), if !closed => got,
                () = sleep_until(due), if something => Got::Octets,
            };
            if !matches!(got, Got::Some) {
                return got;
            }
        }
    }

    /// Draws what was received from the bucket of the rate limit, in portions that it can hold; only that is told. Since
    /// nothing is read meanwhile, the server is slowed down too.
    async fn draw(&mut self, lane: &Lane, bucket: &RateLimiter) -> Got {
        let most = u64::try_from(bucket.max()).unwrap_or(u64::MAX);
        let portion = self.hold.unreported().min(most);
        tokio::select! {
            biased;
            () = lane.wake.notified() => Got::Orders,
            () = bucket.acquire(usize::try_from(portion).unwrap_or(usize::MAX)) => {
                self.allowed = portion;
                Got::Octets
            }
        }
    }

    /// Reads until there is a batch, or nothing more is there at once.
    fn gather(&mut self, context: &mut Context<'_>, window: usize, lingers: bool) -> Poll<Got> {
        while self.hold.unreported() < BATCH && self.hold.len() < window {
            match self.answer.content.poll_octets(context) {
                Poll::Ready(Some(Ok(octets))) => {
                    let count = u64::try_from(octets.len()).unwrap_or(u64::MAX);
                    self.received = self.received.saturating_add(count);
                    if let Some((_, hasher)) = &mut self.digest {
                        hasher.update(&octets);
                    }
                    self.hold.push(octets);
                }
                Poll::Ready(Some(Err(trouble))) => return Poll::Ready(Got::Broken(trouble)),
                Poll::Ready(None) => return Poll::Ready(Got::End),
                Poll::Pending if lingers || self.hold.unreported() == 0 => return Poll::Pending,
                Poll::Pending => return Poll::Ready(Got::Some),
            }
        }
        Poll::Ready(Got::Octets)
    }

    /// Tells what was performed and received; the end only after all octets before it.
    fn tell(&mut self, lane: &mut Lane) {
        let mut events = std::mem::take(&mut self.done);
        let most = if lane.engine.bucket.is_some() { std::mem::take(&mut self.allowed) } else { u64::MAX };
        let count = self.hold.report(most);
        if count > 0 {
            events.push(Told::Bytes { ask: self.ask, count });
        }
        if self.digest.is_some() && self.end.is_none() && self.begun.elapsed() > DIGEST_PATIENCE {
            self.digest = None;
            events.push(Told::Undigested { ask: self.ask });
        }
        let mut rest = Rest::Works;
        let mut notes = Vec::new();
        if self.hold.unreported() == 0
            && let Some(end) = self.end.take()
        {
            if matches!(end, Told::End { .. }) {
                if let Some((wanted, hasher)) = self.digest.take() {
                    let matches = hasher.finish() == wanted;
                    events.push(Told::Digested { ask: self.ask, matches });
                    notes.push(Event::Digested { ask: Some(self.ask.0), matches });
                }
                rest = Rest::Ended;
                notes.push(Event::Ended { ask: self.ask.0, received: self.received });
            }
            events.push(end);
            self.over = true;
        }
        self.told = Some(Instant::now());
        if !events.is_empty() {
            lane.tell(Tell { events, notes, about: None, rest });
        }
    }

    /// Leaves a request that the machine gave up.
    fn give_up(self, lane: &mut Lane) -> Option<Idle> {
        let (ask, received) = (self.ask.0, self.received);
        let note = match self.broken {
            Some(why) => Event::Failed { ask, received, why },
            None => Event::Stopped { ask, received },
        };
        lane.tell_free(self.ask, Some(note), self.done, None);
        None
    }

    /// Leaves a request whose answer ended.
    async fn leave(self, lane: &mut Lane) -> Option<Idle> {
        let idle = match self.broken {
            None if self.over => self.answer.content.into_idle().await,
            _ => None,
        };
        let open = idle.as_ref().map(|_| self.path);
        let note = self.broken.map(|why| Event::Failed { ask: self.ask.0, received: self.received, why });
        lane.tell_free(self.ask, note, self.done, open);
        idle
    }
}
