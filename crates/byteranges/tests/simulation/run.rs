//! One seed's world: what happens when, and what must hold at each step.
//!
//! In: a seed and perhaps a mistake. Out: how it ended, or what went wrong, with a trace.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};
use std::time::Duration;

use byteranges::download::{
    Action, AskId, Assurance, Download, Event, Failure, Fault, Fetch, Lanes, OnChange, PathSettings,
    Precondition, Report, Settings,
};
use byteranges::{ByteRange, ByteSet, EntityTag};

use super::bug::{Bug, Tamper, is_over};
use super::disk::Files;
use super::random::Random;
use super::server::{Answer, Server, Tags, Traits};

/// When faults stop.
const CALM: Duration = Duration::from_secs(20);
/// How long after that everything has to be over.
const PATIENCE: Duration = Duration::from_secs(1200);
/// Polls in one run: more is a machine that turns on the spot.
const POLLS_MAX: u64 = 200_000;

/// What a run that went well did.
#[derive(Clone, Copy, Debug, Default)]
pub struct Summary {
    pub rung: Option<Assurance>,
    pub processes: u64,
    pub requests: u64,
    pub hedged: u64,
    pub stolen: u64,
    pub restarts: u64,
    pub honest_errors: u64,
    pub virtual_time: Duration,
}

/// What went wrong, and what led to it.
#[derive(Debug)]
pub struct Violation {
    pub message: String,
    pub trace: Vec<String>,
}

#[derive(Debug)]
enum Occurrence {
    Head(AskId),
    Chunk(AskId),
    Tell(Event),
    Write { generation: u32, ask: AskId, range: ByteRange, octets: Vec<u8> },
    Synced { generation: u32, fails: bool },
    Recorded { generation: u32, length: usize },
    File(Box<Files>),
    Wake,
    Start,
    Replace,
    Kill { power: bool },
    Path { path: usize, up: bool },
}

struct Connection {
    fetch: Fetch,
    answer: Answer,
    delivered: usize,
    /// Octets told to the machine, and not placed.
    buffer: VecDeque<u8>,
    /// Whether nothing more will come.
    over: bool,
}

struct Fact {
    precondition: bool,
    strong_tag: Option<EntityTag>,
}

pub struct World {
    random: Random,
    now: Duration,
    sequence: u64,
    queue: BinaryHeap<Reverse<(Duration, u64, u64)>>,
    occurrences: BTreeMap<u64, Occurrence>,
    process: u64,
    servers: Vec<Server>,
    files: Option<Files>,
    download: Option<Download>,
    settings: Settings,
    connections: BTreeMap<AskId, Connection>,
    facts: BTreeMap<(u32, AskId), Fact>,
    pauses: BTreeMap<u16, Duration>,
    links: Vec<bool>,
    /// What each answer was held against, and was equal.
    compared: BTreeMap<(u32, AskId), ByteSet>,
    tamper: Tamper,
    trace: Option<Vec<String>>,
    polls: u64,
    wake: Option<Duration>,
    file_begins: Duration,
    ends_after_calm: u32,
    summary: Summary,
    target: usize,
    done: bool,
}

type Step = Result<(), String>;

/// Runs a seed; a violation is run again with a trace.
pub fn run(seed: u64, bug: Option<Bug>) -> Result<Summary, Violation> {
    World::new(seed, bug, false).finish().map_err(|(message, _)| {
        let again = World::new(seed, bug, true).finish();
        let trace = again.err().map(|(_, trace)| trace).unwrap_or_default();
        Violation { message, trace }
    })
}

