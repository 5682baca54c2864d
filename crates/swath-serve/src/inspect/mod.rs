//! The inspector: what was exchanged, kept for a while and shown on a page of its own.
//!
//! In: exchanges as they end, from a running server; or the lines of a recording. Out: a listener on loopback that serves
//! the page, a stream of what happens, and exports. docs/inspect.md describes all of them.
//!
//! | room | what it does |
//! |---|---|
//! | `mask` | takes out what may be secret |
//! | `entry` | one exchange as it is kept, told and recorded |
//! | `ring` | the newest exchanges, within limits |
//! | `under_way` | those that still run |
//! | `spread` | a count that many threads add to |
//! | `events` | the stream of what happens, to one page |
//! | `answer` | what the listener answers |
//! | `page` | the page and its fixed files |
//! | `rules` | what is wrong or wasted, and what cures it |
//! | `found` | what was found last, looked for no more often than is worth it |
//! | `export` | JSON, HAR, a transcript and diagrams |
//! | `recording` | exchanges written to a file, and read again |
//!
//! Serving threads do three things only, and only while an inspector is on: gather fields, make an entry and put it into
//! the ring. Whoever looks reads the ring at a pace of their own, so nobody who is slow can hold up anybody.

mod answer;
mod entry;
mod events;
pub mod export;
mod found;
pub(crate) mod mask;
mod page;
mod recording;
mod ring;
mod rules;
#[cfg(test)]
mod sample;
mod spread;
mod under_way;

use std::fmt;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use byteranges::ByteRange;

pub use self::answer::Inspection;
pub use self::entry::Entry;
use self::entry::Maker;
pub use self::events::Events;
use self::found::Found;
pub use self::recording::{ReadLimits, Recorded, Recording, Unreadable, read};
use self::ring::Ring;
pub use self::ring::RingLimits;
pub use self::rules::{CheckText, Checks, Finding, RULES, Rule, Side, Weight, findings};
use self::spread::Spread;
use self::under_way::UnderWay;
use crate::exchange::{Exchange, Running, Sink};

/// Says where exchanges come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// From a server that runs; its name is what it serves.
    Live(String),
    /// From a recording of this name.
    Recording(String),
}

/// Keeps exchanges for whoever looks.
pub struct Inspector {
    source: Source,
    maker: Maker,
    ring: Mutex<Ring>,
    under_way: UnderWay,
    /// How many exchanges were not looked at, as there were too many in a second.
    passed_over: Spread,
    /// How often all was cleared away.
    cleared: AtomicU64,
    /// How many pages follow the stream.
    followers: AtomicUsize,
    checks: Checks,
    found: Found,
}

impl Inspector {
    /// Makes an inspector that has seen nothing yet.
    #[must_use]
    pub fn new(source: Source, limits: RingLimits) -> Self {
        Self {
            source,
            maker: Maker::default(),
            ring: Mutex::new(Ring::new(limits)),
            under_way: UnderWay::default(),
            passed_over: Spread::default(),
            cleared: AtomicU64::new(0),
            followers: AtomicUsize::new(0),
            checks: Checks::new(),
            found: Found::default(),
        }
    }

    /// Says what `swath audit` says of its checks, so that the same rules have the same words.
    #[must_use]
    pub fn with_checks(mut self, checks: Checks) -> Self {
        self.checks = checks;
        self
    }

    /// Makes an inspector of what was recorded.
    #[must_use]
    pub fn of_recording(name: String, recorded: Recorded) -> Self {
        let limits = RingLimits { count: usize::MAX, bytes: usize::MAX };
        let inspector = Self::new(Source::Recording(name), limits);
        inspector.passed_over.add(recorded.left_out);
        recorded.entries.into_iter().for_each(|entry| inspector.ring().push(Arc::new(entry)));
        inspector
    }

    /// Gives all exchanges that are kept, in the order in which they ended.
    #[must_use]
    pub fn entries(&self) -> Vec<Arc<Entry>> {
        self.ring().all()
    }

    /// Gives those of one opened player page, by its token.
    #[must_use]
    pub fn entries_of_view(&self, token: &str) -> Vec<Arc<Entry>> {
        let view = Some(self.maker.view(token));
        self.entries().into_iter().filter(|entry| entry.view == view).collect()
    }

