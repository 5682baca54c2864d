//! What the cases ask for: representations whose every octet is known without reading them.

use crate::answer::Slice;

/// Names what a case asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fixture {
    /// No octets.
    F0,
    /// The ten digits; a strong tag and an old modification date.
    F10,
    /// 2,048 octets.
    F2048,
    /// 10,000 octets.
    F10k,
    /// 10,000 octets that look like the line breaks and delimiters of a multipart.
    FCrlf,
    /// 2³³ + 5 octets, nearly all of them zero.
    FBig,
    /// 2⁵³ + 10 octets, nearly all of them zero.
    FHuge,
    /// 10,000 octets of text, not coded; the same target as [`Fixture::FGzGzip`].
    FGzIdentity,
    /// The same text coded with gzip.
    FGzGzip,
    /// [`Fixture::F10`] modified just now: its tag is weak, its date no strong validator.
    FNew,
    /// [`Fixture::F10`] with a modification date of tomorrow.
    FFuture,
    /// [`Fixture::F10`] with a modification date and no tag.
    FDate,
    /// [`Fixture::F10`] without validators.
    FNov,
    /// [`Fixture::F10`] with a weak tag.
    FWeak,
    /// [`Fixture::F10`] where ranges are switched off.
    Dyn,
    /// A directory named without its final slash.
    Dir,
    /// Nothing.
    Missing,
}

/// The octets at the places of the big fixtures that are not zero, other than their ends.
const MARK: &[u8] = b"BORDER";
/// Where [`MARK`] stands: across the last offset that 32 bits can name.
pub(crate) const MARK_AT: u64 = 4_294_967_295;
/// The last octets of the big fixtures.
pub(crate) const END: &[u8] = b"END!\n";
const CODED: &[u8] = include_bytes!("../fixtures/coded.txt.gz");
const TEXT: &[u8] = include_bytes!("../fixtures/coded.txt");

impl Fixture {
    /// Every fixture.
    pub const ALL: [Self; 17] = [
        Self::F0,
        Self::F10,
        Self::F2048,
        Self::F10k,
        Self::FCrlf,
        Self::FBig,
        Self::FHuge,
        Self::FGzIdentity,
        Self::FGzGzip,
        Self::FNew,
        Self::FFuture,
        Self::FDate,
        Self::FNov,
        Self::FWeak,
        Self::Dyn,
        Self::Dir,
        Self::Missing,
    ];