fn draw_settings(random: &mut Random, traits: &Traits) -> Settings {
    let count = random.pick(&[1, 1, 2, 3]);
    let paths = (0..count).map(|path| PathSettings { source: u16::from(path == 2), budget: None }).collect();
    let strong = traits.tags == Tags::Strong;
    Settings {
        paths,
        lanes: if random.chance(50) {
            Lanes::Fixed(random.between(1, 5) as usize)
        } else {
            Lanes::Auto(random.between(1, 6) as usize)
        },
        assurance: match random.below(10) {
            0 if !strong => Assurance::LengthOnly,
            0..4 => Assurance::Overlap,
            _ => Assurance::Compared,
        },
        on_change: match random.below(10) {
            0 => OnChange::Fail,
            1 => OnChange::KeepBoth,
            _ => OnChange::Restart,
        },
        max_segment: if random.chance(20) {
            std::num::NonZeroU64::new(random.between(300, 3000))
        } else {
            None
        },
        window: if random.chance(15) { std::num::NonZeroU64::new(random.between(500, 4000)) } else { None },
        min_segment: random.between(100, 800),
        overlap: 64,
        lead: 128,
        sync_octets: random.between(500, 4000),
        sync_interval: Duration::from_millis(random.between(50, 800)),
        hedge_permille: random.pick(&[0, 50, 200]),
        retries: 6,
        backoff_max: Duration::from_secs(5),
        verify: random.chance(10),
        ..Settings::default()
    }
}

impl World {
    fn new(seed: u64, bug: Option<Bug>, traced: bool) -> Self {
        let mut random = Random::new(seed);
        let traits = Traits::draw(&mut random);
        let settings = draw_settings(&mut random, &traits);
        let length = random.pick(&[0, 1, 100, 2500, 6000, 9000, 12_000, 12_000]);
        let mut servers = vec![Server::new(traits, length, 0, &mut random)];
        // A mirror has the same file under the same tag, or something else under another.
        let mut mirror = servers[0].clone();
        if random.chance(50) {
            let traits = Traits::draw(&mut random);
            mirror = Server::new(traits, length, 1, &mut random);
        }
        servers.push(mirror);
        let links = vec![true; settings.paths.len()];
        let mut world = Self {
            random,
            now: Duration::ZERO,
            sequence: 0,
            queue: BinaryHeap::new(),
            occurrences: BTreeMap::new(),
            process: 0,
            servers,
            files: None,
            download: None,
            settings,
            connections: BTreeMap::new(),
            facts: BTreeMap::new(),
            pauses: BTreeMap::new(),
            links,
            compared: BTreeMap::new(),
            tamper: Tamper::new(bug),
            trace: traced.then(Vec::new),
            polls: 0,
            wake: None,
            file_begins: Duration::ZERO,
            ends_after_calm: 0,
            summary: Summary::default(),
            target: 0,
            done: false,
        };
        world.plan();
        world
    }

    /// Decides beforehand what the world does by itself.
    fn plan(&mut self) {
        self.at(Duration::ZERO, Occurrence::Start);
        let moment = |random: &mut Random| Duration::from_millis(random.between(10, CALM.as_millis() as u64));
        let early = |random: &mut Random| Duration::from_millis(random.between(10, 4000));
        for _ in 0..self.random.pick(&[0, 0, 1, 1, 2, 4]) {
            let when = early(&mut self.random);
            self.at(when, Occurrence::Replace);
        }
        for _ in 0..self.random.pick(&[0, 0, 1, 2, 5]) {
            let when = early(&mut self.random);
            let power = self.random.chance(50);
            self.at(when, Occurrence::Kill { power });
        }
        if self.random.chance(20) {
            let when = early(&mut self.random);
            self.at(when, Occurrence::Tell(Event::Interrupted));
        }
        for path in 0..self.links.len() {
            if self.random.chance(20) {
                let (down, up) = (early(&mut self.random), moment(&mut self.random));
                self.at(down, Occurrence::Path { path, up: false });
                self.at(down + up, Occurrence::Path { path, up: true });
            }
            self.at(CALM, Occurrence::Path { path, up: true });
        }
    }

    fn at(&mut self, when: Duration, occurrence: Occurrence) {
        self.sequence += 1;
        self.queue.push(Reverse((when, self.sequence, self.process)));
        self.occurrences.insert(self.sequence, occurrence);
    }

    fn after(&mut self, millis: u64, occurrence: Occurrence) {
        self.at(self.now + Duration::from_millis(millis), occurrence);
    }

    fn note(&mut self, what: impl FnOnce() -> String) {
        let now = self.now;
        if let Some(trace) = &mut self.trace {
            trace.push(format!("{:>9.3} {}", now.as_secs_f64(), what()));
        }
    }

    fn has_faults(&self) -> bool {
        self.now < CALM
    }

