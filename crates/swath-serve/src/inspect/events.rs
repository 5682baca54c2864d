//! What happens, told to one page as server-sent events.
//!
//! In: the inspector, and the place up to which this page knows. Out: the content of a response that never ends.
//!
//! Nothing waits here for anybody: each page reads the ring from its own place when its connection has room, and is told
//! how many exchanges were pushed out of the ring before it came to them.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fmt::Write as _;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use byteranges::Because;
use bytes::Bytes;
use http_body::{Body, Frame};
use serde_json::json;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval};

use super::{Inspector, Source};
use crate::exchange::DETAILS_PER_SECOND;

/// How often a page hears what is new: quick enough to look live, and a tenth of a percent of a core.
const PACE: Duration = Duration::from_millis(250);

/// The longest silence: below what proxies and this server itself take for a stall.
const SILENCE_MAX: Duration = Duration::from_secs(10);

/// The most exchanges in one event: some 200 KiB of JSON at once.
const BATCH: usize = 200;

/// The most pages that follow at once; more are refused.
pub(super) const FOLLOWERS_MAX: usize = 16;

/// The content of the stream for one page.
#[derive(Debug)]
pub struct Events {
    inspector: Arc<Inspector>,
    pace: Interval,
    place: u64,
    greeted: bool,
    /// Whether the ring has more than one event holds.
    more: bool,
    cleared: u64,
    passed_over: u64,
    running: String,
    /// The change of the ring whose findings were told.
    found: Option<u64>,
    told: Instant,
}

impl Events {
    /// Begins after a place; `None` when too many pages follow already.
    pub(super) fn new(inspector: &Arc<Inspector>, place: u64) -> Option<Self> {
        if inspector.followers.fetch_add(1, Ordering::AcqRel) >= FOLLOWERS_MAX {
            inspector.followers.fetch_sub(1, Ordering::AcqRel);
            return None;
        }
        let mut pace = interval(PACE);
        pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Some(Self {
            pace,
            place,
            greeted: false,
            more: false,
            cleared: inspector.cleared.load(Ordering::Relaxed),
            passed_over: 0,
            running: "[]".to_owned(),
            found: None,
            told: Instant::now(),
            inspector: Arc::clone(inspector),
        })
    }

    /// Writes what is new; nothing, if nothing is.
    fn news(&mut self) -> String {
        let mut text = String::new();
        if !std::mem::replace(&mut self.greeted, true) {
            event(&mut text, "hello", &self.hello().to_string());
        }
        let cleared = self.inspector.cleared.load(Ordering::Relaxed);
        if std::mem::replace(&mut self.cleared, cleared) != cleared {
            event(&mut text, "cleared", "{}");
        }
        let after = self.inspector.ring().after(self.place, BATCH);
        if after.missed > 0 {
            event(&mut text, "missed", &json!({ "missed": after.missed }).to_string());
        }
        if !after.entries.is_empty() {
            // With the place, so that a page whose connection broke goes on from there.
            let _ = writeln!(text, "id: {}", after.place);
            event(&mut text, "exchanges", &list(after.entries.iter().map(|entry| &**entry)));
        }
        (self.place, self.more) = (after.place, after.more);
        let passed_over = self.inspector.passed_over();
        if std::mem::replace(&mut self.passed_over, passed_over) != passed_over {
            event(&mut text, "passed-over", &json!({ "passed_over": passed_over }).to_string());
        }
        if !self.more {
            self.tell_as_it_stands(&mut text);
        }
        text
    }

    /// Tells what runs and what was found, once all that has ended is told.
    fn tell_as_it_stands(&mut self, text: &mut String) {
        let running = list(self.inspector.running().iter());
        if running != self.running {
            event(text, "running", &running);
            self.running = running;
        }
        let (changes, findings) = self.inspector.findings_paced();
        if self.found.replace(changes) != Some(changes) {
            event(text, "findings", &findings);
        }
    }

