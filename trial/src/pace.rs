//! Sending at a rate.
//!
//! In: octets, octets a second. Out: the same octets on a socket, no sooner than the rate allows, and never after the origin stopped.

use std::io::{self, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Octets a second over one connection: 16 MiB take two seconds, too long to be mistaken for what eight connections need.
pub const RATE: u64 = 8 << 20;

/// How many octets leave at once: small beside what a rate of [`RATE`] brings in the time a scheduler forgets a thread.
const PIECE: usize = 64 << 10;

/// How much may be caught up after a delay that is not the peer's fault.
const CATCH_UP: Duration = Duration::from_millis(100);

/// How long a thread sleeps before it looks whether the origin stopped.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// A socket that is written to at a rate.
pub(crate) struct Paced<'a> {
    stream: &'a mut TcpStream,
    stopped: &'a AtomicBool,
    next: Instant,
}

impl<'a> Paced<'a> {
    pub(crate) fn new(stream: &'a mut TcpStream, stopped: &'a AtomicBool) -> Self {
        Self { stream, stopped, next: Instant::now() }
    }

    /// Writes without regard to rates: heads, framing.
    pub(crate) fn at_once(&mut self, octets: &[u8]) -> io::Result<()> {
        self.stream.write_all(octets)
    }

    /// Writes at a rate.
    pub(crate) fn write(&mut self, octets: &[u8], rate: u64) -> io::Result<()> {
        // A slow rate in small pieces, so that it is a trickle and no series of lumps: ten a second at least.
        let piece = usize::try_from(rate / 10).unwrap_or(PIECE).clamp(1, PIECE);
        for piece in octets.chunks(piece) {
            self.sleep_until(self.next)?;
            self.stream.write_all(piece)?;
            let earliest = Instant::now().checked_sub(CATCH_UP).unwrap_or(self.next);
            self.next = self.next.max(earliest) + Duration::from_secs_f64(piece.len() as f64 / rate as f64);
        }
        Ok(())
    }

    /// Waits, unless the origin stops.
    pub(crate) fn sleep(&self, time: Duration) -> io::Result<()> {
        self.sleep_until(Instant::now() + time)
    }

    fn sleep_until(&self, when: Instant) -> io::Result<()> {
        loop {
            if self.stopped.load(Ordering::Relaxed) {
                return Err(io::ErrorKind::ConnectionAborted.into());
            }
            let left = when.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(());
            }
            std::thread::sleep(left.min(LOOK_EVERY));
        }
    }
}
