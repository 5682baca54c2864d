//! One answer on its way to the socket.
//!
//! In: an answer, its source and record, and a stream whenever it takes octets. Out: all of it, or why not.
//!
//! What is at hand leaves in one write together with the head before it; what is not is read in the blocking pool. No
//! content is kept for a peer that is slow to take it: it is read again once there is room.

use std::io;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use byteranges::{Answer, Content};
use bytes::{Buf, Bytes};
use tokio::time::Instant;

use super::batch::{self, Place};
use super::lane::Lane;
use super::memory;
use super::origin::Origin;
use super::pipe::Pipe;
use super::waits::Waits;
use crate::buffers::{Buffers, TURN};
use crate::connection::{Stage, Stream, bell};
use crate::exchange::{Outcome, Record};
use crate::load::LongAnswer;
use crate::source::Source;
use crate::watch::Broken;

/// The least content of an answer that keeps its thread busy for a while: more than leaves in a few turns.
const LONG: u64 = 4 << 20;

/// The least that counts as a turn of a long answer: where a socket takes less, looking for what came meanwhile costs as much as sending it.
const TURN_LEAST: usize = TURN / 4;

/// Sends one answer; dropped before its end, it leaves its record to say that the peer has gone.
pub(super) struct Sending {
    /// What is left of the head.
    head: Vec<u8>,
    head_sent: usize,
    content: Content,
    place: Place,
    /// Octets of the file from the place on, that had to be waited for.
    chunk: Bytes,
    /// Whether a chunk is on its way: nothing else is sent before it, wherever the octets may be by now.
    waits_for_chunk: bool,
    origin: Origin,
    left: u64,
    record: Record,
    /// Tells those who deal out connections, while what is left is long.
    _long: Option<LongAnswer>,
    /// Whether nothing can be sent before the peer takes something.
    blocked: bool,
    /// Since when the peer has taken nothing of what is offered to it.
    blocked_since: Option<Instant>,
    /// Its place among the long answers of its thread, if it takes more than one turn.
    lane: Option<Lane>,
}

/// Says that an answer cannot be sent to its end, because of the file or, if the record does not say so, the peer.
struct Failed;

/// What came of a step.
enum Step {
    /// The kernel took so many octets.
    Took(usize),
    /// What comes next has to be waited for.
    NotAtHand,
    /// The kernel took so many octets, perhaps none, and takes nothing more at present.
    Blocked(usize),
}

/// What leaves next.
struct Load {
    /// How much was put together.
    gathered: usize,
    /// What the kernel sends behind that.
    pipe: Option<Pipe>,
}

impl Sending {
    /// Takes the content out of an answer, to send it behind its head; `close` says that it is the connection's last answer.
    pub(super) fn new(
        answer: &mut Answer,
        source: Option<Source>,
        record: Record,
        close: bool,
        buffers: &Arc<Buffers>,
    ) -> Self {
        let mut head = memory::take_head();
        answer.write_head(&mut head);
        if close {
            // In the place where the engine puts it: behind all others.
            head.truncate(head.len().saturating_sub(2));
            head.extend_from_slice(b"connection: close\r\n\r\n");
        }
        let content = std::mem::take(&mut answer.content);
        let left = content.length();
        let origin = Origin::new(source, &content, buffers);
        let long = (left > LONG).then(LongAnswer::begin);
        let (place, chunk) = (Place::default(), Bytes::new());
        Self {
            head,
            head_sent: 0,
            content,
            place,
            chunk,
            waits_for_chunk: false,
            origin,
            left,
            record,
            _long: long,
            blocked: false,
            blocked_since: None,
            lane: (left > TURN as u64).then(Lane::default),
        }
    }

