//! What the writer of this crate writes is read alike in any chunks; what is cut or wrong is an error.

#![allow(clippy::arithmetic_side_effects, clippy::as_conversions, reason = "tests of small numbers")]

use http::HeaderValue;
use proptest::prelude::*;

use super::*;
use crate::{Boundary, Piece, Representation, multipart};

type Parts = Vec<(PartHead, Vec<u8>)>;

fn read(content_type: &[u8], content: &[u8], cuts: &[usize]) -> Result<Parts, MultipartError> {
    let mut reader = MultipartReader::new(content_type)?;
    let mut parts: Parts = Vec::new();
    let mut rest = content;
    let mut cuts = cuts.iter().cycle();
    while !rest.is_empty() {
        let cut = cuts.next().map_or(rest.len(), |cut| (*cut).clamp(1, rest.len()));
        let (mut chunk, after) = rest.split_at(cut);
        rest = after;
        while let Some(item) = reader.read(&mut chunk)? {
            match item {
                MultipartItem::Part(head) => parts.push((head, Vec::new())),
                MultipartItem::Content(octets) => {
                    assert!(!octets.is_empty());
                    parts.last_mut().unwrap().1.extend_from_slice(octets);
                }
            }
        }
        assert!(chunk.is_empty());
    }
    reader.finish()?;
    Ok(parts)
}

fn simple(content: &str) -> Result<Parts, MultipartError> {
    let whole = read(b"multipart/byteranges; boundary=B", content.as_bytes(), &[]);
    let by_octets = read(b"multipart/byteranges; boundary=B", content.as_bytes(), &[1]);
    assert_eq!(whole, by_octets, "{content}");
    whole
}

proptest! {
    #[test]
    fn what_is_written_is_read_in_any_chunks(
        spans in prop::collection::vec((0_u64..500, 1_u64..120), 1..6),
        typed in any::<bool>(),
        bits in any::<u128>(),
        cuts in prop::collection::vec(1_usize..90, 1..8),
    ) {
        // The file is full of what looks like delimiters of the very boundary.
        let boundary = Boundary::from_random(bits);
        let file: Vec<u8> = format!("\r\n--{boundary}--\r\n--{boundary}\r\n\r\n").bytes().cycle().take(700).collect();
        let content_type = typed.then(|| HeaderValue::from_static("video/mp4"));
        let facts = Representation { content_type: content_type.clone(), ..Representation::new(700) };
        let ranges: Vec<_> =
            spans.iter().map(|(first, length)| ByteRange::with_length(*first, *length).unwrap()).collect();
        let slice = |range: ByteRange| &file[range.first() as usize..=range.last() as usize];
        let mut sent = Vec::new();
        for piece in multipart::content(&ranges, &facts, boundary) {
            match piece {
                Piece::Literal(octets) => sent.extend_from_slice(&octets),
                Piece::Range(range) => sent.extend_from_slice(slice(range)),
            }
        }
        let expected: Parts = ranges.iter().map(|range| {
            let content_type = content_type.as_ref().map(|value| value.as_bytes().to_vec());
            (PartHead { range: *range, complete_length: Some(700), content_type }, slice(*range).to_vec())
        }).collect();
        let kind = boundary.content_type();
        prop_assert_eq!(read(kind.as_bytes(), &sent, &cuts), Ok(expected));
        // Cut anywhere before the closing delimiter is whole, it is an error, never a shorter answer.
        let closing = sent.len() - 2;
        for at in [cuts[0] % closing, closing - 1, closing / 2] {
            prop_assert_eq!(read(kind.as_bytes(), &sent[..at], &cuts), Err(MultipartError::Truncated));
        }
    }

    #[test]
    fn any_octets_give_the_same_in_any_chunks(
        content in prop::collection::vec(prop::sample::select(b"-B\r\n:x 0/".to_vec()), 0..80),
        cuts in prop::collection::vec(1_usize..9, 1..4),
    ) {
        let kind = b"multipart/byteranges; boundary=B";
        prop_assert_eq!(read(kind, &content, &[]), read(kind, &content, &cuts));
    }
}

