//! Where in the stream of HTTP/1.1 responses a connection's writing is.
//!
//! Comes in: the requests as they begin, the lengths of their answers, and the octets as they are taken.
//! Goes out: when an answer is complete, and which octets belong to no answer of ours: those are the
//! engine's own refusal of a bad head, which we hold back to write a better one. What leaves of each
//! answer's content is counted by the [`Tally`](crate::tally::Tally).

use std::collections::VecDeque;
use std::io::IoSlice;

use super::chunks::Chunks;

/// The octets that end a response's head.
const HEAD_END: &[u8; 4] = b"\r\n\r\n";

/// What follows a response's head on the wire (RFC 9112 §6.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Follows {
    /// This many octets of content.
    Octets(u64),
    /// Content of unknown length, in chunks.
    Chunks,
    /// Content of unknown length, until the connection ends.
    UntilClose,
}

/// Follows the responses of one HTTP/1.1 connection, in order.
#[derive(Default)]
pub(super) struct Meter {
    /// What follows each unfinished answer's head, once the answer is known.
    responses: VecDeque<Option<Follows>>,
    place: Place,
}

#[derive(Clone, Copy)]
enum Place {
    /// In a head, of whose end this many octets have been taken.
    Head(usize),
    /// In a response whose head's end is known; this much of it is left, its content included.
    Left(u64),
    /// In a response in chunks; this much of its head is left.
    Chunked(usize, Chunks),
    /// In a response that ends with the connection.
    UntilClose,
}

impl Default for Place {
    fn default() -> Self {
        Place::Head(0)
    }
}

impl Meter {
    /// Notes that a request has begun.
    pub(super) fn begin(&mut self) {
        self.responses.push_back(None);
    }

    /// Notes what follows the head of the latest request's answer.
    pub(super) fn expect(&mut self, follows: Follows) {
        if let Some(latest) = self.responses.back_mut() {
            *latest = Some(follows);
        }
    }

    /// Says whether every response that was begun has been handed over.
    pub(super) fn is_idle(&self) -> bool {
        self.responses.is_empty()
    }

    /// Notes that the engine has ended the connection in good order, which completes a response that ends
    /// with it.
    pub(super) fn closed(&mut self) {
        if matches!(self.place, Place::UntilClose) {
            self.next();
        }
    }

    /// Returns how many of the octets offered belong to the first unfinished response; `None` when there is
    /// none.
    pub(super) fn allowed(&mut self, offered: &[IoSlice<'_>]) -> Option<usize> {
        let first = *self.responses.front()?;
        let total = offered.iter().fold(0usize, |sum, piece| sum.saturating_add(piece.len()));
        if let (Place::Head(seen), Some(follows)) = (self.place, first)
            && let Ok(head) = head_end(seen, offered)
        {
            self.place = match follows {
                Follows::Octets(content) => {
                    Place::Left(content.saturating_add(head.try_into().unwrap_or(u64::MAX)))
                }
                Follows::Chunks => Place::Chunked(head, Chunks::default()),
                Follows::UntilClose => Place::UntilClose,
            };
        }
        match self.place {
            Place::Head(_) | Place::UntilClose => Some(total),
            Place::Left(left) => Some(total.min(usize::try_from(left).unwrap_or(usize::MAX))),
            Place::Chunked(mut head, mut chunks) => {
                let of_message = |piece: &IoSlice<'_>| {
                    let of_head = head.min(piece.len());
                    head -= of_head;
                    of_head.saturating_add(chunks.read(&piece[of_head..], |_| {}))
                };
                Some(offered.iter().map(of_message).fold(0, usize::saturating_add))
            }
        }
    }

