//! A straight track: constant rates, a disk that costs nothing, and one thing that is wrong. What a download takes there
//! can be worked out by hand, so times and waste are held to numbers.
//!
//! In: settings, and what the server does with each request. Out: the time it took, and what was requested for it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use byteranges::download::{
    Action, AskId, Asked, Download, Event, Failure, Fetch, Head, Placement, Precondition, Report, Settings,
};
use byteranges::{ByteRange, ByteSet, ContentRange, EntityTag};

pub const MIB: u64 = 1024 * 1024;
/// How long the driver waits for the end of what a digest covers.
const DIGEST_PATIENCE: Duration = Duration::from_secs(2);

/// How one request is answered.
#[derive(Clone, Debug)]
pub struct Reply {
    pub head: Head,
    /// Where the content really is from, whatever the head says.
    pub first: u64,
    pub length: u64,
    /// Which version it is of.
    pub version: u64,
    /// Octets after which it breaks off.
    pub cut: Option<u64>,
    /// Octets after which nothing comes any more.
    pub stall: Option<u64>,
    /// Whether it carries a Content-Digest, and whether that matches.
    pub digest: Option<bool>,
    /// Octets per second.
    pub rate: u64,
    /// Time to the head.
    pub delay: Duration,
}

/// What a request is answered by: the number of the request, and the request.
pub type Script<'a> = Box<dyn FnMut(u64, &Fetch) -> Reply + 'a>;

/// A server that does everything right.
#[derive(Clone, Debug)]
pub struct Honest {
    pub length: u64,
    pub rate: u64,
    pub tag: Option<&'static str>,
    pub delay: Duration,
}

impl Honest {
    pub fn new(length: u64, rate: u64) -> Self {
        Self { length, rate, tag: Some("v1"), delay: Duration::from_millis(2) }
    }

    pub fn reply(&self, fetch: &Fetch) -> Reply {
        let own = self.tag.and_then(|tag| EntityTag::strong(tag.as_bytes()));
        let same = |tag: &EntityTag| own.as_ref().is_some_and(|own| own.strong_eq(tag));
        let range = match fetch.range {
            Asked::Whole => None,
            Asked::From(first) => ByteRange::new(first, self.length - 1),
            Asked::Range(range) => ByteRange::new(range.first(), range.last().min(self.length - 1)),
        };
        match &fetch.precondition {
            Precondition::IfMatch(tag) if !same(tag) => self.status(412),
            Precondition::IfRange(tag) if !same(tag) => self.whole(),
            _ => range.map_or_else(|| self.whole(), |range| self.part(range)),
        }
    }

    pub fn whole(&self) -> Reply {
        let mut reply = self.status(200);
        reply.length = self.length;
        reply.head.content_length = Some(self.length);
        reply
    }

    pub fn part(&self, range: ByteRange) -> Reply {
        let mut reply = self.status(206);
        (reply.first, reply.length) = (range.first(), range.length());
        reply.head.content_length = Some(range.length());
        self.place(&mut reply, range.first());
        reply
    }

    /// Says that the content begins there.
    pub fn place(&self, reply: &mut Reply, first: u64) {
        let Some(range) = ByteRange::with_length(first, reply.length) else { return };
        let complete_length = Some(self.length);
        reply.head.placement = Placement::Valid(ContentRange::Range { range, complete_length });
    }

    pub fn status(&self, status: u16) -> Reply {
        let etag = self.tag.and_then(|tag| EntityTag::strong(tag.as_bytes()));
        let head = Head {
            status,
            content_length: Some(0),
            placement: Placement::Absent,
            multipart: false,
            coded: false,
            has_etag: etag.is_some(),
            etag,
            last_modified: None,
            date: None,
            retry_after: None,
            redirected: false,
            digested: false,
        };
        let (rate, delay) = (self.rate, self.delay);
        Reply { head, first: 0, length: 0, version: 1, cut: None, stall: None, digest: None, rate, delay }
    }
}

/// What it took.
#[derive(Debug)]
pub struct Lap {
    pub report: Report,
    pub time: Duration,
    /// Requests that were under way beside each other, at most.
    pub most: usize,
    /// The furthest that an octet was placed beyond the first missing one.
    pub ahead: u64,
    /// Which versions the octets in the file are of.
    pub versions: BTreeSet<u64>,
    /// Octets of the file that are not what belongs there.
    pub wrong: u64,
    /// For each file begun, whether the one before was to be kept.
    pub kept_old: Vec<bool>,
    /// When each request was sent, its path and what it asked for.
    pub requests: Vec<(Duration, usize, Asked)>,
}

