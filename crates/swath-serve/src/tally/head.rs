//! Where the head of a response ends, among octets that leave in any pieces.
//!
//! In: octets of a head, and what follows it. Out: whether the head is over, whether another follows it, and the rest.

/// How many octets of a status line it takes to tell an interim response.
const STATUS_CLASS: usize = "HTTP/1.1 2".len();

/// Finds where a response head ends, in however many writes it leaves.
#[derive(Default)]
pub(super) struct Head {
    /// The octets of the status line up to the status class, which tells an interim response.
    start: Vec<u8>,
    /// How many octets of the closing CR LF CR LF have been seen.
    matched: usize,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum HeadEnd {
    NotYet,
    Interim,
    Final,
}

impl Head {
    /// Reads on in a head; gives what follows it once it has ended.
    pub(super) fn read<'a>(&mut self, octets: &'a [u8]) -> (HeadEnd, &'a [u8]) {
        let missing = STATUS_CLASS.saturating_sub(self.start.len()).min(octets.len());
        self.start.extend_from_slice(octets.get(..missing).unwrap_or_default());
        // The usual case, and the quick one: a head leaves whole.
        if self.matched == 0
            && let Some(at) = memchr::memmem::find(octets, b"\r\n\r\n")
        {
            return self.ended(octets, at + 4);
        }
        for (index, octet) in octets.iter().enumerate() {
            self.matched = match (octet, self.matched) {
                (b'\r', 2) => 3,
                (b'\r', _) => 1,
                (b'\n', 1) => 2,
                (b'\n', 3) => return self.ended(octets, index + 1),
                _ => 0,
            };
        }
        (HeadEnd::NotYet, &[])
    }

    fn ended<'a>(&mut self, octets: &'a [u8], end: usize) -> (HeadEnd, &'a [u8]) {
        let interim = self.start.get(STATUS_CLASS - 1) == Some(&b'1');
        *self = Self::default();
        (if interim { HeadEnd::Interim } else { HeadEnd::Final }, octets.get(end..).unwrap_or_default())
    }
}
