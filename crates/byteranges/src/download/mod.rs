//! The client's half: a machine that says what to fetch, where to write it, and when it is whole.
//!
//! In: [`Event`]s and the time. Out: [`Action`]s. Sockets, disks, clocks and the octets themselves are the driver's:
//!
//! ```text
//! loop { match download.poll(now) {
//!     Fetch, Stop            => the network's work
//!     Write, Skip, Compare   => place the next octets of one answer
//!     StartFile, AdoptFile, Sync, Record, Verify => the disk's work
//!     Wait                   => until an event or that time
//!     Done                   => report
//! } }
//! ```
//!
//! What it promises: octets are placed by the Content-Range of the answer they came in, and only if its complete length
//! and validator agree with the first answer's; the journal never names an octet that is not durable; the rung that is
//! reported ([`Assurance`]) is never above the weakest answer used; after failures it goes on where it was.
//! `docs/download-machine.md` in the repository tells how the rooms work together.
//!
//! ```
//! use std::time::Duration;
//! use byteranges::{HttpDate, download::{Action, Asked, Assurance, Download, Event, Head, Settings}};
//!
//! let content = b"a small representation";
//! let mut file = vec![0; content.len()];
//! let mut download = Download::new(Settings::default(), None);
//! let mut taken = 0;
//! let report = loop {
//!     match download.poll(Duration::ZERO) {
//!         Action::Fetch(fetch) => {
//!             // A real driver sends `fetch.fields()`; this server answers with everything.
//!             let ask = fetch.ask;
//!             let mut fields = http::HeaderMap::new();
//!             fields.insert("etag", "\"v1\"".parse().unwrap());
//!             fields.insert("content-range", "bytes 0-21/22".parse().unwrap());
//!             let now = HttpDate::from_seconds(1_800_000_000).unwrap();
//!             let head = Head::read(http::StatusCode::PARTIAL_CONTENT, &fields, now);
//!             download.handle(Event::Head { ask, head: Box::new(head) }, Duration::ZERO);
//!             download.handle(Event::Bytes { ask, count: 22 }, Duration::ZERO);
//!             download.handle(Event::End { ask }, Duration::ZERO);
//!         }
//!         Action::StartFile { generation, .. } => download.handle(Event::FileReady { generation }, Duration::ZERO),
//!         Action::Write { generation, ask, range } => {
//!             let span = range.first() as usize..=range.last() as usize;
//!             file[span.clone()].copy_from_slice(&content[taken..taken + span.count()]);
//!             taken += range.length() as usize;
//!             download.handle(Event::Written { generation, ask, range }, Duration::ZERO);
//!         }
//!         Action::Sync { generation } => download.handle(Event::Synced { generation }, Duration::ZERO),
//!         Action::Record { .. } => {}
//!         Action::Done(report) => break report,
//!         other => panic!("{other:?}"),
//!     }
//! };
//! assert_eq!(report.outcome, Ok(Assurance::Single));
//! assert_eq!(&file, content);
//! ```

mod accept;
mod action;
mod answer;
mod assurance;
mod change;
mod content;
mod doubt;
mod event;
mod finish;
mod flow;
mod holdings;
mod identity;
mod journal;
mod lane;
mod mirror;
mod path;
mod place;
mod probe;
mod rate;
mod reject;
mod report;
mod schedule;
mod settings;
mod work;

use std::collections::VecDeque;
use std::time::Duration;

pub use action::{Action, AskId, Asked, Fetch, Precondition};
pub use assurance::{Assurance, Proof};
pub use event::{Event, Failure, Head, Placement};
pub use identity::Identity;
pub use journal::{Held, Journal};
pub use report::{Counts, Fault, Misbehaviour, Report};
pub use settings::{Lanes, OnChange, PathSettings, Settings};

use crate::ByteSet;
use holdings::Holdings;
use lane::Lane;
use path::Path;

