//! Digest fields, for those who ask (RFC 9530): of the representation, and of one answer's content.
//!
//! In: a request that wants digests, an answer about a representation whose digest is known, and its source. Out: the
//! fields on the answer. Where the digest is not known, as without `--etag content`, nobody is made to wait for it.

use std::os::unix::fs::FileExt;
use std::sync::Arc;

use byteranges::{Answer, AskedMethod, Piece};
use http::{HeaderName, HeaderValue, StatusCode};
use sfv::{BareItem, DictSerializer, Dictionary, KeyRef, ListEntry, Parser};
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;

use crate::facts::Facts;
use crate::field_lines::FieldLines;
use crate::source::{Chunk, OpenFile, Source};

const REPR_DIGEST: HeaderName = HeaderName::from_static("repr-digest");
const CONTENT_DIGEST: HeaderName = HeaderName::from_static("content-digest");
const WANT_REPR_DIGEST: HeaderName = HeaderName::from_static("want-repr-digest");
const WANT_CONTENT_DIGEST: HeaderName = HeaderName::from_static("want-content-digest");

/// The longest content that is read once more for its digest: some ten milliseconds. Longer ones are for Repr-Digest.
const CONTENT_MAX: u64 = 16 << 20;
/// The most contents that are read at once for that: two leave cores for sending.
const WORKERS: usize = 2;
/// How much is read at a time.
const CHUNK: usize = 256 << 10;
/// The most octets of a wish that are read; a dozen algorithms fit.
const WISH_MAX: usize = 1024;

/// Computes digests beside the runtime, a few at a time.
#[derive(Debug)]
pub(super) struct Digests {
    workers: Arc<Semaphore>,
}

impl Digests {
    pub(super) fn new() -> Self {
        Self { workers: Arc::new(Semaphore::new(WORKERS)) }
    }

    /// Adds what is asked for to an answer about a representation with the digest `whole`.
    ///
    /// A 304 carries no more than validators, and neither it nor a refusal is about this content (D-416).
    // D-2, D-3, D-4, D-15.3.7, R-9530-B.2
    pub(super) async fn add(
        &self,
        asked: (AskedMethod, FieldLines<'_>),
        answer: &mut Answer,
        source: &Source,
        whole: [u8; 32],
    ) {
        if !matches!(answer.status, StatusCode::OK | StatusCode::PARTIAL_CONTENT) {
            return;
        }
        let (method, fields) = asked;
        if is_wanted(fields, &WANT_REPR_DIGEST) {
            answer.insert(REPR_DIGEST, field(&whole));
        }
        if is_wanted(fields, &WANT_CONTENT_DIGEST)
            && let Some(digest) = self.of_content(method, answer, source, whole).await
        {
            answer.insert(CONTENT_DIGEST, field(&digest));
        }
    }

    async fn of_content(
        &self,
        method: AskedMethod,
        answer: &Answer,
        source: &Source,
        whole: [u8; 32],
    ) -> Option<[u8; 32]> {
        let length = answer.content.length();
        if method == AskedMethod::Head || length == 0 {
            return Some(Sha256::digest([]).into());
        }
        if length > CONTENT_MAX {
            return None;
        }
        if answer.status == StatusCode::OK {
            return Some(whole);
        }
        let pieces: Vec<Piece> = answer.content.pieces().cloned().collect();
        let source = source.clone();
        let permit = Arc::clone(&self.workers).acquire_owned().await.ok()?;
        let job = tokio::task::spawn_blocking(move || {
            let digest = hash(&pieces, &source);
            drop(permit);
            digest
        });
        job.await.ok()?
    }
}

/// Whether a SHA-256 is among what is wanted. What is malformed wants nothing.
fn is_wanted(fields: FieldLines<'_>, name: &HeaderName) -> bool {
    if fields.first(name).is_none() {
        return false;
    }
    let lines = fields.all(name);
    let wish = lines.join(&b", "[..]);
    let read = (wish.len() <= WISH_MAX).then(|| Parser::new(&wish).parse::<Dictionary>());
    let Some(Ok(wish)) = read else { return false };
    match wish.get("sha-256") {
        Some(ListEntry::Item(item)) => match &item.bare_item {
            BareItem::Integer(weight) => (1..=10).contains(&i64::from(*weight)),
            _ => false,
        },
        _ => false,
    }
}

fn field(digest: &[u8; 32]) -> HeaderValue {
    let mut fields = DictSerializer::new();
    let _ = fields.bare_item(KeyRef::constant("sha-256"), digest.as_slice());
    let text = fields.finish().unwrap_or_default();
    HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static(""))
}

