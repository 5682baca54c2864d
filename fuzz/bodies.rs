//! What each fuzz target does with its octets: in: anything; out: nothing, or a panic that says which promise broke.
//!
//! The targets call these under libFuzzer, and `cargo test` replays the corpora through the same functions.

use std::time::{Duration, UNIX_EPOCH};

use byteranges::download::Journal;
use byteranges::{
    Answer, Asked, AskedMethod, Boundary, ContentRange, Decision, EntityTag, HttpDate, MultipartError,
    MultipartItem, MultipartReader, Outcome, PartHead, Piece, Policy, RangeSpec, RangesSpecifier,
    Representation, compose, decide, satisfy,
};

const SPECS_MAX: usize = 200;

/// Reads a Range value: what is valid is within its limits, resolves within the representation, and reads back.
pub fn specifier(octets: &[u8]) {
    let read = RangesSpecifier::parse(octets, SPECS_MAX);
    let padded = [b" ", octets, b"\t"].concat();
    assert_eq!(RangesSpecifier::parse(&padded, SPECS_MAX), read, "whitespace around the value changed it");
    match &read {
        RangesSpecifier::Bytes(set) => {
            assert!((1..=SPECS_MAX).contains(&set.count()));
            assert_eq!(set.iter().count(), set.count());
            let written: Vec<String> = set.iter().map(write).collect();
            let again = RangesSpecifier::parse(format!("bytes={}", written.join(",")).as_bytes(), SPECS_MAX);
            assert_eq!(again, read, "what was read does not read back");
            for spec in set.iter() {
                [0, 1, 10, 10_000, 1 << 53, u64::MAX].into_iter().for_each(|length| resolve(spec, length));
            }
        }
        RangesSpecifier::OtherUnit => {
            let unit = octets.split(|octet| *octet == b'=').next().unwrap_or_default();
            assert!(octets.contains(&b'=') && !unit.trim_ascii().eq_ignore_ascii_case(b"bytes"));
        }
        RangesSpecifier::Invalid | RangesSpecifier::TooMany => {}
    }
}

fn write(spec: RangeSpec) -> String {
    match spec {
        RangeSpec::Int { first, last: Some(last) } => format!("{first}-{last}"),
        RangeSpec::Int { first, last: None } => format!("{first}-"),
        RangeSpec::Suffix { length } => format!("-{length}"),
    }
}

fn resolve(spec: RangeSpec, complete: u64) {
    let range = satisfy(spec, complete);
    let due = match spec {
        RangeSpec::Int { first, .. } => first < complete,
        RangeSpec::Suffix { length } => length > 0 && complete > 0,
    };
    assert_eq!(range.is_some(), due, "{spec:?} of {complete}");
    if let Some(range) = range {
        assert!(range.first() <= range.last() && range.last() < complete);
        match spec {
            RangeSpec::Int { first, last } => {
                assert_eq!(range.first(), first);
                assert!(last.is_none_or(|last| range.last() <= last));
            }
            RangeSpec::Suffix { length } => {
                assert_eq!(range.last(), complete - 1);
                assert!(range.length() <= length);
            }
        }
    }
}

/// Answers a request. The octets are lines: first the facts, then one field per line, its name by one letter.
///
/// `Gs5,0\n` is a GET of 5 octets with a strong tag under the default policy; see [`facts`].
pub fn preconditions_decide(octets: &[u8]) {
    let mut lines = octets.split(|octet| *octet == b'\n');
    let (method, facts, policy) = facts(lines.next().unwrap_or_default());
    let mut asked = Asked::new(method);
    let mut has_range = false;
    for line in lines {
        let Some((letter, value)) = line.split_first() else { continue };
        let Some((_, name)) = LETTERS.iter().find(|(known, _)| known == letter) else { continue };
        has_range |= *name == "Range";
        asked.push(name.as_bytes(), value);
    }
    let now = UNIX_EPOCH + Duration::from_millis(1_795_262_400_500);
    let decision = decide(&asked, &facts, &policy, now);
    promises(&decision, method, has_range, &facts, &policy);
    let answer = compose(&decision, &asked, &facts, &policy, now, || Boundary::from_random(0xb0));
    check(&answer, &decision, method, &facts);
}

