//! How much of one response has left, and how it ended.
//!
//! Comes in: octets of content as the kernel takes them (HTTP/1.1) or as HTTP/2 takes them, and one ending.
//! Goes out: the count at any time, and one call of whoever waits for the ending.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// Says how a response ended, as the connection saw it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Every octet of it was handed over.
    Delivered,
    /// The peer closed, reset or cancelled before the end.
    PeerGone,
    /// The peer took nothing for as long as [`Limits::stalled_write_time`](crate::limits::Limits), so we cut it.
    Stalled,
    /// The server stopped, and the grace was over.
    Shutdown,
}

/// Counts the content octets of one response that were handed over, and remembers how it ended.
///
/// On HTTP/1.1 an octet counts when the kernel takes it (under TLS: when the TLS layer does, which holds at most 64 KiB
/// back); on HTTP/2 when the stream takes it. Heads, TLS records and frames do not count.
#[derive(Default)]
pub struct Tally {
    sent: AtomicU64,
    ending: Mutex<Ending>,
}

/// The function told of the ending: the octets sent, and how it ended.
type Listener = Box<dyn FnOnce(u64, End) + Send>;

#[derive(Default)]
enum Ending {
    #[default]
    Ahead,
    Awaited(Listener),
    Known(End),
}

impl Tally {
    /// Returns the content octets handed over so far.
    pub fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    /// Returns how the response ended, once it has.
    pub fn ended(&self) -> Option<End> {
        match &*self.ending.lock().unwrap_or_else(PoisonError::into_inner) {
            Ending::Known(end) => Some(*end),
            Ending::Ahead | Ending::Awaited(_) => None,
        }
    }

    /// Has `listener` called with the octets sent and the ending: once, now if it has ended already.
    ///
    /// A later listener takes the place of an earlier one.
    pub fn on_end(&self, listener: impl FnOnce(u64, End) + Send + 'static) {
        let mut ending = self.ending.lock().unwrap_or_else(PoisonError::into_inner);
        if let Ending::Known(end) = *ending {
            drop(ending);
            listener(self.sent(), end);
        } else {
            *ending = Ending::Awaited(Box::new(listener));
        }
    }

    /// Counts `octets` more of content as handed over.
    pub(crate) fn add(&self, octets: u64) {
        self.sent.fetch_add(octets, Ordering::Relaxed);
    }

    /// Notes how the response ended; only the first ending counts.
    pub(crate) fn end(&self, end: End) {
        let mut ending = self.ending.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(*ending, Ending::Known(_)) {
            return;
        }
        let before = std::mem::replace(&mut *ending, Ending::Known(end));
        drop(ending);
        if let Ending::Awaited(listener) = before {
            listener(self.sent(), end);
        }
    }
}

impl fmt::Debug for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tally").field("sent", &self.sent()).field("ended", &self.ended()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::AtomicUsize;

    fn watched(tally: &Tally) -> Arc<AtomicUsize> {
        let calls = Arc::new(AtomicUsize::new(0));
        let seen = Arc::clone(&calls);
        tally.on_end(move |sent, end| {
            assert_eq!((sent, end), (7, End::Stalled));
            seen.fetch_add(1, Ordering::Relaxed);
        });
        calls
    }

    #[test]
    fn the_first_ending_is_told_once() {
        let tally = Tally::default();
        let calls = watched(&tally);
        tally.add(3);
        tally.add(4);
        tally.end(End::Stalled);
        tally.end(End::Delivered);
        assert_eq!(calls.load(Ordering::Relaxed), 1);
        assert_eq!(tally.ended(), Some(End::Stalled));
    }

    #[test]
    fn a_late_listener_is_told_at_once() {
        let tally = Tally::default();
        tally.add(7);
        tally.end(End::Stalled);
        assert_eq!(watched(&tally).load(Ordering::Relaxed), 1);
    }
}
