//! What the kernel really took of each HTTP/1.1 response, and how a connection is made to end.
//!
//! One [`Tally`] belongs to one connection and is shared by two rooms:
//!
//! | who | writes | reads |
//! |---|---|---|
//! | connection (the writer around the socket) | [`Tally::wrote`] or [`Tally::wrote_vectored`] after each write the socket (or TLS) took; [`Tally::end_as`] before it closes for a limit or for shutdown; [`Tally::ended`] when it is over | [`Tally::is_aborted`] when it closes: then with a reset (`SO_LINGER` 0) |
//! | record | its place in the order of responses; [`Tally::abort`] when the answer must not look complete | [`Tally::cause`] when it is dropped unfinished |
//!
//! hyper buffers heads and content together, so what left is only known at the socket. The writer shows
//! the tally the octets that left; the tally finds the end of each head and gives what follows to the records
//! in the order in which they were opened: never more than their bodies gave, so content is counted, not parsed.
//! While no record is open nothing is looked at: on HTTP/2 connections that costs one atomic load per write.
//!
//! The writer must pass on `is_write_vectored`; else hyper copies every octet once more.

mod head;

use std::collections::VecDeque;
use std::fmt;
use std::io::IoSlice;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, OnceLock, PoisonError};

use self::head::{Head, HeadEnd};
use crate::exchange::{Open, Outcome};

/// Counts the octets of content that leave one connection, response by response.
#[derive(Default)]
pub struct Tally {
    responses: Mutex<Responses>,
    /// How many responses are expected or under way; zero means that nothing needs to be looked at.
    waiting: AtomicUsize,
    aborted: AtomicBool,
    cause: OnceLock<Outcome>,
}

#[derive(Default)]
struct Responses {
    queue: VecDeque<Arc<Open>>,
    head: Head,
    over: bool,
}

impl Tally {
    /// Makes the tally of a new connection.
    #[must_use]
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// Gives one that is never written to, for connections that need none yet.
    pub(crate) fn unused() -> Arc<Self> {
        static UNUSED: LazyLock<Arc<Tally>> = LazyLock::new(Tally::new);
        Arc::clone(&UNUSED)
    }

    /// Takes note of octets that the socket (or TLS) took, in order. Written by the connection.
    pub fn wrote(&self, octets: &[u8]) {
        if self.waiting.load(Ordering::Acquire) != 0 {
            let mut responses = self.lock();
            responses.wrote(octets);
            self.waiting.store(responses.queue.len(), Ordering::Release);
        }
    }

    /// Takes note of the first `count` octets of a vectored write. Written by the connection.
    pub fn wrote_vectored(&self, slices: &[IoSlice<'_>], count: usize) {
        let mut left = count;
        for slice in slices {
            let taken = left.min(slice.len());
            self.wrote(slice.get(..taken).unwrap_or_default());
            left -= taken;
            if left == 0 {
                break;
            }
        }
    }

    /// Says why the connection is about to end, before it is closed. The first reason stays.
    pub fn end_as(&self, outcome: Outcome) {
        // A second reason is a consequence of the first.
        let _ = self.cause.set(outcome);
    }

    /// Gives the reason the connection ends; aborted by the peer unless this side gave one.
    #[must_use]
    pub fn cause(&self) -> Outcome {
        self.cause.get().copied().unwrap_or(Outcome::AbortedByPeer)
    }

    /// Asks that the connection be reset: what was sent must not look complete. Written by the record.
    pub fn abort(&self) {
        self.aborted.store(true, Ordering::Release);
    }

    /// Says whether the connection is to be reset when it closes. Read by the connection.
    #[must_use]
    pub fn is_aborted(&self) -> bool {
        self.aborted.load(Ordering::Acquire)
    }

    /// Takes note that the connection is over: what has not left by now never will.
    ///
    /// Written by the connection when its socket is dropped; dropping the tally does the same.
    pub fn ended(&self) {
        let mut responses = self.lock();
        responses.over = true;
        for open in responses.queue.drain(..) {
            open.connection_over(self.cause());
        }
        self.waiting.store(0, Ordering::Release);
    }

    /// Puts a response in its place behind those already expected. Written by the record.
    pub(crate) fn expect(&self, open: Arc<Open>) {
        let mut responses = self.lock();
        if responses.over {
            open.connection_over(self.cause());
            return;
        }
        responses.queue.push_back(open);
        self.waiting.store(responses.queue.len(), Ordering::Release);
    }

    fn lock(&self) -> MutexGuard<'_, Responses> {
        self.responses.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Tally {
    fn drop(&mut self) {
        self.ended();
    }
}

impl fmt::Debug for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tally").field("aborted", &self.is_aborted()).field("cause", &self.cause()).finish()
    }
}

impl Responses {
    fn wrote(&mut self, mut octets: &[u8]) {
        while !octets.is_empty() {
            let Some(open) = self.queue.front() else { return };
            if !open.head_is_written() {
                let (end, rest) = self.head.read(octets);
                octets = rest;
                if end == HeadEnd::Final {
                    open.wrote_head();
                }
                continue;
            }
            let taken = open.wrote_content(octets.len());
            octets = octets.get(taken..).unwrap_or_default();
            // More octets than the body gave belong to the next response, whether or not the body closed yet.
            if !octets.is_empty() {
                self.queue.pop_front();
            }
        }
        while self.queue.front().is_some_and(|open| open.is_through()) {
            self.queue.pop_front();
        }
    }
}

#[cfg(test)]
mod tests;