    /// Sends the first octets of an answer whose facts were remembered, and says whether the peer is still there; `None`, and nothing was
    /// sent or recorded, where the file is not what was remembered. Its record begins in between.
    ///
    /// One look is enough. That before deciding would say what the answer is to be made of, that after reading says whether these octets
    /// belong to it; where the second finds every fact as it was remembered, the first could have found nothing else.
    pub(super) fn prove_and_send(
        &mut self,
        stream: &Stream,
        record: impl FnOnce() -> Record,
    ) -> Option<bool> {
        let sent = memory::with_batch(|batch| {
            let load = self.load(batch, TURN).ok()?;
            self.origin.prove().ok()?;
            self.record = record();
            Some(self.send(stream, &batch[..load.gathered], load.pipe))
        })?;
        let is_there = sent.is_ok();
        if !is_there {
            self.record.finish(Outcome::AbortedByPeer);
        }
        Some(is_there)
    }

    /// Sends on; ready with whether all of it has left.
    pub(super) fn poll_sent(
        &mut self,
        cx: &mut Context<'_>,
        stream: &Stream,
        waits: &mut Waits<'_>,
    ) -> Poll<bool> {
        let end = if bell::word().stage == Stage::Cutting {
            Outcome::ShutDown
        } else if let Poll::Ready(sent) = self.poll(cx, stream) {
            match sent {
                Ok(()) => return Poll::Ready(true),
                Err(Failed) => Outcome::AbortedByPeer,
            }
        } else {
            ready!(waits.poll(cx, self.blocked_since.map(|since| since + waits.limits.stalled_write_time)));
            Outcome::Stalled
        };
        // What the record says already stays.
        self.record.finish(end);
        Poll::Ready(false)
    }

    /// Sends on; ready when all has been taken or nothing more will be.
    fn poll(&mut self, cx: &mut Context<'_>, stream: &Stream) -> Poll<Result<(), Failed>> {
        // Whoever has had a turn comes back here when its thread has looked for what came meanwhile.
        if let Some(lane) = &mut self.lane {
            lane.leave();
        }
        let mut turn = TURN;
        while self.is_under_way() {
            if self.waits_for_chunk {
                self.chunk = ready!(self.poll_chunk(cx)).map_err(|broken| self.abort(broken))?;
                self.waits_for_chunk = false;
            }
            if self.blocked {
                ready!(stream.poll_writable(cx)).map_err(|_| Failed)?;
                self.blocked = false;
            }
            if let Some(lane) = &mut self.lane {
                ready!(lane.poll_enter(cx));
            }
            turn = turn.saturating_sub(self.stepped_on(stream, turn)?);
            if turn > 0 && !self.blocked && !self.waits_for_chunk {
                continue;
            }
            let had_turn = turn == 0 || (self.lane.is_some() && turn <= TURN - TURN_LEAST);
            if had_turn && self.is_under_way() {
                // One turn, then the next connection's: a fast peer of a long answer does not have the thread to itself.
                Lane::pause(cx);
                return Poll::Pending;
            }
            if let Some(lane) = &mut self.lane {
                lane.leave();
            }
        }
        self.record.finish(self.origin.complete());
        Poll::Ready(Ok(()))
    }

    /// Sends so many octets at most, says how many that were, and takes note of what has to be waited for.
    fn stepped_on(&mut self, stream: &Stream, most: usize) -> Result<usize, Failed> {
        let taken = match self.step(stream, most)? {
            Step::Took(octets) => octets,
            Step::NotAtHand => {
                self.waits_for_chunk = true;
                self.blocked_since = None;
                return Ok(0);
            }
            Step::Blocked(octets) => {
                self.blocked = true;
                octets
            }
        };
        if taken > 0 {
            self.blocked_since = None;
        }
        if self.blocked {
            self.blocked_since.get_or_insert_with(Instant::now);
        }
        Ok(taken)
    }

    fn is_under_way(&self) -> bool {
        self.left > 0 || self.head_sent < self.head.len()
    }

    fn step(&mut self, stream: &Stream, turn: usize) -> Result<Step, Failed> {
        if !self.chunk.is_empty() {
            let chunk = self.chunk.slice(..self.chunk.len().min(turn));
            return self.send(stream, &chunk, None);
        }
        memory::with_batch(|batch| {
            let load = self.load(batch, turn).map_err(|broken| self.abort(broken))?;
            if load.gathered == 0 && load.pipe.is_none() {
                return Ok(Step::NotAtHand);
            }
            self.send(stream, &batch[..load.gathered], load.pipe)
        })
    }

