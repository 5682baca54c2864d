//! What the caller decides about a download, and every limit it keeps.
//!
//! In: nothing. Out: plain values with their reasons.

use std::num::NonZeroU64;
use std::time::Duration;

use super::Assurance;

/// Says what happens when the server has another version than the one begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnChange {
    /// Begin again with the new version, at most [`Settings::restarts`] times.
    Restart,
    /// End with [`Fault::RepresentationChanged`](super::Fault::RepresentationChanged); what is held stays.
    Fail,
    /// As `Restart`, and the file of the old version is kept beside the new one.
    KeepBoth,
}

/// Says how many requests a path may have under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lanes {
    /// Grow from one, to at most this many: doubled while that brings half of what it could, then one by one while
    /// goodput grows by 5 %.
    Auto(usize),
    /// Use this many as soon as the first answer allows it.
    Fixed(usize),
}

impl Lanes {
    pub(super) const fn most(self) -> usize {
        match self {
            Self::Auto(most) | Self::Fixed(most) => most,
        }
    }

    pub(super) const fn first(self) -> usize {
        match self {
            Self::Auto(_) => 1,
            Self::Fixed(count) => count,
        }
    }
}

/// Describes one way to the representation: an interface and a source, which only the driver knows by name.
#[derive(Clone, Copy, Default, Debug, PartialEq, Eq)]
pub struct PathSettings {
    /// Which URL it asks: paths with the same number share one. 0 is the one the user named.
    pub source: u16,
    /// Content octets it may carry, for metered links; `None` for any number.
    pub budget: Option<u64>,
    /// Whether its source is asked for one thing at a time, by whichever way: RFC 6249 allows no more of a mirror that
    /// somebody else named.
    pub one_at_a_time: bool,
}

/// Holds the decisions and limits of one download.
///
/// ```
/// use byteranges::download::{Assurance, Lanes, Settings};
/// let settings = Settings { lanes: Lanes::Fixed(8), ..Settings::default() };
/// assert_eq!(settings.assurance, Assurance::Compared);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Where it is fetched from, as the journal may tell it: the driver leaves out credentials and other secrets. Over
    /// 8,000 octets, it is left out. The machine does nothing else with it.
    pub url: Option<String>,
    /// Anything else that the driver wants back from the journal, such as the name that the server gave; limited alike.
    pub note: Option<String>,
    /// The ways to use, the preferred one first.
    pub paths: Vec<PathSettings>,
    /// Requests under way on each path. Six is what browsers allow themselves for one host.
    pub lanes: Lanes,
    /// The lowest rung that is good enough. Below `Compared`, answers without a strong tag are put together.
    pub assurance: Assurance,
    /// What happens on a new version.
    pub on_change: OnChange,
    /// New versions that are followed: twice is a deployment under way, more is no stable representation.
    pub restarts: u32,
    /// The most that one request asks for; for servers that slow down long answers.
    pub max_segment: Option<NonZeroU64>,
    /// The least worth a request of its own: a request costs about as much as these octets take.
    pub min_segment: u64,
    /// How far beyond the first missing octet others may arrive: the memory of an output that has to be in order. No
    /// octet is placed further ahead, requests ask for pieces of it, and a slow path is given what it completes in time.
    pub window: Option<NonZeroU64>,
    /// Octets compared where two answers meet. A page catches what a version changes near it, and costs nothing.
    pub overlap: u64,
    /// The most octets before a shifted answer's use that are compared.
    pub lead: u64,
    /// Octets written before they are made durable: more would be fetched again after a crash.
    pub sync_octets: u64,
    /// Time after which what was written is made durable, for the same reason on slow links.
    pub sync_interval: Duration,
    /// How long a lane may be silent while others are not, before its rest is given away.
    pub patience: Duration,
    /// How long an answer may take to begin: slow back ends exist.
    pub answer_timeout: Duration,
    /// How long content may stand still: mobile links come back after some seconds.
    pub stall_timeout: Duration,
    /// How long to wait when no path is up.
    pub offline_timeout: Duration,
    /// Failures in a row after which a path is given up; also how often an answer without strong tag is begun again.
    pub retries: u32,
    /// The first pause after a failure; it doubles.
    pub backoff: Duration,
    /// The longest pause of our own accord.
    pub backoff_max: Duration,
    /// The longest Retry-After that is waited for; a longer one ends the path.
    pub retry_after_max: Duration,
    /// What a new request is thought to cost before its first octet, until that was measured.
    pub setup: Duration,
    /// The part of the complete length that may be asked for twice near the end, in thousandths.
    pub hedge_permille: u64,
    /// How long each count of lanes is tried before it is judged, and four times as long as answers take to begin beside.
    pub adapt_interval: Duration,
    /// Whether the driver has a digest of the whole to verify.
    pub verify: bool,
}

impl Settings {
    /// Whether octets that nobody vouches for may be put to others: what is to decide comes at the end, so they can still
    /// be taken back, and no output has them already.
    pub(super) fn may_doubt(&self) -> bool {
        self.window.is_none() && (self.verify || self.assurance <= Assurance::Overlap)
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            url: None,
            note: None,
            paths: vec![PathSettings::default()],
            lanes: Lanes::Auto(6),
            assurance: Assurance::Compared,
            on_change: OnChange::Restart,
            restarts: 2,
            max_segment: None,
            min_segment: 256 * 1024,
            window: None,
            overlap: 4 * 1024,
            lead: 64 * 1024,
            sync_octets: 64 * 1024 * 1024,
            sync_interval: Duration::from_secs(5),
            patience: Duration::from_millis(500),
            answer_timeout: Duration::from_secs(30),
            stall_timeout: Duration::from_secs(20),
            offline_timeout: Duration::from_secs(120),
            retries: 10,
            backoff: Duration::from_millis(200),
            backoff_max: Duration::from_secs(30),
            retry_after_max: Duration::from_secs(600),
            setup: Duration::from_millis(100),
            hedge_permille: 30,
            adapt_interval: Duration::from_millis(500),
            verify: false,
        }
    }
}
