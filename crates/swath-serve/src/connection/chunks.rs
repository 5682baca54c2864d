//! The chunked coding of a response on its way out (RFC 9112 §7.1): where its content is, and its end.
//!
//! Comes in: the octets the engine writes after a head. Goes out: each stretch of them with what it is. The
//! engine makes the framing, so it is followed, not checked: no extensions and no trailer fields are sent.

/// Follows one message in chunks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Chunks {
    place: Place,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// In the line that gives a chunk's length, of which this much has been read.
    Length(u64),
    /// In a chunk's content; this much of it is left.
    Content(u64),
    /// In the line end after a chunk's content.
    After,
    /// In the empty line that ends the message.
    Last,
    /// Past it.
    Over,
}

impl Default for Place {
    fn default() -> Self {
        Place::Length(0)
    }
}

impl Chunks {
    /// Says whether the message is complete.
    pub(super) fn is_over(self) -> bool {
        self.place == Place::Over
    }

    /// Reads on, and returns how many octets belong to the message; `content` is given each stretch of
    /// content.
    pub(super) fn read(&mut self, octets: &[u8], mut content: impl FnMut(&[u8])) -> usize {
        let mut at = 0;
        while let Some(rest) = octets.get(at..).filter(|rest| !rest.is_empty()) {
            at += match self.place {
                Place::Over => return at,
                Place::Content(left) => {
                    let taken = rest.len().min(usize::try_from(left).unwrap_or(usize::MAX));
                    content(&rest[..taken]);
                    let left = left - taken as u64;
                    self.place = if left == 0 { Place::After } else { Place::Content(left) };
                    taken
                }
                _ => {
                    self.framing(rest[0]);
                    1
                }
            };
        }
        at
    }

    fn framing(&mut self, octet: u8) {
        self.place = match (self.place, octet) {
            (Place::Length(0), b'\n') => Place::Last,
            (Place::Length(length), b'\n') => Place::Content(length),
            (Place::Length(length), octet) => match char::from(octet).to_digit(16) {
                Some(digit) => Place::Length(length.saturating_mul(16).saturating_add(digit.into())),
                None => Place::Length(length),
            },
            (Place::After, b'\n') => Place::default(),
            (Place::Last, b'\n') => Place::Over,
            (place, _) => place,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MESSAGE: &[u8] = b"5\r\nhello\r\n1A\r\n0\r\n\r\nHTTP/1.1 200 OK\r\n\r\nab\r\n0\r\n\r\n";

    #[test]
    fn content_is_told_from_framing_however_it_is_cut() {
        for step in 1..MESSAGE.len() {
            let (mut chunks, mut content, mut taken) = (Chunks::default(), Vec::new(), 0);
            for piece in [MESSAGE, b"HTTP/1.1 304"].concat().chunks(step) {
                taken += chunks.read(piece, |octets| content.extend_from_slice(octets));
            }
            assert_eq!(content, b"hello0\r\n\r\nHTTP/1.1 200 OK\r\n\r\nab", "{step}");
            assert_eq!((taken, chunks.is_over()), (MESSAGE.len(), true), "{step}");
        }
    }

    #[test]
    fn a_message_is_over_with_its_last_octet_and_not_before() {
        for end in 0..MESSAGE.len() {
            let mut chunks = Chunks::default();
            assert_eq!(chunks.read(&MESSAGE[..end], |_| {}), end);
            assert!(!chunks.is_over(), "{end}");
        }
    }
}
