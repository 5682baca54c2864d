//! One digest: its algorithm and its octets.
//!
//! In: `sha-256=…` as a user writes it. Out: a [`Digest`].

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::GeneralPurpose;
use base64::engine::{DecodePaddingMode, GeneralPurposeConfig};

/// Reads base64 with or without padding: both are found in the wild.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Names an algorithm. Only such as nobody can find two files for; the strongest comes last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Algorithm {
    /// BLAKE3 with 32 octets.
    Blake3,
    /// SHA-256.
    Sha256,
    /// SHA-512.
    Sha512,
}

impl Algorithm {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Blake3, Self::Sha256, Self::Sha512];

    /// The name by which fields and users call it.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Blake3 => "blake3",
            Self::Sha256 => "sha-256",
            Self::Sha512 => "sha-512",
        }
    }

    /// How many octets its digests have.
    pub const fn octets(self) -> usize {
        match self {
            Self::Blake3 | Self::Sha256 => 32,
            Self::Sha512 => 64,
        }
    }

    /// Finds it by a name, with or without the hyphen, in letters of any case.
    pub fn from_name(name: &str) -> Option<Self> {
        let plain: String = name.chars().filter(|letter| *letter != '-').collect();
        Self::ALL.into_iter().find(|one| plain.eq_ignore_ascii_case(&one.key().replace('-', "")))
    }
}

/// Holds one digest, of the length that its algorithm has.
///
/// ```
/// use swath_fetch::digest::Digest;
/// let hex = "sha-256=e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
/// let base64 = "sha256=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
/// assert_eq!(hex.parse::<Digest>(), base64.parse());
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Digest {
    algorithm: Algorithm,
    value: Vec<u8>,
}

impl Digest {
    /// Takes octets for a digest; none where they are not as many as they have to be.
    pub fn new(algorithm: Algorithm, value: &[u8]) -> Option<Self> {
        (value.len() == algorithm.octets()).then(|| Self { algorithm, value: value.to_vec() })
    }

    /// For the hashers of this module, whose lengths are right by their types.
    pub(super) const fn from_parts(algorithm: Algorithm, value: Vec<u8>) -> Self {
        Self { algorithm, value }
    }

    /// Reads a value of hexadecimal digits or base64; which one it is, its length tells.
    pub fn read(algorithm: Algorithm, text: &str) -> Option<Self> {
        let value = if text.len() == 2 * algorithm.octets() {
            from_hex(text.as_bytes())?
        } else if text.len() <= algorithm.octets().div_ceil(3) * 4 {
            BASE64.decode(text).ok()?
        } else {
            return None;
        };
        Self::new(algorithm, &value)
    }

    /// Which algorithm it is of.
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Its octets.
    pub fn value(&self) -> &[u8] {
        &self.value
    }

    /// Its octets as hexadecimal digits.
    pub fn to_hex(&self) -> String {
        self.value.iter().map(|octet| format!("{octet:02x}")).collect()
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}={}", self.algorithm.key(), self.to_hex())
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

fn from_hex(digits: &[u8]) -> Option<Vec<u8>> {
    let digit = |octet: u8| char::from(octet).to_digit(16).and_then(|value| u8::try_from(value).ok());
    digits.chunks(2).map(|pair| Some(digit(*pair.first()?)? * 16 + digit(*pair.get(1)?)?)).collect()
}

/// Says why a text is no digest.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DigestError {
    /// There is no `=`.
    #[error("a digest is written ALGORITHM=VALUE, as in sha-256=9f86d0…")]
    Form,
    /// The algorithm is not known, or broken.
    #[error("`{0}` is none of sha-256, sha-512, blake3; broken ones such as md5 and sha-1 prove nothing")]
    Algorithm(String),
    /// The value is not one of the algorithm.
    #[error("a {} value has {} hexadecimal digits or {} of base64", .0.key(), 2 * .0.octets(), .0.octets().div_ceil(3) * 4)]
    Value(Algorithm),
}

impl FromStr for Digest {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, value) = text.trim().split_once(['=', ':']).ok_or(DigestError::Form)?;
        let algorithm = Algorithm::from_name(name.trim()).ok_or_else(|| {
            DigestError::Algorithm(
                name.trim().chars().take(20).filter(|letter| !letter.is_control()).collect(),
            )
        })?;
        // A Dictionary of a field has colons around the value.
        let value = value.trim();
        let value = value.strip_prefix(':').and_then(|value| value.strip_suffix(':')).unwrap_or(value);
        Self::read(algorithm, value).ok_or(DigestError::Value(algorithm))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn all_the_ways_people_write_one() {
        let due: Digest = format!("sha-256={EMPTY}").parse().unwrap();
        for text in [
            format!("SHA256={}", EMPTY.to_uppercase()),
            format!(" sha-256 = {EMPTY} "),
            format!("sha256:{EMPTY}"),
            "sha-256=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=".to_owned(),
            "sha-256=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU".to_owned(),
            "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:".to_owned(),
        ] {
            assert_eq!(text.parse().as_ref(), Ok(&due), "{text}");
        }
        assert_eq!(due.to_string(), format!("sha-256={EMPTY}"));
    }

    #[test]
    fn what_is_none_says_why() {
        assert_eq!(EMPTY.parse::<Digest>(), Err(DigestError::Form));
        assert_eq!("md5=00".parse::<Digest>(), Err(DigestError::Algorithm("md5".into())));
        let short = format!("sha-256={}", &EMPTY[1..]).parse::<Digest>().unwrap_err();
        assert_eq!(short.to_string(), "a sha-256 value has 64 hexadecimal digits or 44 of base64");
        let letters = format!("sha-256={}g", &EMPTY[1..]).parse::<Digest>();
        assert_eq!(letters, Err(DigestError::Value(Algorithm::Sha256)));
        assert_eq!("sha-512=AAAA".parse::<Digest>(), Err(DigestError::Value(Algorithm::Sha512)));
    }

    proptest! {
        #[test]
        fn every_digest_reads_back(octets in proptest::collection::vec(any::<u8>(), 64)) {
            for algorithm in Algorithm::ALL {
                let digest = Digest::new(algorithm, &octets[..algorithm.octets()]).unwrap();
                prop_assert_eq!(digest.to_string().parse::<Digest>(), Ok(digest.clone()));
                let base64 = format!("{}={}", algorithm.key(), BASE64.encode(digest.value()));
                prop_assert_eq!(base64.parse::<Digest>(), Ok(digest));
            }
        }
    }
}