    /// Counts the first `taken` octets of what was offered, which are no more than were allowed. `seen` is
    /// given them in order, without the framing of chunks.
    pub(super) fn take(&mut self, offered: &[IoSlice<'_>], taken: usize, mut seen: impl FnMut(&[u8])) {
        if let Place::Chunked(mut head, mut chunks) = self.place {
            for piece in pieces(offered, taken) {
                let (of_head, rest) = piece.split_at(head.min(piece.len()));
                head -= of_head.len();
                seen(of_head);
                chunks.read(rest, &mut seen);
            }
            self.place = Place::Chunked(head, chunks);
            if chunks.is_over() {
                self.next();
            }
            return;
        }
        pieces(offered, taken).for_each(&mut seen);
        match self.place {
            Place::Head(seen) => {
                let seen =
                    pieces(offered, taken).fold(seen, |seen, piece| scan(seen, piece).err().unwrap_or(0));
                self.place = Place::Head(seen);
            }
            Place::Left(left) => {
                let left = left.saturating_sub(taken.try_into().unwrap_or(u64::MAX));
                self.place = Place::Left(left);
                if left == 0 {
                    self.next();
                }
            }
            Place::UntilClose | Place::Chunked(..) => {}
        }
    }

    fn next(&mut self) {
        self.place = Place::default();
        self.responses.pop_front();
    }
}

/// Returns the first `count` octets of `all`, piece by piece.
fn pieces<'a>(all: &'a [IoSlice<'_>], count: usize) -> impl Iterator<Item = &'a [u8]> {
    let mut left = count;
    all.iter().map(move |piece| {
        let taken = &piece[..left.min(piece.len())];
        left -= taken.len();
        taken
    })
}

/// Finds the octet after a head's end, of which `seen` octets came before; or returns how many have been
/// seen now.
fn head_end(mut seen: usize, offered: &[IoSlice<'_>]) -> Result<usize, usize> {
    // The usual case, and the quick one: a head is offered whole.
    if let (0, Some(first)) = (seen, offered.first())
        && let Some(at) = memchr::memmem::find(first, HEAD_END)
    {
        return Ok(at + HEAD_END.len());
    }
    let mut before = 0usize;
    for piece in offered {
        match scan(seen, piece) {
            Ok(at) => return Ok(before + at),
            Err(now) => seen = now,
        }
        before += piece.len();
    }
    Err(seen)
}

/// Looks for a head's end octet by octet, as [`head_end`] does.
fn scan(mut seen: usize, piece: &[u8]) -> Result<usize, usize> {
    for (at, octet) in piece.iter().enumerate() {
        seen = if *octet == HEAD_END[seen] { seen + 1 } else { usize::from(*octet == HEAD_END[0]) };
        if seen == HEAD_END.len() {
            return Ok(at + 1);
        }
    }
    Err(seen)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expecting(contents: &[u64]) -> Meter {
        follows(contents.iter().map(|content| Follows::Octets(*content)))
    }

    fn follows(all: impl IntoIterator<Item = Follows>) -> Meter {
        let mut meter = Meter::default();
        for one in all {
            meter.begin();
            meter.expect(one);
        }
        meter
    }

    /// Writes `octets` in pieces of `step`, as a socket that takes few at a time; returns what was let
    /// through.
    fn write(meter: &mut Meter, octets: &[u8], step: usize) -> usize {
        let mut at = 0;
        while at < octets.len() {
            let offered = [IoSlice::new(&octets[at..])];
            let Some(allowed) = meter.allowed(&offered) else { return at };
            let taken = allowed.min(step);
            assert!(taken > 0);
            meter.take(&offered, taken, |_| {});
            at += taken;
        }
        at
    }

    const REFUSAL: &[u8] = b"HTTP/1.1 400 Bad Request\r\n\r\n";
    const ANSWERS: &[u8] =
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhelloHTTP/1.1 304 Not Modified\r\n\r\n";

    #[test]
    fn what_follows_the_last_answer_is_held_back() {
        let stream = [ANSWERS, REFUSAL].concat();
        for step in 1..stream.len() {
            let mut meter = expecting(&[5, 0]);
            assert_eq!(write(&mut meter, &stream, step), ANSWERS.len(), "{step}");
            assert!(meter.is_idle());
        }
    }

    #[test]
    fn an_answer_is_unfinished_until_its_last_octet() {
        for taken in 0..ANSWERS.len() {
            let mut meter = expecting(&[5, 0]);
            assert_eq!(write(&mut meter, &ANSWERS[..taken], 3), taken);
            assert!(!meter.is_idle(), "{taken}");
        }
    }

    #[test]
    fn content_that_looks_like_a_head_is_content() {
        let mut meter = expecting(&[8]);
        assert_eq!(write(&mut meter, b"H\r\r\n\r\n\r\n\r\n\r\n\r\nrest", 3), 6 + 8);
    }

    #[test]
    fn the_end_of_a_head_is_found_across_pieces() {
        let mut meter = expecting(&[2]);
        let pieces =
            [IoSlice::new(b"H\r\n"), IoSlice::new(b"\r"), IoSlice::new(b"\nab"), IoSlice::new(b"cd")];
        assert_eq!(meter.allowed(&pieces), Some(7));
        meter.take(&pieces, 6, |_| {});
        assert_eq!(meter.allowed(&[IoSlice::new(b"bcd")]), Some(1));
    }

    const CHUNKED: &[u8] = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\
        3\r\n\r\n\r\r\n2\r\n\n!\r\n0\r\n\r\n";

    #[test]
    fn a_response_in_chunks_ends_with_its_last_chunk() {
        let stream = [CHUNKED, ANSWERS, REFUSAL].concat();
        for step in 1..stream.len() {
            let mut meter = follows([Follows::Chunks, Follows::Octets(5), Follows::Octets(0)]);
            assert_eq!(write(&mut meter, &stream, step), CHUNKED.len() + ANSWERS.len(), "{step}");
            assert!(meter.is_idle());
        }
        for end in 0..CHUNKED.len() {
            let mut meter = follows([Follows::Chunks]);
            assert_eq!(write(&mut meter, &CHUNKED[..end], 7), end);
            assert!(!meter.is_idle(), "{end}");
        }
    }

    #[test]
    fn the_framing_of_chunks_is_kept_from_whoever_counts_content() {
        let head = CHUNKED.len() - b"3\r\n\r\n\r\r\n2\r\n\n!\r\n0\r\n\r\n".len();
        for step in 1..CHUNKED.len() {
            let (mut meter, mut seen) = (follows([Follows::Chunks]), Vec::new());
            let mut at = 0;
            while at < CHUNKED.len() {
                let (left, right) = CHUNKED[at..].split_at((CHUNKED.len() - at) / 2);
                let offered = [IoSlice::new(left), IoSlice::new(right)];
                let taken = meter.allowed(&offered).unwrap().min(step);
                meter.take(&offered, taken, |octets| seen.extend_from_slice(octets));
                at += taken;
            }
            assert_eq!(seen, [&CHUNKED[..head], b"\r\n\r\n!"].concat(), "{step}");
        }
    }

    #[test]
    fn a_response_that_ends_with_its_connection_is_complete_only_then() {
        let mut meter = follows([Follows::UntilClose]);
        let stream = b"HTTP/1.0 200 OK\r\n\r\nany number of octets\r\n\r\n";
        assert_eq!(write(&mut meter, stream, 5), stream.len());
        assert!(!meter.is_idle());
        meter.closed();
        assert!(meter.is_idle());
    }

    #[test]
    fn a_close_completes_nothing_else() {
        for one in [Follows::Octets(5), Follows::Chunks] {
            let mut meter = follows([one]);
            write(&mut meter, b"HTTP/1.1 200 OK\r\n\r\n5\r\n", 9);
            meter.closed();
            assert!(!meter.is_idle(), "{one:?}");
        }
    }
}
