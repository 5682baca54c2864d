//! One file's octets, turn by turn.
//!
//! In: the next half-open range a response needs. Out: a chunk of it, checked against what was promised, in
//! memory from the one budget. A turn is: wait for the last chunk to be gone, take a buffer, read, look at the
//! file again, hand over.

use std::future::Future;
use std::io;
use std::ops::Range;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;

use super::read::Cold;
use super::{OpenFile, read};
use crate::buffers::{Buffer, Buffers, COLD_TURN, Gate, Share, TURN};
use crate::exchange::Outcome;
use crate::watch::{Broken, Watch};

type Waiting<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Reads one file for one response.
pub(crate) struct Turns {
    open: OpenFile,
    watch: Watch,
    buffers: Arc<Buffers>,
    share: Option<Share>,
    gate: Option<Arc<Gate>>,
    state: State,
    /// Whether a disk was waited for last: so it goes on, and asking on the serving thread would only begin a read-ahead there.
    is_cold: bool,
}

enum State {
    Ready,
    /// Behind other bodies, before the first octet.
    Admission(Waiting<Share>),
    /// For a disk.
    Cold(Waiting<(Buffer, io::Result<Cold>)>),
}

impl Turns {
    /// Begins to read a file of which the response sends `length` octets.
    pub(crate) fn begin(open: OpenFile, length: u64, buffers: Arc<Buffers>) -> Self {
        let watch = Watch::begin(&open, length.div_ceil(TURN as u64));
        Self { open, watch, buffers, share: None, gate: None, state: State::Ready, is_cold: false }
    }

    /// Gives the file.
    pub(crate) fn open(&self) -> &OpenFile {
        &self.open
    }

    /// Reads what is in memory into memory of the caller's; [`Turns::look`] has to follow before any of it is sent.
    pub(crate) fn now(&mut self, offset: u64, buffer: &mut [u8]) -> Result<read::Now, Broken> {
        if self.is_cold {
            return Ok(read::Now::NotAtHand);
        }
        let now = at_hand(&self.open, offset, buffer)?;
        self.is_cold = matches!(now, read::Now::NotAtHand);
        Ok(now)
    }

    /// Looks at the file if nobody did for this request yet.
    pub(crate) fn prove(&mut self) -> Result<(), Broken> {
        if self.watch.is_unproven() { self.look(0, &[]) } else { Ok(()) }
    }

    /// Looks at the file after `octets` were read at `offset`.
    pub(crate) fn look(&mut self, offset: u64, octets: &[u8]) -> Result<(), Broken> {
        self.watch.look(self.open.file(), offset, octets)
    }

    /// Reads the next octets of `range`, which is not empty: at least one and at most all of them.
    ///
    /// It must be asked again with the same range until it is ready.
    pub(crate) fn poll(
        &mut self,
        context: &mut Context<'_>,
        range: &Range<u64>,
    ) -> Poll<Result<Bytes, Broken>> {
        if let Some(gate) = &self.gate {
            ready!(gate.poll_open(context));
        }
        loop {
            match &mut self.state {
                State::Ready => match self.start(range) {
                    Ok(Some(octets)) => return Poll::Ready(Ok(octets)),
                    Ok(None) => {}
                    Err(broken) => return Poll::Ready(Err(broken)),
                },
                State::Admission(waiting) => {
                    self.share = Some(ready!(waiting.as_mut().poll(context)));
                    self.state = State::Ready;
                }
                State::Cold(waiting) => {
                    let (buffer, answer) = ready!(waiting.as_mut().poll(context));
                    self.state = State::Ready;
                    return Poll::Ready(match answer {
                        Ok(Cold { count, has_waited }) => {
                            self.is_cold = has_waited;
                            self.hand_over(range.start, buffer, count)
                        }
                        Err(error) => Err(Broken::Unreadable(error)),
                    });
                }
            }
        }
    }

    /// Gives the outcome of a response whose last turn was handed over.
    pub(crate) fn complete(&self) -> Outcome {
        self.watch.complete()
    }