/// Fetches one representation: tells what to do, and is told what happened.
///
/// Times are counted from any start that stays the same, such as the start of the process, and never go back.
#[derive(Clone, Debug)]
pub struct Download {
    settings: Settings,
    actions: VecDeque<Action>,
    next_ask: u64,
    lanes: Vec<Lane>,
    paths: Vec<Path>,
    /// What is being fetched; `None` until an answer says so.
    version: Option<Version>,
    /// Versions that were given up for another.
    past: Vec<Identity>,
    generation: u32,
    /// Octets of a file that was found without a journal, until an answer tells whether they fit.
    unproved: Option<u64>,
    /// What earlier answers told that broke off and could not be gone on with: the next has to be of the same version.
    unfinished: Option<Unfinished>,
    /// How often an answer without strong tag was begun again.
    begun_again: u32,
    /// Whether nodes disagree, or this is the last try: one lane, one connection.
    alone: bool,
    /// Why it is ending: nothing more is fetched, and what is held is made durable first.
    ending: Option<Fault>,
    last_sync: Duration,
    /// When free lanes are looked at next, though nothing but arrivals happened.
    look_at: Duration,
    /// Whether anything else has happened since they were.
    unsettled: bool,
    /// Whether they were not looked at since, for it was too early.
    passed_over: bool,
    /// When the last path went away.
    offline_since: Option<Duration>,
    counts: Counts,
    report: Option<Report>,
}

/// One version of the representation, and the file that takes it in.
#[derive(Clone, Debug)]
struct Version {
    identity: Identity,
    source: u16,
    holdings: Holdings,
    journal: journal::Writer,
    /// Whether octets were there already that no journal named.
    adopted: bool,
    mirrors: mirror::Mirrors,
    /// Whether the file is there.
    ready: bool,
    /// A complete length that the journal does not name yet.
    new_length: Option<u64>,
    verifying: bool,
    verified: bool,
}

/// Remembers a version that has to be fetched anew, since nothing may be added to what came of it.
#[derive(Clone, Debug)]
struct Unfinished {
    identity: Identity,
    /// The position after the last octet that came of it.
    end: u64,
}

impl Download {
    /// Begins a download, or goes on with the file that a journal stands beside. For a file without a journal there is
    /// [`with_unproved`](Self::with_unproved).
    ///
    /// A journal whose representation cannot be pinned well enough for [`Settings::assurance`] is passed over; the
    /// download then begins a new file. The driver cuts the journal to [`Journal::good`] before the first action.
    pub fn new(settings: Settings, journal: Option<Journal>) -> Self {
        let paths = settings.paths.iter().map(|path| Path::new(*path, settings.lanes)).collect();
        let generation = journal.as_ref().map_or(0, |journal| journal.generation);
        let mut download = Self {
            settings,
            actions: VecDeque::new(),
            next_ask: 0,
            lanes: Vec::new(),
            paths,
            version: None,
            past: Vec::new(),
            generation,
            unproved: None,
            unfinished: None,
            begun_again: 0,
            alone: false,
            ending: None,
            last_sync: Duration::ZERO,
            look_at: Duration::ZERO,
            unsettled: true,
            passed_over: false,
            offline_since: None,
            counts: Counts::default(),
            report: None,
        };
        if let Some(journal) = journal {
            download.resume(&journal);
        }
        download
    }

    /// Takes in what happened. Never blocks, never fails: what it leads to is told by [`poll`](Self::poll).
    pub fn handle(&mut self, event: Event, now: Duration) {
        if self.report.is_some() {
            return;
        }
        self.unsettled |= !matches!(event, Event::Bytes { .. } | Event::Written { .. });
        match event {
            Event::Head { ask, head } => self.on_head(ask, &head, now),
            Event::Bytes { ask, count } => self.on_bytes(ask, count, now),
            Event::End { ask } => self.on_finish(ask, lane::Finish::Ended),
            Event::Failed { ask, failure } => self.on_failed(ask, failure, now),
            Event::Written { generation, ask, range } => {
                if let Some(version) = self.version_of(generation) {
                    version.holdings.write(range, ask);
                }
                if let Some(lane) = self.lanes.iter_mut().find(|lane| lane.ask == ask) {
                    lane.written(range.length(), now);
                }
            }
            Event::Compared { ask, range, equal } => self.on_compared(ask, range, equal, now),
            Event::FileReady { generation } => {
                if let Some(version) = self.version_of(generation) {
                    version.ready = true;
                }
            }
            Event::Synced { generation } => self.on_synced(generation),
            Event::Digested { ask, matches } => self.on_digested(ask, matches, now),
            Event::Undigested { ask } => self.on_undigested(ask),
            Event::Verified { matches } => self.on_verified(matches),
            Event::DiskFailed => self.end(Err(Fault::Disk)),
            Event::PathDown { path } => self.on_path_down(path, now),
            Event::PathUp { path } => {
                if let Some(path) = self.paths.get_mut(path) {
                    // A pause stays: the server asked for it, not the link.
                    path.up = true;
                }
            }
            Event::Interrupted => self.wind_up(Fault::Interrupted),
        }
    }