/// The letters that stand for the names of fields in a decide case.
pub const LETTERS: [(u8, &str); 6] = [
    (b'R', "Range"),
    (b'I', "If-Range"),
    (b'M', "If-Match"),
    (b'N', "If-None-Match"),
    (b'S', "If-Modified-Since"),
    (b'U', "If-Unmodified-Since"),
];

/// Reads `G`, `H` or another method; `s`, `w` or another letter for the tag; the length; a comma; bits of policy.
fn facts(line: &[u8]) -> (AskedMethod, Representation, Policy) {
    let method = match line.first() {
        Some(b'H') => AskedMethod::Head,
        Some(b'P') => AskedMethod::Other,
        _ => AskedMethod::Get,
    };
    let etag = match line.get(1) {
        Some(b'w') => EntityTag::weak(b"v1"),
        Some(b's') => EntityTag::strong(b"v1"),
        _ => None,
    };
    let mut numbers = line.get(2..).unwrap_or_default().split(|octet| *octet == b',').map(|digits| {
        std::str::from_utf8(digits).ok().and_then(|digits| digits.parse::<u64>().ok()).unwrap_or(10_000)
    });
    let length = numbers.next().unwrap_or(10_000);
    let bits = numbers.next().unwrap_or(0);
    let on = |bit: u32| bits.checked_shr(bit).is_some_and(|rest| rest & 1 == 1);
    let value = http::HeaderValue::from_static;
    let representation = Representation {
        etag,
        last_modified: HttpDate::from_seconds(if on(0) { 1_795_262_400 } else { 1_795_172_400 }),
        content_type: (!on(1)).then(|| value("text/plain")),
        content_encoding: on(2).then(|| value("gzip")),
        vary: Some(value("Accept-Encoding")),
        ..Representation::new(length)
    };
    let policy = Policy {
        ranges: !on(3),
        reject_invalid: on(4),
        max_open_range: std::num::NonZeroU64::new(u64::from(on(5)) * 100),
        partial_first: std::num::NonZeroU64::new(u64::from(on(6)) * 100),
        coalesce_gap: if on(7) { 0 } else { 80 },
        ..Policy::default()
    };
    (method, representation, policy)
}

fn promises(
    decision: &Decision,
    method: AskedMethod,
    has_range: bool,
    facts: &Representation,
    policy: &Policy,
) {
    let length = facts.complete_length;
    let by_range = match &decision.outcome {
        Outcome::Single(range) => {
            assert!(range.last() < length);
            true
        }
        Outcome::Multipart(ranges) => {
            assert!(ranges.len() >= 2 && ranges.len() <= policy.parts_max);
            assert!(ranges.iter().all(|range| range.last() < length));
            let mut sorted = ranges.clone();
            sorted.sort_by_key(|range| range.first());
            for pair in sorted.windows(2) {
                assert!(pair[0].last() < pair[1].first(), "parts overlap");
                assert!(pair[0].gap_to(pair[1]) > policy.coalesce_gap, "parts that should be one");
            }
            assert!(facts.content_encoding.is_none(), "parts of a coded representation");
            true
        }
        Outcome::Unsatisfiable | Outcome::Rejected => true,
        Outcome::NotModified => {
            assert_ne!(method, AskedMethod::Other);
            false
        }
        Outcome::Whole | Outcome::PreconditionFailed => false,
    };
    let asked_in_part = has_range || policy.partial_first.is_some();
    assert!(!by_range || (method == AskedMethod::Get && policy.ranges && asked_in_part), "{decision:?}");
}