struct Connection {
    path: usize,
    reply: Reply,
    begins: Duration,
    told: bool,
    sent: u64,
    /// Where the next octet to be placed is really from.
    at: u64,
}

/// The state of a run.
pub struct Track<'a> {
    download: Download,
    script: Script<'a>,
    connections: BTreeMap<AskId, Connection>,
    /// What is in the file: which octets belong where they are, of each version, and which do not.
    file: BTreeMap<u64, ByteSet>,
    misplaced: ByteSet,
    arrived: ByteSet,
    now: Duration,
    lap: Lap,
    /// Octets that each path takes in a second together, where that is limited.
    pub links: Vec<u64>,
    /// What else happens, and when.
    pub events: Vec<(Duration, Event)>,
    /// How many connections the server bears, and what more of them get: an answer, or none.
    pub bears: Option<(usize, Option<Reply>)>,
}

/// Time goes on in steps of this.
const TICK: Duration = Duration::from_millis(1);

impl<'a> Track<'a> {
    pub fn new(settings: Settings, script: Script<'a>) -> Self {
        Self::with(Download::new(settings, None), script)
    }

    pub fn with(download: Download, script: Script<'a>) -> Self {
        let report = Report {
            outcome: Err(byteranges::download::Fault::Unreachable),
            generation: 0,
            identity: None,
            counts: download.counts(),
        };
        let lap = Lap {
            report,
            time: Duration::ZERO,
            most: 0,
            ahead: 0,
            versions: BTreeSet::new(),
            wrong: 0,
            kept_old: Vec::new(),
            requests: Vec::new(),
        };
        Self {
            download,
            script,
            connections: BTreeMap::new(),
            file: BTreeMap::new(),
            misplaced: ByteSet::new(),
            arrived: ByteSet::new(),
            now: Duration::ZERO,
            lap,
            links: Vec::new(),
            events: Vec::new(),
            bears: None,
        }
    }

    /// Runs until the machine says that it is done, or a minute has gone by.
    pub fn run(mut self) -> Lap {
        while self.now < Duration::from_secs(60) {
            if let Some(report) = self.poll() {
                self.lap.time = self.now;
                self.lap.report = report;
                self.lap.wrong = self.misplaced.octets();
                let versions = self.file.iter().filter(|(_, octets)| !octets.is_empty());
                self.lap.versions = versions.map(|(version, _)| *version).collect();
                return self.lap;
            }
            self.now += TICK;
            let (due, later) = self.events.drain(..).partition(|(when, _)| *when <= self.now);
            self.events = later;
            let due: Vec<_> = due;
            for (_, event) in due {
                if let Event::PathDown { path } = event {
                    self.connections.retain(|_, connection| connection.path != path);
                }
                self.download.handle(event, self.now);
            }
            self.deliver();
        }
        panic!("not done after a minute: {:?}", self.download.lanes().collect::<Vec<_>>());
    }

    fn poll(&mut self) -> Option<Report> {
        loop {
            let now = self.now;
            match self.download.poll(now) {
                Action::Fetch(fetch) => self.fetch(fetch),
                Action::Stop { ask } => drop(self.connections.remove(&ask)),
                Action::Skip { ask, count } => self.connections.get_mut(&ask).unwrap().at += count,
                Action::Compare { ask, range } => {
                    let connection = self.connections.get_mut(&ask).unwrap();
                    let same = self.file.get(&connection.reply.version).is_some_and(|own| own.covers(range));
                    let equal = same && connection.at == range.first();
                    connection.at += range.length();
                    self.download.handle(Event::Compared { ask, range, equal }, now);
                }
                Action::Write { generation, ask, range } => {
                    self.write(ask, range);
                    self.download.handle(Event::Written { generation, ask, range }, now);
                }
                Action::StartFile { generation, keep_old, .. } => {
                    self.lap.kept_old.push(keep_old);
                    self.file.clear();
                    (self.arrived, self.misplaced) = (ByteSet::new(), ByteSet::new());
                    self.download.handle(Event::FileReady { generation }, now);
                }
                Action::Sync { generation } => self.download.handle(Event::Synced { generation }, now),
                Action::Verify { .. } => {
                    let others = self.file.iter().any(|(version, own)| *version != 1 && !own.is_empty());
                    let matches = !others && self.misplaced.is_empty();
                    self.download.handle(Event::Verified { matches }, now);
                }
                Action::Record { .. } | Action::AdoptFile { .. } => {}
                Action::Wait { .. } => return None,
                Action::Done(report) => return Some(*report),
            }
        }
    }