    fn finish(mut self) -> Result<Summary, (String, Vec<String>)> {
        while let Some(Reverse((when, number, process))) = self.queue.pop() {
            let Some(occurrence) = self.occurrences.remove(&number) else { continue };
            self.now = when;
            let of_the_world = matches!(
                occurrence,
                Occurrence::Replace | Occurrence::Kill { .. } | Occurrence::Path { .. } | Occurrence::Start
            ) || matches!(occurrence, Occurrence::Tell(Event::Interrupted));
            if process != self.process && !of_the_world {
                continue;
            }
            let step = if when > CALM + PATIENCE {
                Err("faults have stopped long ago, and it is not done".to_owned())
            } else {
                self.happen(occurrence).and_then(|()| self.drive())
            };
            if let Err(message) = step {
                return Err((message, self.trace.unwrap_or_default()));
            }
            if self.done {
                self.summary.virtual_time = self.now;
                return Ok(self.summary);
            }
        }
        Err(("nothing will ever happen again, and it is not done".to_owned(), self.trace.unwrap_or_default()))
    }

    fn happen(&mut self, occurrence: Occurrence) -> Step {
        if !matches!(occurrence, Occurrence::Chunk(_) | Occurrence::Wake) {
            self.note(|| {
                let text = format!("{occurrence:?}");
                text.chars().take(300).collect()
            });
        }
        match occurrence {
            Occurrence::Start => self.start()?,
            Occurrence::Head(ask) => self.head(ask),
            Occurrence::Chunk(ask) => self.chunk(ask),
            Occurrence::Tell(event) => self.tell(event),
            Occurrence::Write { generation, ask, range, octets } => {
                if let Some(files) = self.files.as_mut().filter(|files| files.generation == generation) {
                    files.write(range, &octets, ask);
                }
                self.tell(Event::Written { generation, ask, range });
            }
            Occurrence::Synced { generation, fails } => self.synced(generation, fails),
            Occurrence::Recorded { generation, length } => {
                if let Some(files) = self.files.as_mut().filter(|files| files.generation == generation) {
                    files.journal_durable = files.journal_durable.max(length);
                }
            }
            Occurrence::File(files) => {
                let generation = files.generation;
                match &mut self.files {
                    Some(old) if self.tamper.has(Bug::NewVersionInOldFile) => old.generation = generation,
                    own => *own = Some(*files),
                }
                self.tell(Event::FileReady { generation });
            }
            Occurrence::Wake => self.wake = None,
            Occurrence::Replace => {
                let now = self.now;
                let (main, mirrors) = self.servers.split_at_mut(1);
                main[0].replace(None, now, &mut self.random);
                if mirrors[0].mirror == 0 {
                    // A true mirror follows, at once here: it would be another version under the same tag otherwise.
                    let version = main[0].versions.last().cloned();
                    mirrors[0].versions.extend(version);
                }
            }
            Occurrence::Kill { power } => self.kill(power),
            Occurrence::Path { path, up } => {
                self.links[path] = up;
                if !up {
                    self.connections.retain(|_, connection| connection.fetch.path != path);
                }
                self.tell(if up { Event::PathUp { path } } else { Event::PathDown { path } });
            }
        }
        Ok(())
    }

    fn tell(&mut self, event: Event) {
        let now = self.now;
        if let Some(download) = &mut self.download {
            download.handle(event, now);
        }
    }

    fn start(&mut self) -> Step {
        if self.download.is_some() {
            return Ok(());
        }
        self.summary.processes += 1;
        let now_there = {
            let server = &self.servers[0];
            EntityTag::strong(format!("m0-v{}", server.versions.len() - 1).as_bytes())
        };
        let journal = match &mut self.files {
            Some(files) if self.tamper.has(Bug::TornTailKept) => {
                byteranges::download::Journal::read(&files.journal)
            }
            Some(files) => files.open(),
            None => None,
        };
        if let (Some(files), Some(journal)) = (&self.files, &journal) {
            for held in &journal.held {
                check_held(files, &journal.identity.etag, held.range, &self.servers)?;
            }
        }
        let journal = self.tamper.journal(journal, now_there);
        self.tamper.forget();
        self.target = self.servers[0].versions.len() - 1;
        // Each process is told another URL, as when a link has expired.
        self.settings.url = Some(format!("http://server.example/link {}", self.summary.processes));
        let mut settings = self.settings.clone();
        if self.tamper.has(Bug::NewUrlForgotten) && journal.is_some() {
            settings.url = None;
        }
        let mut download = Download::new(settings, journal);
        for (path, up) in self.links.iter().enumerate() {
            if !up {
                download.handle(Event::PathDown { path }, self.now);
            }
        }
        self.download = Some(download);
        Ok(())
    }