fn check(answer: &Answer, decision: &Decision, method: AskedMethod, facts: &Representation) {
    let sum: u64 = answer.content.pieces().map(Piece::length).sum();
    assert_eq!(sum, answer.content.length());
    if matches!(decision.outcome, Outcome::Multipart(_)) {
        assert!(sum <= facts.complete_length, "parts longer than the whole");
    }
    if method == AskedMethod::Head {
        assert_eq!(sum, 0);
    }
    let mut head = Vec::new();
    answer.write_head(&mut head);
    let mut lines = [httparse::EMPTY_HEADER; 64];
    let mut parsed = httparse::Response::new(&mut lines);
    assert_eq!(parsed.parse(&head), Ok(httparse::Status::Complete(head.len())));
    let response = answer.clone().into_response();
    assert_eq!(parsed.code, Some(response.status().as_u16()));
    let mut by_head: Vec<_> = parsed.headers.iter().map(|line| (line.name, line.value)).collect();
    let mut by_response: Vec<_> =
        response.headers().iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
    by_head.sort_unstable();
    by_response.sort_unstable();
    assert_eq!(by_head, by_response);
    let declared =
        response.headers().get("content-length").and_then(|value| value.to_str().ok()?.parse().ok());
    match (method, &decision.outcome) {
        (_, Outcome::NotModified) => assert_eq!((declared, sum), (None, 0)),
        (AskedMethod::Head, Outcome::Whole) => assert_eq!(declared, Some(facts.complete_length)),
        (AskedMethod::Head, _) => {}
        _ => assert_eq!(declared, Some(sum)),
    }
}

/// Reads a list of entity tags, in If-Match and in If-None-Match, against a tag of its own and one that it holds.
pub fn entity_tag_list(octets: &[u8]) {
    let strong = EntityTag::strong(b"v1");
    let matches = |list: &[u8], own: &EntityTag| {
        let facts = Representation { etag: Some(own.clone()), ..Representation::new(10) };
        let status = |name: &str| {
            let mut asked = Asked::new(AskedMethod::Get);
            asked.push(name.as_bytes(), list);
            decide(&asked, &facts, &Policy::default(), UNIX_EPOCH).outcome
        };
        let strongly = status("If-Match") == Outcome::Whole;
        let weakly = status("If-None-Match") == Outcome::NotModified;
        assert!(weakly || !strongly, "what is equal strongly is equal weakly");
        (strongly, weakly)
    };
    let Some(strong) = strong else { return };
    let (strongly, weakly) = matches(octets, &strong);
    let weak = strong.clone().into_weak();
    let is_ows = |octet: &u8| matches!(octet, b' ' | b'\t');
    let is_star = octets.iter().filter(|octet| !is_ows(octet)).eq(b"*");
    assert_eq!(matches(octets, &weak), (is_star, weakly), "a weak tag of our own never matches strongly");
    // Empty members change nothing.
    let with_empties = [b",\t, ", octets, b" ,,"].concat();
    if !is_star {
        assert_eq!(matches(&with_empties, &strong), (strongly, weakly));
    }
    if let Some(tag) = EntityTag::parse(octets) {
        assert_eq!(tag.as_header_value().as_bytes(), octets);
        assert_eq!(matches(octets, &tag), (!tag.is_weak(), true), "a tag that does not name itself");
        let in_a_list = [b"\"x,y\", ", octets, b", W/\"\""].concat();
        assert_eq!(matches(&in_a_list, &tag), (!tag.is_weak(), true), "a tag lost in a list");
        assert_eq!(tag.strong_eq(&tag), !tag.is_weak());
        assert!(tag.weak_eq(&tag.clone().into_weak()));
    }
}