    fn hello(&self) -> serde_json::Value {
        let (source, name) = match &self.inspector.source {
            Source::Live(name) => ("live", name),
            Source::Recording(name) => ("recording", name),
        };
        let reasons: BTreeMap<_, _> =
            Because::ALL.iter().map(|because| (because.key(), because.to_string())).collect();
        json!({ "source": source, "name": name, "details_per_second": DETAILS_PER_SECOND, "reasons": reasons })
    }
}

impl Body for Events {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        loop {
            if !self.more {
                ready!(self.pace.poll_tick(cx));
            }
            let mut news = self.news();
            if news.is_empty() && self.told.elapsed() >= SILENCE_MAX {
                news.push_str(": nothing new\n\n");
            }
            if !news.is_empty() {
                self.told = Instant::now();
                return Poll::Ready(Some(Ok(Frame::data(Bytes::from(news)))));
            }
        }
    }
}

impl Drop for Events {
    fn drop(&mut self) {
        self.inspector.followers.fetch_sub(1, Ordering::AcqRel);
    }
}

/// Writes one event; JSON has no line breaks of its own.
fn event(text: &mut String, name: &str, data: &str) {
    let _ = write!(text, "event: {name}\ndata: {data}\n\n");
}

fn list<'a>(entries: impl Iterator<Item = &'a super::Entry>) -> String {
    let entries: Vec<_> = entries.collect();
    // Strings, numbers and nulls: there is nothing in it that cannot be written.
    serde_json::to_string(&entries).unwrap_or_else(|_| "[]".to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::{RingLimits, sample};
    use super::*;
    use http_body_util::BodyExt;

    fn inspector(count: usize, entries: u64) -> Arc<Inspector> {
        let limits = RingLimits { count, bytes: 1 << 24 };
        let inspector = Arc::new(Inspector::new(Source::Live("/srv".into()), limits));
        (1..=entries).for_each(|id| inspector.ring().push(Arc::new(sample::entry(id))));
        inspector
    }

    async fn next(events: &mut Events) -> String {
        let frame = events.frame().await.expect("a frame").expect("no error");
        String::from_utf8(frame.into_data().expect("data").to_vec()).expect("UTF-8")
    }

    #[tokio::test(start_paused = true)]
    async fn a_page_hears_of_everything_once_and_of_what_it_missed() {
        let inspector = inspector(300, 500);
        let mut events = Events::new(&inspector, 0).expect("room");
        let first = next(&mut events).await;
        assert!(first.starts_with("event: hello\ndata: {"), "{first}");
        assert!(
            first.contains("\"source\":\"live\"") && first.contains("event: missed\ndata: {\"missed\":200}")
        );
        assert!(first.contains("\nid: 400\nevent: exchanges\n"), "200 at once");
        let second = next(&mut events).await;
        assert!(second.starts_with("id: 500\nevent: exchanges\n") && !second.contains("missed"));
        assert!(second.contains("\nevent: findings\ndata: ["), "once all is told");
        inspector.ring().push(Arc::new(sample::entry(501)));
        assert!(next(&mut events).await.contains("\"id\":501,"));
        inspector.clear();
        assert_eq!(next(&mut events).await, "event: cleared\ndata: {}\n\n");
        assert_eq!(next(&mut events).await, "event: findings\ndata: []\n\n");
        let before = Instant::now();
        assert_eq!(next(&mut events).await, ": nothing new\n\n");
        assert!(before.elapsed() >= SILENCE_MAX);
        let mut again = Events::new(&inspector, 500).expect("room");
        assert!(!next(&mut again).await.contains("exchanges"), "it goes on where it was");
    }

    #[tokio::test(start_paused = true)]
    async fn so_many_pages_follow_and_no_more() {
        let inspector = inspector(10, 0);
        let mut all: Vec<_> = (0..FOLLOWERS_MAX).map(|_| Events::new(&inspector, 0).expect("room")).collect();
        assert!(Events::new(&inspector, 0).is_none());
        all.pop();
        assert!(Events::new(&inspector, 0).is_some());
    }
}