    fn kill(&mut self, power: bool) {
        if power && let Some(files) = &mut self.files {
            files.lose_power(&mut self.random);
        }
        self.restart();
    }

    fn restart(&mut self) {
        self.process += 1;
        self.download = None;
        self.connections.clear();
        // A new process knows nothing of the pauses that the old one was asked for.
        self.pauses.clear();
        self.wake = None;
        self.after(500, Occurrence::Start);
    }

    fn head(&mut self, ask: AskId) {
        let Some(connection) = self.connections.get(&ask) else { return };
        let head = connection.answer.head.clone();
        let interval = connection.answer.interval;
        let source = self.settings.paths[connection.fetch.path].source;
        if matches!(head.status, 429 | 503)
            && let Some(after) = self.asked_pause(ask)
        {
            let until = self.now + after;
            let pause = self.pauses.entry(source).or_default();
            *pause = (*pause).max(until);
        }
        self.tell(Event::Head { ask, head: Box::new(head) });
        self.at(self.now + interval, Occurrence::Chunk(ask));
    }

    /// The Retry-After that was really sent, whatever the machine saw of it.
    fn asked_pause(&self, ask: AskId) -> Option<Duration> {
        self.connections.get(&ask).and_then(|connection| connection.answer.retry_after)
    }

    fn chunk(&mut self, ask: AskId) {
        let cut_is_end = self.tamper.has(Bug::CutTakenForEnd);
        let Some(connection) = self.connections.get_mut(&ask) else { return };
        let answer = &connection.answer;
        let end = answer.cut.unwrap_or(answer.body.len()).min(answer.body.len());
        let count = answer.chunk.min(end - connection.delivered);
        if count > 0 {
            let octets = &answer.body[connection.delivered..connection.delivered + count];
            connection.buffer.extend(octets);
            connection.delivered += count;
            let interval = answer.interval;
            self.tell(Event::Bytes { ask, count: count as u64 });
            return self.at(self.now + interval, Occurrence::Chunk(ask));
        }
        let (is_cut, is_silent) = (answer.cut.is_some(), answer.silent);
        if is_silent {
            return;
        }
        connection.over = true;
        if let Some(matches) = connection.answer.digest.filter(|_| !is_cut) {
            self.tell(Event::Digested { ask, matches });
        }
        let event = if is_cut && !cut_is_end {
            Event::Failed { ask, failure: Failure::Short }
        } else {
            Event::End { ask }
        };
        self.tell(event);
    }

    fn synced(&mut self, generation: u32, fails: bool) {
        let ignored = self.tamper.has(Bug::SyncErrorIgnored);
        let lie = self.tamper.has(Bug::JournalAheadOfData);
        if let Some(files) = self.files.as_mut().filter(|files| files.generation == generation && !lie) {
            if fails {
                // What could not be written is dropped, and later syncs say nothing of it.
                files.dirty = byteranges::ByteSet::new();
            } else {
                files.sync();
            }
        }
        self.tell(if fails && !ignored { Event::DiskFailed } else { Event::Synced { generation } });
    }

    /// Polls until there is nothing more to do now.
    fn drive(&mut self) -> Step {
        while let Some(download) = &mut self.download {
            self.polls += 1;
            if self.polls > POLLS_MAX {
                return Err("the machine turns on the spot".to_owned());
            }
            let action = download.poll(self.now);
            match action {
                Action::Wait { until } => {
                    if let Some(until) = until.filter(|until| self.wake.is_none_or(|wake| *until < wake)) {
                        self.wake = Some(until);
                        self.at(until, Occurrence::Wake);
                    }
                    return Ok(());
                }
                Action::Done(report) => return self.end(*report),
                action => self.perform(action)?,
            }
        }
        Ok(())
    }

