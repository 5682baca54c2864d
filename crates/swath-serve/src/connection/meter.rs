//! Where in the stream of HTTP/1.1 responses a connection's writing is.
//!
//! Comes in: the requests as they begin, the lengths of their answers, and the octets as they are taken. Goes out: when
//! an answer is complete, and which octets belong to no answer of ours: those are the engine's own refusal of a bad
//! head, which we hold back to write a better one. What leaves of each answer's content is counted by the
//! [`Tally`](crate::tally::Tally).

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
    /// In a head, of whose end this many octets have been seen.
    Head(usize),
    /// In content, of which this much is left.
    Content(u64),
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

    /// Returns how many of the octets offered belong to the first unfinished response; `None` when there is none.
    pub(super) fn allowed(&self, offered: &[IoSlice<'_>]) -> Option<usize> {
        let first = self.responses.front()?;
        let total = offered.iter().fold(0usize, |sum, piece| sum.saturating_add(piece.len()));
        let Some(content) = *first else { return Some(total) };
        let left = match self.place {
            Place::Content(left) => left,
            Place::Head(seen) => match head_end(seen, offered) {
                Ok(head) => content.saturating_add(head.try_into().unwrap_or(u64::MAX)),
                Err(_) => return Some(total),
            },
        };
        Some(total.min(usize::try_from(left).unwrap_or(usize::MAX)))
    }

    /// Counts `taken` octets of what was offered, no more than was allowed.
    pub(super) fn take(&mut self, offered: &[IoSlice<'_>], taken: usize) {
        let mut left = taken;
        for piece in offered {
            let taken = &piece[..left.min(piece.len())];
            left -= taken.len();
            self.take_piece(taken);
        }
    }

    fn take_piece(&mut self, mut piece: &[u8]) {
        while !piece.is_empty() {
            let Some(first) = self.responses.front().copied() else { return };
            match (self.place, first) {
                (_, None) => return,
                (Place::Head(seen), Some(content)) => match head_end(seen, &[IoSlice::new(piece)]) {
                    Err(seen) => {
                        self.place = Place::Head(seen);
                        return;
                    }
                    Ok(head) => {
                        self.place = Place::Content(content);
                        piece = &piece[head..];
                    }
                },
                (Place::Content(left), _) => {
                    let octets = left.min(piece.len().try_into().unwrap_or(u64::MAX));
                    self.place = Place::Content(left - octets);
                    piece = &piece[usize::try_from(octets).unwrap_or(piece.len())..];
                }
            }
            if let Place::Content(0) = self.place {
                self.place = Place::Head(0);
                self.responses.pop_front();
            }
        }
    }
}

/// Finds the octet after a head's end, of which `seen` octets came before; or returns how many have been seen now.
fn head_end(mut seen: usize, pieces: &[IoSlice<'_>]) -> Result<usize, usize> {
    let mut at = 0usize;
    for octet in pieces.iter().flat_map(|piece| piece.iter()) {
        at += 1;
        seen = if *octet == HEAD_END[seen] { seen + 1 } else { usize::from(*octet == HEAD_END[0]) };
        if seen == HEAD_END.len() {
            return Ok(at);
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

    /// Writes `octets` in pieces of `step`, as a socket that takes few at a time; returns what was let through.
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