    /// The name in the tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::F0 => "F0",
            Self::F10 => "F10",
            Self::F2048 => "F2048",
            Self::F10k => "F10k",
            Self::FCrlf => "FCRLF",
            Self::FBig => "FBIG",
            Self::FHuge => "FHUGE",
            Self::FGzIdentity => "FGZ-identity",
            Self::FGzGzip => "FGZ-gzip",
            Self::FNew => "FNEW",
            Self::FFuture => "FFUTURE",
            Self::FDate => "FDATE",
            Self::FNov => "FNOV",
            Self::FWeak => "FWEAK",
            Self::Dyn => "DYN",
            Self::Dir => "DIR",
            Self::Missing => "404",
        }
    }

    pub(crate) fn named(name: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|fixture| fixture.name() == name);
        found.ok_or_else(|| format!("no fixture is called `{name}`"))
    }

    /// The target of a request for it, on a server whose root [`crate::disk::lay_out`] made.
    pub fn target(self) -> &'static str {
        match self {
            Self::F0 => "/f0.bin",
            Self::F10 => "/f10.txt",
            Self::F2048 => "/f2048.bin",
            Self::F10k => "/f10k.bin",
            Self::FCrlf => "/crlf.bin",
            Self::FBig => "/big.bin",
            Self::FHuge => "/huge.bin",
            Self::FGzIdentity | Self::FGzGzip => "/coded.txt",
            Self::FNew => "/new.txt",
            Self::FFuture => "/future.txt",
            Self::FDate => "/date.txt",
            Self::FNov => "/nov.txt",
            Self::FWeak => "/weak.txt",
            Self::Dyn => "/dyn.txt",
            Self::Dir => "/dir",
            Self::Missing => "/missing.txt",
        }
    }

    /// The complete length of its representation; `None` where there is no representation.
    pub fn length(self) -> Option<u64> {
        match self {
            Self::F0 => Some(0),
            Self::F2048 => Some(2_048),
            Self::F10k | Self::FCrlf => Some(10_000),
            Self::FBig => Some((1 << 33) + 5),
            Self::FHuge => Some((1 << 53) + 10),
            Self::FGzIdentity => u64::try_from(TEXT.len()).ok(),
            Self::FGzGzip => u64::try_from(CODED.len()).ok(),
            Self::Dir | Self::Missing => None,
            Self::F10 | Self::FNew | Self::FFuture | Self::FDate | Self::FNov | Self::FWeak | Self::Dyn => {
                Some(10)
            }
        }
    }

    /// The octets of a slice of it, made without the rest.
    pub fn slice(self, slice: Slice) -> Vec<u8> {
        (slice.first..=slice.last).map(|offset| self.octet(offset)).collect()
    }

    /// All its octets; only for fixtures that are small.
    pub fn whole(self) -> Vec<u8> {
        (0..self.length().unwrap_or(0)).map(|offset| self.octet(offset)).collect()
    }

    /// The octet at an offset; zero beyond the end.
    pub(crate) fn octet(self, offset: u64) -> u8 {
        match self {
            Self::F2048 | Self::F10k => u8::try_from(offset % 251).unwrap_or(0),
            Self::FCrlf => cycled(b"\r\n--swath--\r\n", offset),
            Self::FBig | Self::FHuge => sparse(offset, self.length().unwrap_or(0)),
            Self::FGzIdentity => at(TEXT, offset),
            Self::FGzGzip => at(CODED, offset),
            Self::F0 | Self::Dir | Self::Missing => 0,
            Self::F10 | Self::FNew | Self::FFuture | Self::FDate | Self::FNov | Self::FWeak | Self::Dyn => {
                at(b"0123456789", offset)
            }
        }
    }

    /// The content coding of its representation.
    pub fn coding(self) -> Option<&'static str> {
        (self == Self::FGzGzip).then_some("gzip")
    }

    /// Whether it is served with ranges.
    pub fn has_ranges(self) -> bool {
        self != Self::Dyn
    }
}

fn at(octets: &[u8], offset: u64) -> u8 {
    usize::try_from(offset).ok().and_then(|offset| octets.get(offset)).copied().unwrap_or(0)
}

fn cycled(pattern: &[u8], offset: u64) -> u8 {
    u64::try_from(pattern.len()).map_or(0, |length| at(pattern, offset % length))
}

fn sparse(offset: u64, length: u64) -> u8 {
    let end_at = length.saturating_sub(5);
    match (offset.checked_sub(end_at), offset.checked_sub(MARK_AT)) {
        (Some(within), _) => at(END, within),
        (None, Some(within)) => at(MARK, within),
        (None, None) => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn octets_are_the_same_whole_and_sliced() {
        for fixture in [Fixture::F10, Fixture::F2048, Fixture::FCrlf, Fixture::FGzGzip] {
            let (whole, of) = (fixture.whole(), fixture.length().unwrap());
            assert_eq!(fixture.slice(Slice { first: 3, last: 8, of }), whole[3..=8], "{}", fixture.name());
        }
        assert_eq!(Fixture::FBig.slice(Slice::read("4294967295-4294967300/8589934597").unwrap()), MARK);
        assert_eq!(
            Fixture::FHuge.slice(Slice::read("9007199254740997-9007199254741001/9007199254741002").unwrap()),
            END
        );
    }

    #[test]
    fn every_fixture_is_asked_for_by_some_case() {
        let rows = crate::rows().unwrap();
        for fixture in Fixture::ALL {
            assert!(rows.iter().any(|row| row.fixture == fixture), "{}", fixture.name());
        }
    }
}