    fn perform(&mut self, action: Action) -> Step {
        self.note(|| format!("  -> {}", format!("{action:?}").chars().take(300).collect::<String>()));
        match action {
            Action::Fetch(fetch) => self.fetch(fetch)?,
            Action::Stop { ask } => drop(self.connections.remove(&ask)),
            Action::Write { generation, ask, range } => self.write(generation, ask, range)?,
            Action::Skip { ask, count } => drop(self.take(ask, count)?),
            Action::Compare { ask, range } => self.compare(ask, range)?,
            Action::StartFile { generation, journal, .. } => {
                self.tamper.forget();
                // Files are begun in order: the later one replaces the earlier.
                let delay = Duration::from_millis(self.random.between(1, 60));
                self.file_begins = self.file_begins.max(self.now) + delay;
                self.at(self.file_begins, Occurrence::File(Box::new(Files::new(generation, journal))));
            }
            Action::Sync { generation } => {
                let fails = self.has_faults() && self.random.chance(1);
                let delay = self.random.between(1, 80);
                self.after(delay, Occurrence::Synced { generation, fails });
            }
            Action::Record { generation, octets } => self.record(generation, &octets)?,
            Action::Verify { .. } => {
                let content = &self.servers[0].versions[self.target].content;
                let matches = self.files.as_ref().is_some_and(|files| files.cache == *content);
                self.after(5, Occurrence::Tell(Event::Verified { matches }));
            }
            Action::Wait { .. } | Action::Done(_) => {}
        }
        Ok(())
    }

    fn fetch(&mut self, fetch: Fetch) -> Step {
        let now = self.now;
        let source = self.settings.paths[fetch.path].source;
        if self.pauses.get(&source).is_some_and(|until| !is_over(*until, now)) {
            return Err(format!("asked source {source} again before its Retry-After was over"));
        }
        if !self.links[fetch.path] {
            return Err("asked by a link that is down".to_owned());
        }
        let busy =
            self.connections.values().filter(|other| other.fetch.path == fetch.path && !other.over).count();
        let most = match self.settings.lanes {
            Lanes::Auto(most) | Lanes::Fixed(most) => most,
        };
        if busy >= most {
            return Err(format!("{busy} lanes and one more on path {}", fetch.path));
        }
        let faults = self.has_faults();
        let mut answer = self.servers[usize::from(source)].answer(&fetch, faults, now, &mut self.random);
        answer.retry_after = answer.head.retry_after;
        let is_hedge = self.connections.values().any(|other| {
            let positions = |fetch: &Fetch| match fetch.range {
                byteranges::download::Asked::Range(range) => Some(range),
                _ => None,
            };
            positions(&fetch).zip(positions(&other.fetch)).is_some_and(|(one, two)| one.gap_to(two) == 0)
        });
        let strong_tag = answer.head.etag.clone().filter(|tag| !tag.is_weak());
        self.tamper.answer(&fetch, &mut answer, is_hedge);
        let precondition = matches!(fetch.precondition, Precondition::IfMatch(_) | Precondition::IfRange(_));
        self.facts.insert((0, fetch.ask), Fact { precondition, strong_tag });
        let ask = fetch.ask;
        if faults && self.random.chance(3) {
            let failed = Event::Failed { ask, failure: Failure::Connect };
            self.after(20, Occurrence::Tell(failed));
        } else {
            self.at(now + answer.delay, Occurrence::Head(ask));
        }
        let summary = format!(
            "     {} {:?} cut {:?} version {} tag {:?}",
            answer.head.status, answer.head.placement, answer.cut, answer.version, answer.head.etag
        );
        self.note(|| summary);
        self.connections
            .insert(ask, Connection { fetch, answer, delivered: 0, buffer: VecDeque::new(), over: false });
        Ok(())
    }

    fn take(&mut self, ask: AskId, count: u64) -> Result<Vec<u8>, String> {
        // A connection may be gone with its link; what it had delivered is gone too, and was told so.
        let connection =
            self.connections.get_mut(&ask).ok_or_else(|| format!("{ask} has no octets to place"))?;
        let count = count as usize;
        if connection.buffer.len() < count || count == 0 {
            return Err(format!(
                "{count} octets of request {ask} placed, {} are there",
                connection.buffer.len()
            ));
        }
        Ok(connection.buffer.drain(..count).collect())
    }

