//! Octets that look random and are the same in every run.
//!
//! In: a seed and a length. Out: the octets. Incompressible, so that "a small part of the file" means what it says,
//! and different at every offset, so that a range from the wrong place is seen.

use std::path::Path;

/// Gives `length` octets that depend on the seed alone (SplitMix64).
#[must_use]
pub fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut octets = Vec::with_capacity(length + 8);
    let mut state = seed;
    while octets.len() < length {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = state;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        octets.extend_from_slice(&(word ^ (word >> 31)).to_le_bytes());
    }
    octets.truncate(length);
    octets
}

/// Writes [`noise`] to a file and gives it back.
///
/// # Panics
///
/// If the file cannot be written.
pub fn noise_file(path: &Path, seed: u64, length: usize) -> Vec<u8> {
    let octets = noise(seed, length);
    std::fs::write(path, &octets).unwrap_or_else(|why| panic!("{}: {why}", path.display()));
    octets
}

/// The SHA-256 of octets, in hexadecimal digits.
#[must_use]
pub fn sha256(octets: &[u8]) -> String {
    use sha2::{Digest, Sha256};
    use std::fmt::Write;
    Sha256::digest(octets).iter().fold(String::new(), |mut digits, octet| {
        write!(digits, "{octet:02x}").expect("a string takes any text");
        digits
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_is_the_same_twice_and_of_any_length() {
        assert_eq!(noise(1, 1001), noise(1, 1001));
        assert_eq!(noise(1, 1001).len(), 1001);
        assert_ne!(noise(1, 64), noise(2, 64));
    }

    #[test]
    fn sha256_of_nothing() {
        assert_eq!(sha256(b""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }
}