    /// Reads what is at hand; `None` when something has to be waited for first.
    fn start(&mut self, range: &Range<u64>) -> Result<Option<Bytes>, Broken> {
        let Some(share) = self.share.take().or_else(|| self.buffers.try_share()) else {
            self.state = State::Admission(Box::pin(Arc::clone(&self.buffers).share()));
            return Ok(None);
        };
        let wanted = range.end.saturating_sub(range.start);
        let mut buffer = share.buffer(wanted, TURN);
        let length = buffer_length(&buffer, wanted);
        match self.now(range.start, &mut buffer.as_mut()[..length])? {
            read::Now::Read(count) => {
                self.share = Some(share);
                self.hand_over(range.start, buffer, count).map(Some)
            }
            read::Now::NotAtHand => {
                // The share is worth one buffer at a time.
                drop(buffer);
                let buffer = share.buffer(wanted, COLD_TURN);
                self.share = Some(share);
                self.state = State::Cold(self.read_cold(buffer, range));
                Ok(None)
            }
        }
    }

    fn read_cold(&self, mut buffer: Buffer, range: &Range<u64>) -> Waiting<(Buffer, io::Result<Cold>)> {
        let (file, dev, offset) = (Arc::clone(self.open.file()), self.open.promised().dev, range.start);
        let wanted = range.end.saturating_sub(range.start);
        let length = buffer_length(&buffer, wanted);
        let ahead = wanted.saturating_sub(length as u64);
        let buffers = Arc::clone(&self.buffers);
        Box::pin(async move {
            let permit = buffers.cold_read().await;
            let read = tokio::task::spawn_blocking(move || {
                let answer = read::cold(&file, dev, offset, &mut buffer.as_mut()[..length], ahead);
                drop(permit);
                (buffer, answer)
            });
            match read.await {
                Ok(answer) => answer,
                // The runtime is shutting down, and the buffer went with the read.
                Err(error) => (Buffer::empty(&buffers), Err(io::Error::other(error))),
            }
        })
    }

    /// Looks at the file after a read, and lets the octets go if they are still the promised ones.
    fn hand_over(&mut self, offset: u64, buffer: Buffer, count: usize) -> Result<Bytes, Broken> {
        let octets = &buffer.as_slice()[..count];
        self.watch.look(self.open.file(), offset, octets)?;
        if count == 0 {
            // Nothing where octets were promised, whatever the facts say.
            return Err(Broken::Truncated);
        }
        let gate = self.buffers.is_limited().then(|| Arc::clone(self.gate.get_or_insert_default()));
        Ok(buffer.into_bytes(count, gate))
    }
}

fn at_hand(open: &OpenFile, offset: u64, buffer: &mut [u8]) -> Result<read::Now, Broken> {
    read::now(open.file(), open.promised().dev, offset, buffer).map_err(Broken::Unreadable)
}

fn buffer_length(buffer: &Buffer, wanted: u64) -> usize {
    usize::try_from(wanted).unwrap_or(usize::MAX).min(buffer.as_slice().len())
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::io::Write;

    use super::super::devices::{self, Way};
    use super::*;
    use crate::facts::Facts;

    #[tokio::test]
    async fn whoever_waited_for_a_disk_asks_again_once_the_pool_need_not_wait() -> io::Result<()> {
        let mut file = tempfile::tempfile_in(env!("CARGO_MANIFEST_DIR"))?;
        file.write_all(&[7; 3 << 10])?;
        let facts = Facts::of(&file)?;
        let (dev, all) = (facts.dev, 0..facts.length);
        let buffers = Arc::new(Buffers::unlimited());
        let mut turns = Turns::begin(OpenFile::new(file, facts, true), all.end, buffers);
        turns.is_cold = true;
        // It is in memory, but nobody asks.
        assert!(matches!(turns.now(0, &mut [0]), Ok(read::Now::NotAtHand)));
        let octets = poll_fn(|cx| turns.poll(cx, &all)).await;
        assert!(octets.is_ok_and(|octets| octets.len() == 3 << 10));
        assert_eq!(turns.is_cold, devices::way(dev) == Way::Pool);
        Ok(())
    }

    #[tokio::test]
    async fn whoever_finds_nothing_in_memory_does_not_ask_again() -> io::Result<()> {
        let file = tempfile::tempfile_in(env!("CARGO_MANIFEST_DIR"))?;
        let facts = Facts::of(&file)?;
        let mut turns = Turns::begin(OpenFile::new(file, facts, true), 1, Arc::new(Buffers::unlimited()));
        assert!(!turns.is_cold);
        // Behind the end of a file there is nothing in memory.
        assert!(matches!(turns.now(0, &mut [0]), Ok(read::Now::NotAtHand)));
        assert!(turns.is_cold);
        Ok(())
    }
}
