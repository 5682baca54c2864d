//! Which digest octets have.
//!
//! In: octets in order. Out: their [`Digest`].

use sha2::{Digest as _, Sha256, Sha512};

use super::{Algorithm, Digest};

/// Computes a digest, octets by octets.
///
/// ```
/// use swath_fetch::digest::{Algorithm, Hasher};
/// let mut hasher = Hasher::new(Algorithm::Sha256);
/// hasher.update(b"abc");
/// assert!(hasher.finish().to_hex().starts_with("ba7816bf"));
/// ```
#[derive(Clone, Debug)]
pub struct Hasher {
    state: State,
}

#[derive(Clone, Debug)]
enum State {
    Blake3(Box<blake3::Hasher>),
    Sha256(Sha256),
    Sha512(Sha512),
}

impl Hasher {
    /// Begins with no octets.
    pub fn new(algorithm: Algorithm) -> Self {
        Self {
            state: match algorithm {
                Algorithm::Blake3 => State::Blake3(Box::default()),
                Algorithm::Sha256 => State::Sha256(Sha256::new()),
                Algorithm::Sha512 => State::Sha512(Sha512::new()),
            },
        }
    }

    /// Takes the next octets.
    pub fn update(&mut self, octets: &[u8]) {
        match &mut self.state {
            State::Blake3(hasher) => {
                hasher.update(octets);
            }
            State::Sha256(hasher) => hasher.update(octets),
            State::Sha512(hasher) => hasher.update(octets),
        }
    }

    /// The digest of all octets taken.
    pub fn finish(self) -> Digest {
        let (algorithm, value) = match self.state {
            State::Blake3(hasher) => (Algorithm::Blake3, hasher.finalize().as_bytes().to_vec()),
            State::Sha256(hasher) => (Algorithm::Sha256, hasher.finalize().to_vec()),
            State::Sha512(hasher) => (Algorithm::Sha512, hasher.finalize().to_vec()),
        };
        Digest::from_parts(algorithm, value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_agree_with_their_standards() {
        for (algorithm, start) in [
            (Algorithm::Blake3, "6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85"),
            (Algorithm::Sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (Algorithm::Sha512, "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"),
        ] {
            let mut hasher = Hasher::new(algorithm);
            hasher.update(b"a");
            hasher.update(b"bc");
            let digest = hasher.finish();
            assert_eq!(digest.algorithm(), algorithm);
            assert!(digest.to_hex().starts_with(start), "{digest}");
            assert_eq!(digest.value().len(), algorithm.octets());
        }
    }
}