    /// Gives which octets of its file were sent for one opened player page, also by what still runs: at most 1,000 ranges,
    /// those that were sent last.
    #[must_use]
    pub fn sent_for_view(&self, token: &str) -> Vec<ByteRange> {
        const SPANS_MAX: usize = 1000;
        let view = Some(self.maker.view(token));
        let ended = self.entries_of_view(token);
        let running = self.running();
        let ended = ended.iter().map(|entry| &**entry);
        let all = ended.chain(running.iter().filter(|entry| entry.view == view));
        let mut sent: Vec<_> = all.filter_map(rules::sent).collect();
        sent.drain(..sent.len().saturating_sub(SPANS_MAX));
        sent
    }

    /// Gives those that run, as they stand.
    #[must_use]
    pub fn running(&self) -> Vec<Entry> {
        self.under_way.now(&self.maker)
    }

    /// Says how many exchanges were counted only.
    #[must_use]
    pub fn passed_over(&self) -> u64 {
        self.passed_over.sum()
    }

    /// Lets go of all exchanges that are kept.
    pub fn clear(&self) {
        self.ring().clear();
        self.passed_over.clear();
        self.cleared.fetch_add(1, Ordering::Relaxed);
    }

    /// Writes what is kept and meant in a form for elsewhere.
    #[must_use]
    pub fn export(&self, filter: &export::Filter, form: export::Form) -> String {
        let entries: Vec<_> = self.entries().into_iter().filter(|entry| filter.passes(entry)).collect();
        export::export(&entries, &self.checks, form)
    }

    /// Finds what is wrong or wasted in what is kept.
    #[must_use]
    pub fn findings(&self) -> Vec<Finding> {
        findings(&self.entries(), &self.checks)
    }

    /// Gives the findings as JSON, with the change of the ring they are of; looked for once for each change.
    fn findings_json(&self) -> (u64, Arc<str>) {
        self.found.now(self)
    }

    /// The same for who asks all the time: as they were found last, until it is time to look again.
    fn findings_paced(&self) -> (u64, Arc<str>) {
        self.found.paced(self)
    }

    fn ring(&self) -> MutexGuard<'_, Ring> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sink for Inspector {
    fn record(&self, exchange: &Arc<Exchange>) {
        match self.maker.make(exchange, true) {
            // A player's page asks each second: that would push out what its film asked for.
            _ if exchange.is_housekeeping() => {}
            Some(entry) => self.ring().push(Arc::new(entry)),
            None => self.passed_over.add(1),
        }
    }

    fn wants_details(&self) -> bool {
        true
    }

    fn passed_over(&self) {
        self.passed_over.add(1);
    }

    fn began(&self, one: Running) {
        self.under_way.began(one);
    }
}

