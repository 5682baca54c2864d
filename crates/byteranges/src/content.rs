//! What an answer sends after its head: literals and ranges, in order, with the exact length.
//!
//! In: pieces from compose. Out: the one loop that every transport runs.

use bytes::Bytes;

use crate::ByteRange;

/// One stretch of an answer's content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Octets to send as they are.
    Literal(Bytes),
    /// Octets of the representation, to be read from its source.
    Range(ByteRange),
}

impl Piece {
    /// Number of octets.
    pub fn length(&self) -> u64 {
        match self {
            Self::Literal(octets) => u64::try_from(octets.len()).unwrap_or(u64::MAX),
            Self::Range(range) => range.length(),
        }
    }
}

/// Holds an answer's content: pieces to send in order, and how many octets they are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Content {
    // The first piece is apart, so that the common answers allocate nothing here.
    first: Option<Piece>,
    rest: Vec<Piece>,
    length: u64,
}

impl Content {
    /// Creates content from octets.
    pub fn literal(octets: impl Into<Bytes>) -> Self {
        let mut content = Self::default();
        content.push(Piece::Literal(octets.into()));
        content
    }

    /// Creates content that is one range of the representation.
    pub fn range(range: ByteRange) -> Self {
        let mut content = Self::default();
        content.push(Piece::Range(range));
        content
    }

    /// Creates empty content that is about to get so many pieces.
    pub(crate) fn with_room(pieces: usize) -> Self {
        Self { rest: Vec::with_capacity(pieces), ..Self::default() }
    }

    /// Adds a piece at the end; empty literals are left out.
    pub(crate) fn push(&mut self, piece: Piece) {
        let length = piece.length();
        if length == 0 {
            return;
        }
        self.length = self.length.saturating_add(length);
        match self.first {
            None => self.first = Some(piece),
            Some(_) => self.rest.push(piece),
        }
    }

    /// Number of octets, exactly.
    pub const fn length(&self) -> u64 {
        self.length
    }

    /// Whether there is nothing to send.
    pub const fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Goes through the pieces in order.
    pub fn pieces(&self) -> impl Iterator<Item = &Piece> {
        self.first.iter().chain(&self.rest)
    }
}

impl FromIterator<Piece> for Content {
    fn from_iter<T: IntoIterator<Item = Piece>>(pieces: T) -> Self {
        let mut content = Self::default();
        pieces.into_iter().for_each(|piece| content.push(piece));
        content
    }
}

impl IntoIterator for Content {
    type Item = Piece;
    type IntoIter = std::iter::Chain<std::option::IntoIter<Piece>, std::vec::IntoIter<Piece>>;

    fn into_iter(self) -> Self::IntoIter {
        self.first.into_iter().chain(self.rest)
    }
}
