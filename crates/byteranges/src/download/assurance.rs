//! What is known about the octets of a finished download having one origin.
//!
//! In: how each answer was bound to the identity. Out: the rung that is reported, never above the weakest answer used.

use std::fmt;

/// Names how sure it is that all octets come from one representation; later rungs say more.
///
/// From [`Compared`](Self::Compared) upwards there is never a mix. Below it, the rung is what is promised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Assurance {
    /// Only the complete length agreed.
    LengthOnly,
    /// No strong entity tag binds all answers; where it binds one of two that meet not, octets on both sides of the seam
    /// were fetched again and were equal.
    Overlap,
    /// A strong entity tag was equal on every answer; not every one was asked under a precondition.
    Compared,
    /// A strong entity tag was sent as If-Range or If-Match for every answer after the first, and was equal on all.
    Pinned,
    /// One answer held everything.
    Single,
    /// A digest of the whole was verified.
    Digest,
}

impl Assurance {
    /// The name that users see.
    pub const fn key(self) -> &'static str {
        match self {
            Self::LengthOnly => "length-only",
            Self::Overlap => "overlap",
            Self::Compared => "compared",
            Self::Pinned => "pinned",
            Self::Single => "single",
            Self::Digest => "digest",
        }
    }
}

impl fmt::Display for Assurance {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.key())
    }
}

/// Tells how one answer was bound to the identity of the download.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Proof {
    /// There was no answer at all: the octets were there, without a journal.
    Found,
    /// It came from another source, which shares no strong entity tag.
    Mirrored,
    /// No strong entity tag binds it.
    Unproved,
    /// Its strong entity tag was equal; the request carried no precondition.
    Compared,
    /// Its strong entity tag was equal, and was sent as a precondition.
    Pinned,
    /// It is the answer that the identity was taken from, with a strong entity tag.
    First,
}

impl Proof {
    /// The name used in journals.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Found => "found",
            Self::Mirrored => "mirrored",
            Self::Unproved => "unproved",
            Self::Compared => "compared",
            Self::Pinned => "pinned",
            Self::First => "first",
        }
    }

    /// Finds the proof of this name.
    pub fn from_key(key: &str) -> Option<Self> {
        [Self::Found, Self::Mirrored, Self::Unproved, Self::Compared, Self::Pinned, Self::First]
            .into_iter()
            .find(|proof| proof.key() == key)
    }

    /// Whether not even the same server speaks for it: such octets count only once they were compared, or by a digest.
    pub(super) fn is_doubtful(self) -> bool {
        self < Self::Unproved
    }
}
