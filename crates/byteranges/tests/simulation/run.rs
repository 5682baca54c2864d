//! One seed's world: what happens when, and what must hold at each step.
//!
//! In: a seed and perhaps a mistake. Out: how it ended, or what went wrong, with a trace.

mod judge;
mod network;
mod plan;
mod process;
mod storage;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};
use std::time::Duration;

use byteranges::download::{
    Action, AskId, Assurance, Download, Event, Failure, Fault, Fetch, Held, Identity, Journal, Lanes,
    OnChange, PathSettings, Precondition, Proof, Report, Settings,
};
use byteranges::{ByteRange, ByteSet, EntityTag};

use super::bug::{Bug, Tamper, is_over};
use super::disk::Files;
use super::random::Random;
use super::server::{Answer, Server, Tags, Traits};
use plan::{draw_mirror, draw_settings};

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
    pub adopted: u64,
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
    Adopt { generation: u32, journal: Vec<u8> },
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
    /// In which process, and after how many new versions, the machine was told a length or a validator. Before that, a page
    /// in the place of the file is a file like any other.
    told: Option<(u64, u32)>,
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

impl World {
    fn new(seed: u64, bug: Option<Bug>, traced: bool) -> Self {
        let mut random = Random::new(seed);
        let traits = Traits::draw(&mut random);
        let settings = draw_settings(&mut random, &traits);
        let length = random.pick(&[0, 1, 100, 2500, 6000, 9000, 12_000, 12_000]);
        let mut servers = vec![Server::new(traits, length, 0, &mut random)];
        let mirror = draw_mirror(&servers[0], length, &mut random);
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
            told: None,
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
        if world.random.chance(12) {
            world.find();
        }
        world.plan();
        world
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
            // There is one timer, and it was set anew.
            if matches!(occurrence, Occurrence::Wake) && self.wake != Some(when) {
                continue;
            }
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
            Occurrence::Adopt { generation, journal } => {
                if let Some(files) = &mut self.files {
                    files.adopt(generation, journal);
                }
                self.tell(Event::FileReady { generation });
            }
            Occurrence::Wake => self.wake = None,
            Occurrence::Replace => {
                let now = self.now;
                let (main, mirrors) = self.servers.split_at_mut(1);
                main[0].replace(None, now, &mut self.random);
                if mirrors[0].mirror != 1 {
                    // A mirror of this file follows, at once here: it would be another version under the same tag otherwise.
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
        let Some(download) = &mut self.download else { return };
        download.handle(event, now);
        let told = |identity: &Identity| {
            identity.complete_length.is_some() || identity.etag.is_some() || identity.last_modified.is_some()
        };
        if download.identity().is_some_and(told) {
            self.told = Some((self.process, download.counts().restarts));
        }
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
            Action::StartFile { generation, journal, keep_old, .. } => {
                if keep_old != (self.settings.on_change == OnChange::KeepBoth) {
                    return Err(format!("keep the old file: {keep_old}, with {:?}", self.settings.on_change));
                }
                self.tamper.forget();
                // Files are begun in order: the later one replaces the earlier.
                let delay = Duration::from_millis(self.random.between(1, 60));
                self.file_begins = self.file_begins.max(self.now) + delay;
                self.at(self.file_begins, Occurrence::File(Box::new(Files::new(generation, journal))));
            }
            Action::AdoptFile { generation, journal, .. } => {
                self.tamper.forget();
                self.summary.adopted += 1;
                // Pieces have numbers of their own.
                for held in Journal::read(&journal).into_iter().flat_map(|journal| journal.held) {
                    self.facts.remove(&(0, held.ask));
                }
                let delay = Duration::from_millis(self.random.between(1, 60));
                self.file_begins = self.file_begins.max(self.now) + delay;
                self.at(self.file_begins, Occurrence::Adopt { generation, journal });
            }
            Action::Sync { generation } => {
                let fails = self.has_faults() && self.random.chance(1);
                let delay = self.random.between(1, 80);
                self.after(delay, Occurrence::Synced { generation, fails });
            }
            Action::Record { generation, octets } => self.record(generation, &octets)?,
            Action::Verify { .. } => {
                let content = &self.servers[0].versions[self.target].content;
                let matches = self.files.as_ref().is_some_and(|files| files.cache == *content)
                    || self.tamper.has(Bug::DigestIgnored);
                self.after(5, Occurrence::Tell(Event::Verified { matches }));
            }
            Action::Wait { .. } | Action::Done(_) => {}
        }
        Ok(())
    }
}