    /// Puts together what leaves next, as far as it is at hand, with one look at the file after all of it was read.
    fn load(&mut self, batch: &mut [u8], turn: usize) -> Result<Load, Broken> {
        let head = &self.head[self.head_sent..];
        let batch::Gathered { count, next, unseen } =
            batch::gather(batch, head, &self.content, self.place, &mut self.origin)?;
        let pipe = match next.kernels_range(&self.content, &self.origin) {
            Some(range) => self.origin.lift(&range, turn)?,
            None => None,
        };
        match unseen {
            Some((offset, octets)) => self.origin.look(offset, &batch[octets])?,
            None if pipe.is_some() => self.origin.look(0, &[])?,
            None => {}
        }
        Ok(Load { gathered: count, pipe })
    }

    /// Sends octets at hand, and behind them what a pipe holds.
    fn send(&mut self, stream: &Stream, octets: &[u8], pipe: Option<Pipe>) -> Result<Step, Failed> {
        let mut all = 0;
        if !octets.is_empty() {
            let sent = stream.try_send(octets, self.has_more_than(octets.len()));
            match self.stepped(sent)? {
                Step::Took(taken) if taken == octets.len() => all = taken,
                step => return Ok(step),
            }
        }
        let Some(mut pipe) = pipe else { return Ok(Step::Took(all)) };
        while pipe.held() > 0 {
            match self.stepped(pipe.send(stream))? {
                Step::Took(taken) => all += taken,
                _ => return Ok(Step::Blocked(all)),
            }
        }
        pipe.give();
        Ok(Step::Took(all))
    }

    /// Says whether there is more to send than so many octets.
    fn has_more_than(&self, octets: usize) -> bool {
        (self.head.len() - self.head_sent) as u64 + self.left > octets as u64
    }

    /// Takes note of what came of sending.
    fn stepped(&mut self, sent: io::Result<usize>) -> Result<Step, Failed> {
        match sent {
            Ok(octets) => {
                self.took(octets);
                Ok(Step::Took(octets))
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(Step::Blocked(0)),
            Err(_) => Err(Failed),
        }
    }

    /// Waits for the next octets of the range under way.
    fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Result<Bytes, Broken>> {
        match self.place.range(&self.content) {
            Some(range) => self.origin.poll_chunk(cx, &range),
            None => Poll::Ready(Err(Broken::Truncated)),
        }
    }

    /// Takes note of octets that the kernel took.
    fn took(&mut self, octets: usize) {
        let of_head = octets.min(self.head.len() - self.head_sent);
        if of_head > 0 {
            self.head_sent += of_head;
            if self.head_sent == self.head.len() && self.record.is_detailed() {
                self.record.wrote_head();
            }
        }
        let of_content = (octets - of_head) as u64;
        if of_content == 0 {
            return;
        }
        self.chunk.advance((of_content as usize).min(self.chunk.len()));
        if self.chunk.is_empty() {
            // Its memory goes back to the budget: the next chunk waits for that.
            self.chunk = Bytes::new();
        }
        self.place.advance(&self.content, of_content);
        self.left = self.left.saturating_sub(of_content);
        self.record.add_sent(of_content);
    }

    fn abort(&mut self, broken: Broken) -> Failed {
        let (outcome, cause) = broken.into_outcome();
        self.record.abort(outcome, cause.as_ref());
        Failed
    }
}

/// Makes the end of a connection a reset if an answer is under way: also when making it panics, it must not look complete.
pub(super) struct Guard<'a> {
    stream: Option<&'a Stream>,
}

impl<'a> Guard<'a> {
    pub(super) fn new(stream: &'a Stream) -> Self {
        Self { stream: Some(stream) }
    }

    /// Takes note that the answer has left.
    pub(super) fn done(mut self) {
        self.stream = None;
    }
}

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        if let Some(stream) = self.stream {
            stream.reset_on_close();
        }
    }
}

impl Drop for Sending {
    fn drop(&mut self) {
        memory::give_head(std::mem::take(&mut self.head));
    }
}
