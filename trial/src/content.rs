//! The representations that the origin has: two versions of one file, equal in length, different in every octet's worth.
//!
//! In: nothing. Out: the same octets in every run.

use std::sync::OnceLock;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use sha2::{Digest as _, Sha256};

/// The length of the file in octets: two seconds for one connection, a quarter of one for eight.
pub const LENGTH: usize = 16 << 20;

/// How much longer the grown version is.
const GROWN: usize = 1 << 20;

/// A representation as the origin would describe it, were it honest.
#[derive(Clone, Debug)]
pub struct Representation {
    /// Its octets.
    pub content: Bytes,
    /// The value of ETag, quotes and all.
    pub etag: Option<String>,
    /// The value of Last-Modified.
    pub modified: Option<String>,
}

/// Everything the origin has to send.
#[derive(Debug)]
pub struct Held {
    /// The first version.
    pub first: Representation,
    /// The second: as long as the first, with another tag and date.
    pub second: Representation,
    /// The first half of the second version, as a version of its own.
    pub shorter: Representation,
    /// The first version with one MiB more behind it.
    pub grown: Representation,
    /// The first version in gzip's format.
    pub coded: Representation,
    /// The value of Repr-Digest for the first version.
    pub first_digest: String,
    /// The value of Repr-Digest for the second version.
    pub second_digest: String,
}

/// Gives what the origin has; made once.
pub fn content() -> &'static Held {
    static HELD: OnceLock<Held> = OnceLock::new();
    HELD.get_or_init(|| {
        let first = Bytes::from(noise(1, LENGTH + GROWN));
        let second = Bytes::from(noise(2, LENGTH));
        Held {
            first_digest: digest_field(&first.slice(..LENGTH)),
            second_digest: digest_field(&second),
            first: version(first.slice(..LENGTH), "\"one\"", "Mon, 01 Jan 2024 00:00:00 GMT"),
            second: version(second.clone(), "\"two\"", "Tue, 02 Jan 2024 00:00:00 GMT"),
            shorter: version(second.slice(..LENGTH / 2), "\"short\"", "Wed, 03 Jan 2024 00:00:00 GMT"),
            coded: version(gzip(&first.slice(..LENGTH)), "\"coded\"", "Mon, 01 Jan 2024 00:00:00 GMT"),
            grown: version(first, "\"grown\"", "Thu, 04 Jan 2024 00:00:00 GMT"),
        }
    })
}

impl Representation {
    /// The same octets under another tag, or none.
    #[must_use]
    pub fn tagged(&self, etag: Option<&str>) -> Self {
        Self { etag: etag.map(str::to_owned), ..self.clone() }
    }

    /// The same octets without a date.
    #[must_use]
    pub fn undated(&self) -> Self {
        Self { modified: None, ..self.clone() }
    }

    /// The complete length.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.content.len() as u64
    }
}

/// The value of a digest field (RFC 9530) for octets.
pub(crate) fn digest_field(octets: &[u8]) -> String {
    format!("sha-256=:{}:", STANDARD.encode(Sha256::digest(octets)))
}

fn version(content: Bytes, etag: &str, modified: &str) -> Representation {
    Representation { content, etag: Some(etag.into()), modified: Some(modified.into()) }
}

/// Octets that depend on the seed alone (SplitMix64) and do not compress.
fn noise(seed: u64, length: usize) -> Vec<u8> {
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

/// Writes octets in gzip's format (RFC 1952), stored and not compressed: what matters is that it is not the file.
fn gzip(octets: &[u8]) -> Bytes {
    let mut out = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    let mut blocks = octets.chunks(65_535).peekable();
    while let Some(block) = blocks.next() {
        let length = u16::try_from(block.len()).unwrap_or(u16::MAX);
        out.push(u8::from(blocks.peek().is_none()));
        out.extend_from_slice(&length.to_le_bytes());
        out.extend_from_slice(&(!length).to_le_bytes());
        out.extend_from_slice(block);
    }
    out.extend_from_slice(&crc32fast::hash(octets).to_le_bytes());
    out.extend_from_slice(&u32::try_from(octets.len()).unwrap_or(u32::MAX).to_le_bytes());
    out.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_differ_where_they_should() {
        let held = content();
        assert_eq!(held.first.content.len(), LENGTH);
        assert_eq!(held.second.content.len(), LENGTH);
        assert_eq!(held.grown.content[..LENGTH], held.first.content[..]);
        let same = held.first.content.iter().zip(&held.second.content).filter(|(a, b)| a == b).count();
        assert!(same < LENGTH / 200, "{same} octets are equal by chance");
    }

    #[test]
    fn the_coded_version_is_what_gunzip_reads() {
        use std::{
            io::Write,
            process::{Command, Stdio},
        };
        let mut child = Command::new("gzip")
            .arg("-dc")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("gzip runs");
        let mut stdin = child.stdin.take().expect("stdin is piped");
        let writer = std::thread::spawn(move || stdin.write_all(&gzip(b"octets")).expect("gzip reads"));
        let output = child.wait_with_output().expect("gzip ends");
        writer.join().expect("the writer ends");
        assert_eq!(output.stdout, b"octets");
    }
}