impl fmt::Debug for Inspector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inspector").field("source", &self.source).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {

    use http::{HeaderMap, Request, StatusCode};

    use super::*;
    use crate::exchange::{Answered, Outcome, Received, Record, Recorder, Wire, lines};

    fn inspector() -> (Arc<Inspector>, Recorder) {
        let inspector = Arc::new(Inspector::new(Source::Live("/".into()), RingLimits::default()));
        (Arc::clone(&inspector), Recorder::new(vec![inspector], None))
    }

    fn open(recorder: &Recorder, target: &str) -> Record {
        let request = Request::builder().uri(target).header("range", "bytes=0-").header("cookie", "a=b");
        let (parts, ()) = request.body(()).expect("a request").into_parts();
        let record = recorder.open(Received::now(None, &parts), Wire::Unknown);
        record.asked(Some(7), parts.version, lines(&parts.headers));
        record
    }

    fn answer(record: &Record) {
        let mut fields = HeaderMap::new();
        fields.insert("etag", "\"a\"".parse().expect("a value"));
        record.answered_with(lines(&fields));
        record.answered(Answered {
            status: StatusCode::OK,
            content_range: None,
            because: Some("whole"),
            section: Some("9.3.1"),
            bytes_planned: 100,
        });
    }

    #[test]
    fn an_exchange_is_seen_while_it_runs_and_after() {
        let (inspector, recorder) = inspector();
        let mut record = open(&recorder, "/clip.mp4?key=secret");
        assert_eq!(inspector.running()[0].status, None, "it waits for its answer");
        answer(&record);
        record.add_sent(40);
        let running = inspector.running();
        let [one] = &running[..] else { panic!("{running:?}") };
        assert_eq!((one.status, one.bytes_sent, &one.outcome), (Some(200), 40, &None));
        record.finish(Outcome::AbortedByPeer);
        assert!(inspector.running().is_empty());
        let entries = inspector.entries();
        let [one] = &entries[..] else { panic!("{entries:?}") };
        assert_eq!(one.id, running[0].id);
        assert_eq!((one.bytes_sent, one.closed_by.as_deref()), (40, Some("client")));
        assert_eq!(one.target.as_deref(), Some("/clip.mp4?key=*"));
        assert_eq!(one.asked("cookie"), Some("(masked)"));
        assert_eq!((one.asked("range"), one.answered("etag")), (Some("bytes=0-"), Some("\"a\"")));
        assert_eq!(one.connection, Some(7));
        assert!(one.first_octet_millis.is_some());
        assert!(!format!("{entries:?}").contains("secret"));
    }

    #[test]
    fn what_a_page_has_asked_for_is_found_by_its_token() {
        let (inspector, recorder) = inspector();
        let token = "0123456789abcdef0123456789abcdef";
        drop(open(&recorder, &format!("/clip.mp4?view={token}")));
        drop(open(&recorder, "/clip.mp4"));
        assert_eq!(inspector.entries_of_view(token).len(), 1);
        assert!(inspector.entries_of_view("0").is_empty());
        let running = open(&recorder, &format!("/clip.mp4?view={token}"));
        answer(&running);
        running.add_sent(40);
        assert_eq!(inspector.sent_for_view(token), [ByteRange::whole(40).expect("octets")]);
        assert!(inspector.sent_for_view("0").is_empty());
    }

    /// Begins exchanges until ten were only counted, and says how many began: on the slowest machine some thousands.
    fn until_too_much(inspector: &Inspector, mut one: impl FnMut()) -> u64 {
        let begun = (0..200_000).take_while(|_| inspector.passed_over() < 10).map(|_| one()).count();
        assert_eq!(inspector.passed_over(), 10, "after {begun}");
        assert!(inspector.ring().changes() >= crate::exchange::DETAILS_PER_SECOND);
        begun as u64
    }

    #[test]
    fn what_is_too_much_is_counted() {
        let (inspector, recorder) = inspector();
        let begun = until_too_much(&inspector, || drop(open(&recorder, "/")));
        assert_eq!(inspector.ring().changes() + inspector.passed_over(), begun);
        inspector.clear();
        assert_eq!((inspector.entries().len(), inspector.passed_over()), (0, 0));
    }

    #[test]
    fn what_nobody_else_wants_and_is_too_much_is_not_even_recorded() {
        let (inspector, recorder) = inspector();
        let (parts, ()) = Request::builder().uri("/").body(()).expect("a request").into_parts();
        let begun = until_too_much(&inspector, || {
            let record = recorder.begin(None, Wire::Unknown, |_| Received::now(None, &parts));
            assert!(record.is_kept() || inspector.passed_over() > 0);
        });
        assert_eq!(inspector.ring().changes() + inspector.passed_over(), begun);
    }

    #[test]
    fn those_that_have_ended_are_forgotten() {
        let (inspector, recorder) = inspector();
        for _ in 0..1500 {
            drop(open(&recorder, "/"));
        }
        // As many as they are looked through at, where the last one filled that up.
        assert!(inspector.under_way.remembered() <= 32);
    }

    #[test]
    fn the_page_of_the_documentation_names_every_key_and_every_rule() {
        let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/inspect.md"))
            .expect("the page");
        let entry = serde_json::to_value(sample::entry(1)).expect("JSON");
        for key in entry.as_object().expect("an object").keys() {
            assert!(page.contains(&format!("`{key}`")), "{key}");
        }
        for rule in RULES {
            let name = |text: String| text.to_lowercase();
            let row = format!(
                "| `{}` | {} | {} | {} |",
                rule.id,
                name(format!("{:?}", rule.side)),
                name(format!("{:?}", rule.weight)),
                rule.title
            );
            assert!(page.contains(&row), "{row}");
        }
    }

    #[test]
    fn nothing_is_gathered_while_nobody_wants_it() {
        let recorder = Recorder::none();
        let record = open(&recorder, "/");
        record.asked(
            None,
            http::Version::HTTP_11,
            std::iter::from_fn(|| -> Option<(&str, &[u8])> { panic!("a field was looked at") }),
        );
    }
}