    fn write(&mut self, generation: u32, ask: AskId, range: ByteRange) -> Step {
        let octets = self.take(ask, range.length())?;
        if self.files.as_ref().is_none_or(|files| files.generation != generation) {
            return Err("a write to a file that is not there".to_owned());
        }
        let delay = self.random.between(0, 30);
        self.after(delay, Occurrence::Write { generation, ask, range, octets });
        Ok(())
    }

    fn compare(&mut self, ask: AskId, range: ByteRange) -> Step {
        let octets = self.take(ask, range.length())?;
        let files = self.files.as_ref().ok_or("a comparison without a file")?;
        let span = range.first() as usize..range.half_open().end as usize;
        if files.origin.get(span.clone()).is_none_or(|octets| octets.iter().any(Option::is_none)) {
            return Err(format!("{range} is compared and was never written"));
        }
        let equal = files.cache[span] == octets || self.tamper.has(Bug::ComparisonIgnored);
        if equal {
            let generation = files.generation;
            self.compared.entry((generation, ask)).or_default().insert(range);
        }
        self.after(1, Occurrence::Tell(Event::Compared { ask, range, equal }));
        Ok(())
    }

    fn record(&mut self, generation: u32, octets: &[u8]) -> Step {
        let Some(files) = self.files.as_mut() else { return Err("a record without a file".to_owned()) };
        if files.generation != generation {
            return Err("a record for a file that is not there".to_owned());
        }
        files.append(octets);
        let length = files.journal.len();
        let journal =
            byteranges::download::Journal::read(&files.journal).ok_or("a journal that cannot be read")?;
        if journal.good != length && !self.tamper.has(Bug::NewVersionInOldFile) {
            return Err("a journal whose last record cannot be read".to_owned());
        }
        if journal.url != self.settings.url {
            return Err(format!("the journal names {:?}, not where it is fetched from now", journal.url));
        }
        for held in &journal.held {
            check_held(files, &journal.identity.etag, held.range, &self.servers)?;
        }
        let delay = self.random.between(1, 40);
        self.after(delay, Occurrence::Recorded { generation, length });
        Ok(())
    }

    /// Judges the end of a process.
    fn end(&mut self, mut report: Report) -> Step {
        self.note(|| format!("  == {report:?}"));
        self.tamper.report(&mut report);
        self.summary.requests += report.counts.requests;
        self.summary.hedged += report.counts.hedged;
        self.summary.stolen += report.counts.stolen;
        self.summary.restarts += u64::from(report.counts.restarts);
        match report.outcome {
            Ok(rung) => {
                self.judge(rung, &report)?;
                self.summary.rung = Some(rung);
                self.done = true;
                Ok(())
            }
            Err(fault) => self.failed(fault),
        }
    }

    fn failed(&mut self, fault: Fault) -> Step {
        self.summary.honest_errors += 1;
        if !self.has_faults() {
            self.ends_after_calm += 1;
            if self.ends_after_calm == 4 {
                // The user gives up what is held, and begins anew.
                self.files = None;
            }
            let restless = |server: &Server| matches!(server.traits.tags, Tags::PerRequest | Tags::PerNode);
            if fault == Fault::RepresentationChanged
                && self.settings.on_change == OnChange::Fail
                && self.servers.iter().any(restless)
            {
                // Tags that never stay the same are changes without end, and the user wants no change.
                self.done = true;
                return Ok(());
            }
            if self.ends_after_calm > 5 {
                return Err(format!("faults have stopped, and it fails again and again: {fault}"));
            }
        }
        self.restart();
        Ok(())
    }

