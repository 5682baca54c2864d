//! Accept-Encoding (§12.5.3): which content codings a client takes, and how gladly.
//!
//! In: the lines of the field as they came. Out: an [`AcceptEncoding`], which orders the codings that we hold.

/// The most members read from one request; a field with more is disregarded, and the answer is not coded.
///
/// Browsers send five. The bound keeps the work for one request small.
pub const MEMBERS_MAX: usize = 64;

/// Names a content coding that a sidecar may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Coding {
    /// Brotli, in `.br` (RFC 7932).
    Brotli,
    /// Zstandard, in `.zst` (RFC 8878).
    Zstandard,
    /// Gzip, in `.gz` (RFC 1952).
    Gzip,
}

impl Coding {
    /// All codings, in the order in which we prefer them where the client does not care: the smallest result first.
    pub const ALL: [Self; 3] = [Self::Brotli, Self::Zstandard, Self::Gzip];

    /// The value of Content-Encoding.
    pub const fn token(self) -> &'static str {
        match self {
            Self::Brotli => "br",
            Self::Zstandard => "zstd",
            Self::Gzip => "gzip",
        }
    }

    /// What is added to a file's name to name its sidecar, dot included.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Brotli => ".br",
            Self::Zstandard => ".zst",
            Self::Gzip => ".gz",
        }
    }

    const fn index(self) -> usize {
        match self {
            Self::Brotli => 0,
            Self::Zstandard => 1,
            Self::Gzip => 2,
        }
    }
}

/// How gladly something is taken, in thousandths; 0 is "not at all".
type Weight = u16;

const FULL: Weight = 1000;

/// Holds the weights that one request gives to the codings that we know.
///
/// Members that are not written as §12.4.2 and §12.5.3 say are passed over: the field is a wish, and the worst
/// outcome is an answer that is not coded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AcceptEncoding {
    codings: [Option<Weight>; 3],
    identity: Option<Weight>,
    any: Option<Weight>,
}

impl AcceptEncoding {
    /// Reads the field from its lines; no line at all means that nothing but the uncoded form is asked for.
    ///
    /// §12.5.3 lets a server send any coding then, but clients that say nothing seldom decode.
    pub fn parse(lines: &[&[u8]]) -> Self {
        let mut read = Self::default();
        let members = lines.iter().flat_map(|line| line.split(|octet| *octet == b','));
        for (count, member) in members.enumerate() {
            if count == MEMBERS_MAX {
                return Self::default();
            }
            read.take(member);
        }
        read
    }

    /// The codings to look for, best first; what is less welcome than the uncoded form, or refused, is left out.
    pub fn in_order(&self) -> impl Iterator<Item = Coding> + use<> {
        // §12.5.3: a form that nobody weighs is acceptable, but anything named is more welcome.
        let identity = self.identity.or(self.any).unwrap_or(0);
        let mut wanted = Coding::ALL.map(|coding| (self.weight(coding), coding));
        wanted.sort_by_key(|(weight, coding)| (std::cmp::Reverse(*weight), *coding));
        wanted
            .into_iter()
            .filter(move |(weight, _)| *weight > 0 && *weight >= identity)
            .map(|(_, coding)| coding)
    }

    fn weight(&self, coding: Coding) -> Weight {
        self.codings.get(coding.index()).copied().flatten().or(self.any).unwrap_or(0)
    }

    /// Takes one member, `coding` or `coding;q=0.5`; the first mention of a coding counts.
    fn take(&mut self, member: &[u8]) {
        let mut pieces = member.split(|octet| *octet == b';').map(<[u8]>::trim_ascii);
        let name = pieces.next().unwrap_or_default();
        let weight = match (pieces.next(), pieces.next()) {
            (None, _) => Some(FULL),
            (Some(weight), None) => parse_weight(weight),
            _ => None,
        };
        let place = match name.to_ascii_lowercase().as_slice() {
            b"br" => &mut self.codings[Coding::Brotli.index()],
            b"zstd" => &mut self.codings[Coding::Zstandard.index()],
            b"gzip" | b"x-gzip" => &mut self.codings[Coding::Gzip.index()],
            b"identity" => &mut self.identity,
            b"*" => &mut self.any,
            _ => return,
        };
        if place.is_none() {
            *place = weight;
        }
    }
}