/// Reads an HTTP-date: what is read is written in one form that reads back, and agrees with `httpdate`.
pub fn http_date(octets: &[u8]) {
    for clock in [0, 1_795_262_400, 253_402_300_799] {
        let Some(now) = HttpDate::from_seconds(clock) else { continue };
        let Some(date) = HttpDate::parse(octets, now) else { continue };
        assert_eq!(HttpDate::parse(date.to_string().as_bytes(), now), Some(date));
        assert_eq!(HttpDate::from_seconds(date.seconds()), Some(date));
        let text = String::from_utf8_lossy(octets);
        let other = httpdate::parse_http_date(&text).ok().and_then(HttpDate::from_system_time);
        if text.contains("day, ") {
            // R-13.1.3-3: never more than fifty years ahead, and two digits that are those of the year.
            assert!(date.seconds() <= clock + 51 * 31_556_952, "{text} under {clock} is {date}");
            assert!(other.is_none_or(|other| other.seconds().abs_diff(date.seconds()) % 86_400 == 0));
        } else {
            assert_eq!(other, Some(date));
        }
    }
}

/// Reads multipart content with the boundary `B`, in chunks as long as the first octet says and as a whole: both give
/// the same parts, each as long as its Content-Range says.
pub fn multipart(octets: &[u8]) {
    let Some((size, content)) = octets.split_first() else { return };
    let whole = parts(content, content.len().max(1));
    assert_eq!(whole, parts(content, usize::from(*size).max(1)), "chunks matter");
    let (parts, end) = whole;
    let cut = usize::from(end.is_err());
    for (head, octets) in parts.iter().rev().skip(cut) {
        assert_eq!(u64::try_from(octets.len()), Ok(head.range.length()), "a part of another length");
    }
    for pair in parts.windows(2) {
        let lengths = pair[0].0.complete_length.zip(pair[1].0.complete_length);
        assert!(lengths.is_none_or(|(one, other)| one == other), "parts of two representations");
    }
    assert!(end.is_err() || !parts.is_empty(), "whole, and without a part");
}

type Parts = Vec<(PartHead, Vec<u8>)>;

fn parts(content: &[u8], size: usize) -> (Parts, Result<(), MultipartError>) {
    let mut reader = match MultipartReader::new(b"multipart/byteranges; boundary=B") {
        Ok(reader) => reader,
        Err(error) => return (Vec::new(), Err(error)),
    };
    let mut parts: Parts = Vec::new();
    for mut chunk in content.chunks(size) {
        loop {
            match reader.read(&mut chunk) {
                Ok(Some(MultipartItem::Part(head))) => parts.push((head, Vec::new())),
                Ok(Some(MultipartItem::Content(octets))) => {
                    if let Some((_, content)) = parts.last_mut() {
                        content.extend_from_slice(octets);
                    }
                }
                Ok(None) => break,
                Err(error) => return (parts, Err(error)),
            }
        }
    }
    (parts, reader.finish())
}

/// Reads a Content-Range: what is read makes sense, and reads back from what it is written as.
pub fn content_range(octets: &[u8]) {
    let Some(read) = ContentRange::parse(octets) else { return };
    assert_eq!(
        ContentRange::parse(read.to_string().as_bytes()),
        Some(read),
        "what was read does not read back"
    );
    if let ContentRange::Range { range, complete_length } = read {
        assert!(range.first() <= range.last() && complete_length.is_none_or(|length| range.last() < length));
    }
}

/// Reads a journal: only whole good lines count, and what is cut off or appended changes nothing before it.
pub fn journal(octets: &[u8]) {
    let Some(read) = Journal::read(octets) else { return };
    assert!(read.good <= octets.len() && octets[..read.good].ends_with(b"\n"));
    assert_eq!(Journal::read(&octets[..read.good]).as_ref(), Some(&read), "the tail matters");
    let torn = Journal::read(&octets[..read.good - 1]);
    assert!(torn.is_none_or(|torn| torn.good < read.good), "a torn line is believed");
    let complete_length = read.identity.complete_length;
    for held in &read.held {
        assert!(complete_length.is_none_or(|length| held.range.last() < length), "held past the end");
    }
}