    /// Whether what is on the disk is what the report says.
    fn judge(&self, rung: Assurance, report: &Report) -> Step {
        let files = self.files.as_ref().ok_or("done without a file")?;
        let length = report.identity.as_ref().and_then(|identity| identity.complete_length);
        if Some(files.cache.len() as u64) != length {
            return Err(format!("{} octets in the file, {length:?} in the report", files.cache.len()));
        }
        if !files.dirty.is_empty() || files.cache != files.durable {
            return Err("done, and not everything is durable".to_owned());
        }
        if rung < self.settings.assurance {
            return Err(format!("{rung} reached, {} wanted", self.settings.assurance));
        }
        let is_one_version = self
            .servers
            .iter()
            .flat_map(|server| &server.versions)
            .any(|version| version.content == files.cache);
        if rung >= Assurance::Compared && !is_one_version {
            return Err(format!("a mix at {rung}"));
        }
        let mut asks: Vec<_> = files.origin.iter().flatten().copied().collect();
        asks.sort_unstable();
        asks.dedup();
        if rung == Assurance::Single && asks.len() > 1 {
            return Err(format!("single, from {} answers", asks.len()));
        }
        if matches!(rung, Assurance::Compared | Assurance::Pinned) {
            self.judge_tags(rung, &asks)?;
        }
        if rung == Assurance::Overlap {
            self.judge_seams(files)?;
        }
        let hedge_limit = length.unwrap_or(0) * self.settings.hedge_permille / 1000;
        if report.counts.hedged > hedge_limit + report.counts.hedged * u64::from(report.counts.restarts) {
            return Err(format!("{} octets hedged, {hedge_limit} allowed", report.counts.hedged));
        }
        Ok(())
    }

    /// Whether each place where two answers meet was compared, on both sides, by one answer.
    fn judge_seams(&self, files: &Files) -> Step {
        let at = |position: u64| ByteRange::with_length(position, 1);
        for (position, pair) in (1_u64..).zip(files.origin.windows(2)) {
            let (Some(before), Some(after)) = (at(position - 1), at(position)) else { continue };
            let holds = |(key, octets): (&(u32, AskId), &ByteSet)| {
                key.0 == files.generation
                    && octets.covers(before)
                    && (Some(key.1) == pair[1] || octets.covers(after))
            };
            if pair[0] != pair[1] && !self.compared.iter().any(holds) {
                return Err(format!("overlap, and nobody compared at {position}"));
            }
        }
        Ok(())
    }

    fn judge_tags(&self, rung: Assurance, asks: &[AskId]) -> Step {
        let facts: Vec<_> = asks.iter().filter_map(|ask| self.facts.get(&(0, *ask))).collect();
        let first = facts.first().and_then(|fact| fact.strong_tag.clone());
        let equal = first.is_some_and(|first| {
            facts.iter().all(|fact| fact.strong_tag.as_ref().is_some_and(|tag| tag.strong_eq(&first)))
        });
        if !equal {
            return Err(format!("{rung}, and not every answer had the same strong tag"));
        }
        let bare = facts.iter().filter(|fact| !fact.precondition).count();
        if rung == Assurance::Pinned && bare > 1 {
            return Err(format!("pinned, and {bare} answers were asked without precondition"));
        }
        Ok(())
    }
}

/// Whether octets that a journal names are durable, and of the version that it names.
fn check_held(files: &Files, etag: &Option<EntityTag>, range: ByteRange, servers: &[Server]) -> Step {
    let span = range.first() as usize..range.half_open().end as usize;
    let Some(durable) = files.durable.get(span.clone()) else {
        return Err(format!("the journal names {range}, past the end of the file"));
    };
    if files.dirty.intersects(range) || files.cache[span.clone()] != *durable {
        return Err(format!("the journal names {range}, which is not durable"));
    }
    let Some(tag) = etag.as_ref().filter(|tag| !tag.is_weak()) else { return Ok(()) };
    let text = String::from_utf8_lossy(tag.as_header_value().as_bytes()).into_owned();
    let mut words = text.trim_matches('"').split('-');
    let number = |word: Option<&str>| word.and_then(|word| word.get(1..)?.parse::<usize>().ok());
    let (mirror, version) = (number(words.next()), number(words.next()));
    let content = servers
        .iter()
        .find(|server| Some(server.mirror as usize) == mirror)
        .and_then(|server| server.versions.get(version?))
        .and_then(|version| version.content.get(span));
    if content == Some(durable) {
        Ok(())
    } else {
        Err(format!("the journal names {range} of {text}, and it is not"))
    }
}