    fn fetch(&mut self, fetch: Fetch) {
        let number = self.lap.requests.len() as u64;
        self.lap.requests.push((self.now, fetch.path, fetch.range));
        let mut reply = (self.script)(number, &fetch);
        if let Some((most, refusal)) = &self.bears
            && self.connections.values().filter(|other| other.reply.length > 0).count() >= *most
        {
            let Some(refusal) = refusal else {
                let failed = Event::Failed { ask: fetch.ask, failure: Failure::Connect };
                return self.events.push((self.now + TICK, failed));
            };
            reply = refusal.clone();
        }
        let (begins, at) = (self.now + reply.delay, reply.first);
        let connection = Connection { path: fetch.path, reply, begins, told: false, sent: 0, at };
        self.connections.insert(fetch.ask, connection);
        self.lap.most = self.lap.most.max(self.connections.len());
    }

    fn write(&mut self, ask: AskId, range: ByteRange) {
        let connection = self.connections.get_mut(&ask).unwrap();
        self.misplaced.remove(range);
        self.file.values_mut().for_each(|octets| octets.remove(range));
        if connection.at == range.first() {
            self.file.entry(connection.reply.version).or_default().insert(range);
        } else {
            self.misplaced.insert(range);
        }
        connection.at += range.length();
        self.arrived.insert(range);
        let end = range.half_open().end;
        self.lap.ahead = self.lap.ahead.max(end.saturating_sub(self.arrived.first_missing(0)));
    }

    /// Lets come what comes in one tick.
    fn deliver(&mut self) {
        let asks: Vec<_> = self.connections.keys().copied().collect();
        let mut left: Vec<_> = self.links.iter().map(|rate| rate / 1000).collect();
        for ask in asks {
            let busy = |path| self.connections.values().filter(|other| other.path == path).count() as u64;
            let Some(connection) = self.connections.get(&ask) else { continue };
            let path = connection.path;
            let fair = self.links.get(path).map_or(u64::MAX, |rate| rate / 1000 / busy(path));
            let most = left.get(path).copied().unwrap_or(u64::MAX).min(fair);
            let taken = self.deliver_one(ask, most);
            if let Some(left) = left.get_mut(path) {
                *left -= taken;
            }
        }
    }

    fn deliver_one(&mut self, ask: AskId, most: u64) -> u64 {
        let now = self.now;
        let Some(connection) = self.connections.get_mut(&ask).filter(|connection| connection.begins <= now)
        else {
            return 0;
        };
        if !connection.told {
            connection.told = true;
            let mut head = Box::new(connection.reply.head.clone());
            head.digested = connection.reply.digest.is_some();
            self.download.handle(Event::Head { ask, head }, now);
            return 0;
        }
        let reply = &connection.reply;
        let end = reply.length.min(reply.cut.unwrap_or(u64::MAX)).min(reply.stall.unwrap_or(u64::MAX));
        let due = u64::try_from((now - connection.begins).as_micros()).unwrap() * reply.rate / 1_000_000;
        let count = due.min(end).saturating_sub(connection.sent).min(most);
        if count > 0 {
            connection.sent += count;
            self.download.handle(Event::Bytes { ask, count }, now);
            if now - connection.begins > DIGEST_PATIENCE && connection.reply.digest.take().is_some() {
                self.download.handle(Event::Undigested { ask }, now);
            }
            return count;
        }
        if connection.sent < end || reply.stall.is_some() {
            return 0;
        }
        if let Some(matches) = reply.digest {
            self.download.handle(Event::Digested { ask, matches }, now);
        }
        let event = if reply.cut.is_some_and(|cut| cut < reply.length) {
            Event::Failed { ask, failure: Failure::Short }
        } else {
            Event::End { ask }
        };
        self.download.handle(event, now);
        self.connections.remove(&ask);
        0
    }
}
