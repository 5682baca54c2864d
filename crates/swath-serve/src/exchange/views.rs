//! What one opened player page has cost: bytes and requests, by an unguessable token.
//!
//! In: a token for each page that is opened, and the octets of each request whose target carries it.
//! Out: the [`Spent`] of that token, live, and nothing of any other.
//!
//! The table is bounded: at most 4,096 tokens (some hundred octets each), each forgotten twelve hours after
//! it was last used; when it is full the least recently used one makes room. A token that is unknown is
//! answered like one that has spent nothing would not be: with `None`, so nothing can be probed.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Counts what one view has cost so far.
#[derive(Debug, Default)]
pub struct Cost {
    bytes: AtomicU64,
    requests: AtomicU64,
}

/// Says what one view has cost at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    /// Octets of content sent.
    pub bytes: u64,
    /// Requests received.
    pub requests: u64,
}

impl Cost {
    pub(super) fn add_bytes(&self, octets: u64) {
        self.bytes.fetch_add(octets, Ordering::Relaxed);
    }

    fn add_request(&self) {
        self.requests.fetch_add(1, Ordering::Relaxed);
    }

    fn spent(&self) -> Spent {
        Spent { bytes: self.bytes.load(Ordering::Relaxed), requests: self.requests.load(Ordering::Relaxed) }
    }
}

/// Keeps the table of views.
#[derive(Debug)]
pub struct Views {
    table: Mutex<HashMap<u128, Entry>>,
    tokens_max: usize,
    idle_max: Duration,
}

#[derive(Debug)]
struct Entry {
    cost: Arc<Cost>,
    used: Instant,
}

impl Default for Views {
    fn default() -> Self {
        Self::new(4096, Duration::from_secs(12 * 60 * 60))
    }
}

impl Views {
    /// Makes a table of at most `tokens_max` views, each forgotten when unused for `idle_max`.
    #[must_use]
    pub fn new(tokens_max: usize, idle_max: Duration) -> Self {
        Self { table: Mutex::default(), tokens_max: tokens_max.max(1), idle_max }
    }

    /// Draws a token of 128 random bits for a page that is being opened, as 32 hexadecimal digits.
    ///
    /// # Errors
    /// The kernel gave no random bits; a guessable token would be worse than none.
    pub fn issue(&self) -> Result<String, getrandom::Error> {
        let mut bits = [0; 16];
        getrandom::fill(&mut bits)?;
        let token = u128::from_be_bytes(bits);
        let now = Instant::now();
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        if table.len() >= self.tokens_max {
            table.retain(|_, entry| now.duration_since(entry.used) < self.idle_max);
        }
        while table.len() >= self.tokens_max {
            let Some(oldest) = table.iter().min_by_key(|(_, entry)| entry.used).map(|(token, _)| *token)
            else {
                break;
            };
            table.remove(&oldest);
        }
        table.insert(token, Entry { cost: Arc::default(), used: now });
        Ok(format!("{token:032x}"))
    }

    /// Says what a view has cost; `None` for a token that was never issued or is forgotten.
    #[must_use]
    pub fn spent(&self, token: &str) -> Option<Spent> {
        self.find(token.as_bytes()).map(|cost| cost.spent())
    }

    /// Finds the view that a request target belongs to, by `view=TOKEN` in its query, and counts the request.
    pub(super) fn charge(&self, target: &[u8]) -> Option<Arc<Cost>> {
        let query = target.splitn(2, |octet| *octet == b'?').nth(1)?;
        let token = query.split(|octet| *octet == b'&').find_map(|pair| pair.strip_prefix(b"view="))?;
        // The page asks what it has cost under the same token; that answer is not part of the cost.
        if target.starts_with(b"/.swath/") {
            return None;
        }
        let cost = self.find(token)?;
        cost.add_request();
        Some(cost)
    }

    fn find(&self, token: &[u8]) -> Option<Arc<Cost>> {
        let token = parse(token)?;
        let now = Instant::now();
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = table.get_mut(&token)?;
        if now.duration_since(entry.used) >= self.idle_max {
            table.remove(&token);
            return None;
        }
        entry.used = now;
        Some(Arc::clone(&entry.cost))
    }
}

/// Reads a token as it was issued: 32 lower-case hexadecimal digits, nothing else.
fn parse(token: &[u8]) -> Option<u128> {
    let digits = token.len() == 32 && token.iter().all(|octet| matches!(octet, b'0'..=b'9' | b'a'..=b'f'));
    let token = std::str::from_utf8(token).ok().filter(|_| digits)?;
    u128::from_str_radix(token, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_view_is_charged_for_its_own_requests_only() -> Result<(), getrandom::Error> {
        let views = Views::default();
        let (mine, other) = (views.issue()?, views.issue()?);
        let charged = views.charge(format!("/clip.mp4?view={mine}").as_bytes()).expect("issued");
        charged.add_bytes(500);
        assert!(views.charge(format!("/clip.mp4?a=b&view={mine}&c=d").as_bytes()).is_some());
        assert_eq!(views.spent(&mine), Some(Spent { bytes: 500, requests: 2 }));
        assert_eq!(views.spent(&other), Some(Spent::default()));
        for foreign in [
            format!("/.swath/cost?view={mine}"),
            format!("/clip.mp4?xview={mine}"),
            format!("/clip.mp4?view={mine}0"),
            format!("/clip.mp4?view={}", mine.to_uppercase() + "G"),
            format!("/view={mine}"),
            "/clip.mp4?view=".to_owned(),
            format!("/clip.mp4?view=+{}", &mine[1..]),
        ] {
            assert!(views.charge(foreign.as_bytes()).is_none(), "{foreign}");
        }
        assert_eq!(views.spent(&mine), Some(Spent { bytes: 500, requests: 2 }));
        assert_eq!(views.spent("0123456789abcdef0123456789abcdef"), None);
        Ok(())
    }

    #[test]
    fn the_table_stays_bounded_and_forgets_the_least_recently_used() -> Result<(), getrandom::Error> {
        let views = Views::new(3, Duration::from_secs(60));
        let first = views.issue()?;
        let second = views.issue()?;
        let third = views.issue()?;
        assert!(views.spent(&first).is_some(), "used again, so the second is now the oldest");
        let fourth = views.issue()?;
        assert_eq!(views.table.lock().map(|table| table.len()).ok(), Some(3));
        assert_eq!(views.spent(&second), None);
        for kept in [first, third, fourth] {
            assert!(views.spent(&kept).is_some());
        }
        Ok(())
    }

    #[test]
    fn an_unused_view_is_forgotten() -> Result<(), getrandom::Error> {
        let views = Views::new(3, Duration::ZERO);
        let token = views.issue()?;
        assert_eq!(views.spent(&token), None);
        Ok(())
    }
}