    /// Says what to do next. Call it until it says [`Action::Wait`] or [`Action::Done`].
    pub fn poll(&mut self, now: Duration) -> Action {
        // Bounded: each turn without an action ends in `Wait`, and each action came from a change of state.
        loop {
            if let Some(action) = self.actions.pop_front() {
                return action;
            }
            if let Some(report) = &self.report {
                return Action::Done(Box::new(report.clone()));
            }
            if !self.step(now) {
                return Action::Wait { until: self.next_time(now) };
            }
        }
    }

    /// What has arrived of the version being fetched; for progress.
    pub fn arrived(&self) -> Option<&ByteSet> {
        self.version.as_ref().map(|version| version.holdings.arrived())
    }

    /// What is being fetched, once an answer said so.
    pub fn identity(&self) -> Option<&Identity> {
        self.version.as_ref().map(|version| &version.identity)
    }

    /// What it took so far.
    pub const fn counts(&self) -> Counts {
        self.counts
    }

    /// What each request under way is still to give: number, path, first octet, position after the last where known.
    pub fn lanes(&self) -> impl Iterator<Item = (AskId, usize, u64, Option<u64>)> + '_ {
        self.lanes.iter().map(|lane| (lane.ask, lane.path, lane.next(), lane.end))
    }

    /// Says whether there is a digest of the whole to verify, where only an answer could tell.
    pub const fn set_verify(&mut self, verify: bool) {
        self.settings.verify = verify;
    }

    /// Adds a way that became known on the way, such as a mirror that an answer names; returns its index.
    pub fn add_path(&mut self, path: PathSettings) -> usize {
        self.settings.paths.push(path);
        self.paths.push(Path::new(path, self.settings.lanes));
        self.paths.len().saturating_sub(1)
    }

    /// The position after the last octet that has arrived of this version, in whichever answer: it is no shorter than that.
    fn arrived_end(&self) -> u64 {
        let held = self.version.as_ref().map_or(0, |version| version.holdings.arrived_end());
        held.max(self.unfinished.as_ref().map_or(0, |unfinished| unfinished.end))
    }

    fn version_of(&mut self, generation: u32) -> Option<&mut Version> {
        let current = self.generation;
        self.version.as_mut().filter(|_| generation == current)
    }

    fn index_of(&self, ask: AskId) -> Option<usize> {
        self.lanes.iter().position(|lane| lane.ask == ask)
    }

    /// Ends the download: all requests are given up, and nothing more is done.
    fn end(&mut self, outcome: Result<Assurance, Fault>) {
        for lane in std::mem::take(&mut self.lanes) {
            self.actions.push_back(Action::Stop { ask: lane.ask });
        }
        self.report = Some(Report {
            outcome,
            generation: self.generation,
            identity: self.version.as_ref().map(|version| version.identity.clone()),
            counts: self.counts,
        });
    }
}

impl Version {
    /// Takes in a complete length that was not known at first.
    fn learn_length(&mut self, complete_length: u64) {
        self.identity.complete_length = Some(complete_length);
        self.new_length = Some(complete_length);
    }

    fn is_strong(&self) -> bool {
        self.identity.strong_tag().is_some()
    }

    /// Whether answers may be put together at all; otherwise one has to hold everything.
    fn combines(&self, settings: &Settings) -> bool {
        self.is_strong() || settings.assurance < Assurance::Compared || self.adopted && settings.verify
    }

    /// The first place where answers meet that has to be compared, and was not.
    fn open_seam(&self, settings: &Settings) -> Option<u64> {
        let weakest = if self.overlaps(settings) {
            Proof::Unproved
        } else if settings.verify {
            // The digest decides.
            return None;
        } else {
            Proof::Mirrored
        };
        self.holdings.open_seam(weakest)
    }

    /// Whether octets have to be compared where answers of the same server meet.
    fn overlaps(&self, settings: &Settings) -> bool {
        !self.is_strong() && settings.assurance == Assurance::Overlap
    }
}