/// Hashes content as it will be sent, delimiters of parts included; nothing where the file changed or cannot be read.
fn hash(pieces: &[Piece], source: &Source) -> Option<[u8; 32]> {
    let mut hash = Sha256::new();
    let mut buffer = Vec::new();
    for piece in pieces {
        match piece {
            Piece::Literal(octets) => hash.update(octets),
            Piece::Range(range) => match source.chunk(range.first()..range.last().saturating_add(1)) {
                Chunk::Memory(octets) => hash.update(octets),
                Chunk::File { file, offset, length } => {
                    read(&mut hash, &mut buffer, file, offset, length)?;
                }
            },
        }
    }
    // What changes from now on ends the answer as it is sent.
    let is_same = match source {
        Source::File(open) => Facts::of(open.file()).is_ok_and(|facts| facts == *open.promised()),
        Source::Memory(_) => true,
    };
    is_same.then(|| hash.finalize().into())
}

fn read(
    hash: &mut Sha256,
    buffer: &mut Vec<u8>,
    open: &OpenFile,
    mut offset: u64,
    length: u64,
) -> Option<()> {
    buffer.resize(CHUNK, 0);
    let mut left = usize::try_from(length).ok()?;
    while left > 0 {
        let turn = buffer.get_mut(..left.min(CHUNK))?;
        open.file().read_exact_at(turn, offset).ok()?;
        hash.update(&*turn);
        left -= turn.len();
        offset = offset.checked_add(u64::try_from(turn.len()).ok()?)?;
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;

    use super::*;

    fn wants(lines: &[&str]) -> bool {
        let mut fields = HeaderMap::new();
        for line in lines {
            fields.append(WANT_REPR_DIGEST, HeaderValue::from_str(line).unwrap());
        }
        is_wanted(FieldLines::Map(&fields), &WANT_REPR_DIGEST)
    }

    // D-4
    #[test]
    fn a_wish_is_a_dictionary_of_weights() {
        for wish in ["sha-256=1", "sha-256=10, sha-512=3", "md5=10,sha-256=3", "sha-512=1;x, sha-256=2;y=1"] {
            assert!(wants(&[wish]), "{wish}");
        }
        assert!(wants(&["sha-512=10", "sha-256=1"]));
        for none in
            ["", "sha-256=0", "sha-256=11", "sha-256=-1", "sha-256", "sha-256=1.5", "sha-512=9", "sha-256=("]
        {
            assert!(!wants(&[none]), "{none}");
        }
        assert!(!wants(&["sha-256=1", "=="]), "malformed in one place");
        assert!(!wants(&["sha-256=10", "sha-256=0"]), "the last counts");
        assert!(!wants(&["sha-256=1, ", &"a=1,".repeat(300)]), "too long");
    }

    // R-9530-B.2
    #[test]
    fn a_field_agrees_with_the_standard() {
        let digest = Sha256::digest(b"{\"hello\": \"world\"}\n").into();
        assert_eq!(field(&digest), "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:");
    }

    #[test]
    fn a_file_that_changed_has_no_digest() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a");
        std::fs::write(&path, "0123456789").unwrap();
        let file = std::fs::File::open(&path).unwrap();
        let facts = Facts::of(&file).unwrap();
        let source = Source::File(OpenFile::new(file, facts, true));
        let pieces = [
            Piece::Literal(bytes::Bytes::from_static(b"--x")),
            Piece::Range(byteranges::ByteRange::new(2, 4).unwrap()),
        ];
        assert_eq!(hash(&pieces, &source), Some(Sha256::digest(b"--x234").into()));
        std::thread::sleep(std::time::Duration::from_millis(20));
        std::fs::write(&path, "0123456780").unwrap();
        assert_eq!(hash(&pieces, &source), None, "written to");
        std::fs::write(&path, "01").unwrap();
        assert_eq!(hash(&pieces, &source), None, "shorter");
    }
}