/// Reads `q=` and a number from 0 to 1 with at most three decimals (§12.4.2), in thousandths.
fn parse_weight(octets: &[u8]) -> Option<Weight> {
    let (name, value) = octets.split_at_checked(2)?;
    if !name.eq_ignore_ascii_case(b"q=") {
        return None;
    }
    let (whole, decimals) = value.split_first()?;
    let decimals = match decimals.split_first() {
        None => decimals,
        Some((b'.', digits)) if digits.len() <= 3 => digits,
        Some(_) => return None,
    };
    let mut thousandths: Weight = 0;
    for place in 0..3 {
        let digit = decimals.get(place).copied().unwrap_or(b'0');
        if !digit.is_ascii_digit() {
            return None;
        }
        thousandths = thousandths * 10 + Weight::from(digit - b'0');
    }
    match whole {
        b'0' => Some(thousandths),
        b'1' if thousandths == 0 => Some(FULL),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn order(field: &str) -> String {
        order_of(&[field.as_bytes()])
    }

    fn order_of(lines: &[&[u8]]) -> String {
        AcceptEncoding::parse(lines).in_order().map(Coding::token).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn codings_come_in_the_order_of_their_weights() {
        for (field, expected) in [
            ("gzip, deflate, br, zstd", "br zstd gzip"),
            ("gzip", "gzip"),
            ("GZip;Q=0.5, BR;q=0.4", "gzip br"),
            ("x-gzip", "gzip"),
            ("gzip;q=1.000, br;q=0.999", "gzip br"),
            ("gzip ; q=0.2,zstd;q=0.2", "zstd gzip"),
            ("*", "br zstd gzip"),
            ("*;q=0.5, gzip", "gzip br zstd"),
            ("*, br;q=0", "zstd gzip"),
            ("br;q=0", ""),
            ("*;q=0", ""),
            ("identity", ""),
            ("", ""),
            ("deflate", ""),
        ] {
            assert_eq!(order(field), expected, "{field}");
        }
        assert_eq!(order_of(&[]), "");
        assert_eq!(order_of(&[b"gzip", b"br;q=0.1"]), "gzip br");
    }

    #[test]
    fn the_uncoded_form_has_a_weight_too() {
        for (field, expected) in [
            ("identity;q=0, gzip;q=0.1", "gzip"),
            ("gzip;q=0.5, identity;q=0.8", ""),
            ("gzip;q=0.5, identity;q=0.5", "gzip"),
            ("br;q=0.4, gzip;q=0.6, identity;q=0.5", "gzip"),
            ("*;q=0.5, gzip;q=0.4", "br zstd"),
        ] {
            assert_eq!(order(field), expected, "{field}");
        }
    }

    #[test]
    fn members_that_are_wrong_are_passed_over() {
        for field in [
            "gzip;q=2",
            "gzip;q=1.5",
            "gzip;q=0.1234",
            "gzip;q=",
            "gzip;q=-1",
            "gzip;q",
            "gzip;q=.5",
            "gzip;level=9",
            "gzip;q=1;a=b",
            "gzip;q=0.5.5",
            "g zip",
            "gzip br",
        ] {
            assert_eq!(order(&format!("{field}, br;q=0.3")), "br", "{field}");
        }
    }

    #[test]
    fn a_field_beyond_the_limit_is_disregarded() {
        let commas = |count: usize| format!("{}gzip", ",".repeat(count));
        assert_eq!(order(&commas(MEMBERS_MAX - 1)), "gzip");
        assert_eq!(order(&commas(MEMBERS_MAX)), "");
    }

    proptest! {
        #[test]
        fn any_octets_are_read_without_harm(lines in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..64), 0..4)) {
            let lines: Vec<&[u8]> = lines.iter().map(Vec::as_slice).collect();
            let codings: Vec<Coding> = AcceptEncoding::parse(&lines).in_order().collect();
            prop_assert!(codings.len() <= 3);
        }

        /// Compares with weights read by another way: a list of pairs and the standard library's numbers.
        #[test]
        fn well_formed_fields_are_read_as_a_plain_reader_would(members in proptest::collection::vec(
            (proptest::sample::select(vec!["br", "zstd", "gzip", "identity", "*", "deflate"]), 0..=1000_u32), 0..8)) {
            let field = members.iter().map(|(name, weight)| format!("{name};q={}", f64::from(*weight) / 1000.0)).collect::<Vec<_>>().join(", ");
            let find = |name: &str| members.iter().find(|(other, _)| *other == name).map(|(_, weight)| *weight);
            let weigh = |name: &str| find(name).or_else(|| find("*")).unwrap_or(0);
            let mut expected: Vec<&str> = ["br", "zstd", "gzip"].into_iter().filter(|name| weigh(name) > 0 && weigh(name) >= weigh("identity")).collect();
            expected.sort_by_key(|name| std::cmp::Reverse(weigh(name)));
            prop_assert_eq!(order(&field), expected.join(" "));
        }
    }
}