// R-14.6-1, R-15.3.7.2-10
#[test]
fn what_may_vary_is_read() {
    let expected = |parts: &Parts| parts.len() == 1 && parts[0].0.range == ByteRange::new(2, 4).unwrap();
    for content in [
        "--B\r\nContent-Range: bytes 2-4/9\r\n\r\nabc\r\n--B--",
        "\r\n\r\n--B\r\ncontent-range:bytes 2-4/9\r\n\r\nabc\r\n--B--\r\n",
        "a preamble\r\n--Bx\r\n--B \t\r\nX-Other: 1\r\nCONTENT-RANGE:  bytes 2-4/* \r\ncontent-type: a/b\r\n\r\nabc\r\n--B--\r\nan epilogue\r\n",
        "--B\nContent-Range: bytes 2-4/9\n\nabc\n--B--\n",
        "--B\r\nContent-Range: bytes 2-4/9\r\n\r\n--B\r\n--B--",
    ] {
        assert!(simple(content).is_ok_and(|parts| expected(&parts)), "{content}");
    }
}

#[test]
fn what_is_wrong_is_refused_by_name() {
    use MultipartError as E;
    for (content, error) in [
        ("", E::Truncated),
        ("--B--\r\n", E::Truncated),
        ("no delimiter\r\n", E::Truncated),
        ("--B\r\nContent-Range: bytes 2-4/9\r\n\r\nab", E::Truncated),
        ("--B\r\nContent-Range: bytes 2-4/9\r\n\r\nabc", E::Truncated),
        ("--B\r\nContent-Range: bytes 2-4/9\r\n\r\nabc\r\n--B\r\n", E::Truncated),
        ("--B\r\nContent-Range: bytes 2-4/9\r\n\r\nabcd\r\n--B--", E::Delimiter),
        ("--B\r\nContent-Range: bytes 2-4/9\r\n\r\nabc\r\n--C--\r\n", E::Delimiter),
        ("--B\r\nContent-Type: a/b\r\n\r\nabc\r\n--B--", E::ContentRange),
        ("--B\r\nContent-Range: bytes 4-2/9\r\n\r\nabc\r\n--B--", E::ContentRange),
        ("--B\r\nContent-Range: bytes */9\r\n\r\nabc\r\n--B--", E::ContentRange),
        (
            "--B\r\nContent-Range: bytes 0-0/9\r\nContent-Range: bytes 0-0/9\r\n\r\na\r\n--B--",
            E::ContentRange,
        ),
        ("--B\r\n Content-Range: bytes 0-0/9\r\n\r\na\r\n--B--", E::Head),
        ("--B\r\nnonsense\r\n\r\na\r\n--B--", E::Head),
        (
            "--B\r\nContent-Range: bytes 0-0/9\r\n\r\na\r\n--B\r\nContent-Range: bytes 1-1/8\r\n\r\na\r\n--B--",
            E::CompleteLength,
        ),
    ] {
        assert_eq!(simple(content), Err(error), "{content}");
    }
}

// R-17.5-1
#[test]
fn everything_has_a_limit() {
    let padding = "x".repeat(5 * 1024);
    let part = "--B\r\nContent-Range: bytes 0-0/9\r\n\r\na\r\n";
    assert_eq!(simple(&format!("{padding}\r\n{part}--B--")), Err(MultipartError::Padding));
    assert_eq!(simple(&format!("{part}--B--\r\n{padding}")), Err(MultipartError::Padding));
    let head = format!("--B\r\nX: {padding}\r\nY: {padding}\r\n\r\n");
    assert_eq!(simple(&head), Err(MultipartError::HeadTooLong));
    assert!(simple(&format!("{}--B--", part.repeat(1024))).is_ok());
    assert_eq!(simple(&format!("{}--B--", part.repeat(1025))), Err(MultipartError::TooManyParts));
}
