//! Where in the stream of HTTP/1.1 responses a connection's writing is.
//!
//! Comes in: the requests as they begin, the lengths of their answers, and the octets as they are taken.
//! Goes out: when an answer is complete, and which octets belong to no answer of ours: those are the
//! engine's own refusal of a bad head, which we hold back to write a better one. What leaves of each
//! answer's content is counted by the [`Tally`](crate::tally::Tally).

use std::collections::VecDeque;
use std::io::IoSlice;

/// The octets that end a response's head.
const HEAD_END: &[u8; 4] = b"\r\n\r\n";

/// Follows the responses of one HTTP/1.1 connection, in order.
#[derive(Default)]
pub(super) struct Meter {
    /// The length of each unfinished answer's content, once the answer is known.
    responses: VecDeque<Option<u64>>,
    place: Place,
}

#[derive(Clone, Copy)]
enum Place {
    /// In a head, of whose end this many octets have been taken.
    Head(usize),
    /// In a response whose head's end is known; this much of it is left, its content included.
    Left(u64),
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

    /// Notes that the latest request's answer has `content` octets of content after its head.
    pub(super) fn expect(&mut self, content: u64) {
        if let Some(latest) = self.responses.back_mut() {
            *latest = Some(content);
        }
    }

    /// Says whether every response that was begun has been handed over.
    pub(super) fn is_idle(&self) -> bool {
        self.responses.is_empty()
    }

    /// Returns how many of the octets offered belong to the first unfinished response; `None` when there is
    /// none.
    pub(super) fn allowed(&mut self, offered: &[IoSlice<'_>]) -> Option<usize> {
        let first = *self.responses.front()?;
        let total = offered.iter().fold(0usize, |sum, piece| sum.saturating_add(piece.len()));
        if let (Place::Head(seen), Some(content)) = (self.place, first)
            && let Ok(head) = head_end(seen, offered)
        {
            self.place = Place::Left(content.saturating_add(head.try_into().unwrap_or(u64::MAX)));
        }
        match self.place {
            Place::Head(_) => Some(total),
            Place::Left(left) => Some(total.min(usize::try_from(left).unwrap_or(usize::MAX))),
        }
    }

    /// Counts the first `taken` octets of what was offered, which are no more than were allowed.
    pub(super) fn take(&mut self, offered: &[IoSlice<'_>], taken: usize) {
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
                    self.place = Place::default();
                    self.responses.pop_front();
                }
            }
        }
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
        let mut meter = Meter::default();
        for content in contents {
            meter.begin();
            meter.expect(*content);
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
            meter.take(&offered, taken);
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
        meter.take(&pieces, 6);
        assert_eq!(meter.allowed(&[IoSlice::new(b"bcd")]), Some(1));
    }
}
