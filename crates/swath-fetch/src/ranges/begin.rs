//! The first answer: which version it is of, what the ranges mean, and the octets that it brings.
//!
//! In: range-specs. Out: ranges and pieces.

use byteranges::{ByteRange, ByteSet, MultipartItem, MultipartLimits, MultipartReader, RangeSet, RangeSpec};
use bytes::{Bytes, BytesMut};
use http::header;

use super::pieces::{Pieces, length};
use super::plan::{self, First};
use crate::reader::{Good, ReadError, Source, Verdict};

/// The longest answer that is read whole because the server sends nothing else, and the most that is kept of a longer one.
const WHOLE_MOST: u64 = 64 << 20;
/// An answer without ranges that is no longer than this is rather read than asked for again in another way.
const SHORT: u64 = 1 << 20;

/// What the first answer brought.
pub(super) struct Begun {
    pub(super) wanted: Vec<ByteRange>,
    pub(super) pieces: Pieces,
}

/// Asks for all ranges at once; where the server does not do several, for the first.
pub(super) async fn begin(source: &Source, set: &RangeSet) -> Result<Begun, ReadError> {
    let all = plan::first(set, true);
    let several = all.several;
    match ask(source, set, all).await {
        Err(Odd::AskSingly) if several => match ask(source, set, plan::first(set, false)).await {
            Err(Odd::Error(error)) => Err(error),
            Err(Odd::AskSingly) => Err(ReadError::NoRanges),
            Ok(begun) => Ok(begun),
        },
        Err(Odd::AskSingly) => Err(ReadError::NoRanges),
        Err(Odd::Error(error)) => Err(error),
        Ok(begun) => Ok(begun),
    }
}

/// Why an answer is of no use.
enum Odd {
    /// The server sends the whole for several ranges.
    AskSingly,
    /// There is no way.
    Error(ReadError),
}

impl From<ReadError> for Odd {
    fn from(error: ReadError) -> Self {
        Self::Error(error)
    }
}

fn misbehaved<T>(what: impl Into<String>) -> Result<T, Odd> {
    Err(ReadError::Misbehaved(what.into()).into())
}

async fn ask(source: &Source, set: &RangeSet, first: First) -> Result<Begun, Odd> {
    let good = source.ask(Some(&first.field), first.asked).await?;
    match good.verdict {
        Verdict::Part(range, complete_length) => {
            source.pin_to(&good.head, complete_length);
            let wanted = wanted(set, complete_length)?;
            if !may_come(&wanted, &first, range) {
                return misbehaved(format!("it sends {range}, which was not asked for"));
            }
            let pieces = part(source, good, range, first.most).await;
            Ok(Begun { wanted, pieces })
        }
        Verdict::Parts if first.several => parts(source, good, set, &first).await,
        Verdict::Parts => misbehaved("several parts for one range"),
        Verdict::Whole(announced) => {
            let short = announced.is_some_and(|length| length <= SHORT);
            if first.several && !short {
                return Err(Odd::AskSingly);
            }
            whole(source, good, set, announced).await
        }
        Verdict::Unsatisfiable(complete_length) => Err(ReadError::Unsatisfiable { complete_length }.into()),
        _ => misbehaved("an answer that is none"),
    }
}

/// What the range-specs mean for this length.
fn wanted(set: &RangeSet, complete_length: Option<u64>) -> Result<Vec<ByteRange>, Odd> {
    plan::meant(set, complete_length).or_else(|spec| match (complete_length, spec) {
        (Some(complete_length), _) => Err(ReadError::Unsatisfiable { complete_length }.into()),
        (None, RangeSpec::Int { .. } | RangeSpec::Suffix { .. }) => {
            misbehaved("it does not say how long the file is, so its end cannot be told")
        }
    })
}

/// Whether a part has anything to do with what was asked for: an honest server sends a range, or joins near ones.
fn may_come(wanted: &[ByteRange], first: &First, part: ByteRange) -> bool {
    match (first.asked, first.several) {
        // Held against the request already.
        (Some(_), _) => true,
        (None, false) => {
            wanted.first().is_some_and(|range| range.first() == part.first() && range.covers(part))
        }
        (None, true) => {
            let hull = wanted.iter().copied().reduce(ByteRange::enclosing);
            hull.is_some_and(|hull| hull.covers(part))
        }
    }
}

/// Reads the content of a single part, as far as it comes and is of use.
async fn part(source: &Source, mut good: Good, range: ByteRange, most: u64) -> Pieces {
    let mut octets = BytesMut::new();
    let most = usize::try_from(range.length().min(most)).unwrap_or(usize::MAX);
    while octets.len() < most {
        // What is missing is asked for again.
        let Ok(Some(came)) = source.next(&mut good.answer).await else { break };
        octets.extend_from_slice(came.get(..came.len().min(most - octets.len())).unwrap_or_default());
    }
    let mut pieces = Pieces::default();
    pieces.insert(range.first(), octets.freeze());
    pieces
}

/// Reads content in parts, as far as it comes and makes sense.
async fn parts(source: &Source, mut good: Good, set: &RangeSet, first: &First) -> Result<Begun, Odd> {
    let content_type =
        good.answer.parts.headers.get(header::CONTENT_TYPE).map_or(&b""[..], |value| value.as_bytes());
    let limits = MultipartLimits { parts: set.count(), ..MultipartLimits::default() };
    let mut reader = match MultipartReader::with_limits(content_type, limits) {
        Ok(reader) => reader,
        Err(error) => return misbehaved(error.to_string()),
    };
    let mut taken: Vec<(ByteRange, BytesMut)> = Vec::new();
    let mut complete_length = None;
    let mut room = first.most;
    'content: while let Ok(Some(came)) = source.next(&mut good.answer).await {
        let mut rest: &[u8] = &came;
        loop {
            match reader.read(&mut rest) {
                Ok(Some(MultipartItem::Part(head))) => {
                    complete_length = complete_length.or(head.complete_length);
                    taken.push((head.range, BytesMut::new()));
                }
                Ok(Some(MultipartItem::Content(octets))) => {
                    room = room.saturating_sub(u64::try_from(octets.len()).unwrap_or(u64::MAX));
                    if let Some((_, into)) = taken.last_mut().filter(|_| room > 0) {
                        into.extend_from_slice(octets);
                    }
                }
                Ok(None) => break,
                // Parts before are good, and the rest is asked for again.
                Err(error) if taken.is_empty() => return misbehaved(error.to_string()),
                Err(_) => break 'content,
            }
        }
    }
    if taken.is_empty() {
        return Err(ReadError::Unreachable("the connection ended before the first part".to_owned()).into());
    }
    source.pin_to(&good.head, complete_length);
    let wanted = wanted(set, complete_length)?;
    let mut pieces = Pieces::default();
    for (range, octets) in taken.into_iter().filter(|(range, _)| may_come(&wanted, first, *range)) {
        pieces.insert(range.first(), octets.freeze());
    }
    Ok(Begun { wanted, pieces })
}

/// Reads the whole, and keeps what is wanted of it.
async fn whole(source: &Source, good: Good, set: &RangeSet, announced: Option<u64>) -> Result<Begun, Odd> {
    let Some(complete_length) = announced else {
        let head = good.head;
        let Some(octets) = source.all(good.answer, WHOLE_MOST).await? else {
            return Err(ReadError::NoRanges.into());
        };
        source.pin_to(&head, Some(length(&octets)));
        let wanted = wanted(set, Some(length(&octets)))?;
        let mut pieces = Pieces::default();
        pieces.insert(0, octets);
        return Ok(Begun { wanted, pieces });
    };
    source.pin_to(&good.head, Some(complete_length));
    let wanted = wanted(set, Some(complete_length))?;
    let mut set = ByteSet::new();
    wanted.iter().for_each(|range| set.insert(*range));
    if set.octets() > WHOLE_MOST {
        return Err(ReadError::NoRanges.into());
    }
    let pieces = sift(source, good, &set).await?;
    Ok(Begun { wanted, pieces })
}

/// Reads content from its beginning up to the last octet that is wanted, and keeps those alone.
async fn sift(source: &Source, mut good: Good, wanted: &ByteSet) -> Result<Pieces, ReadError> {
    let end = wanted.runs().next_back().map_or(0, |run| run.last().saturating_add(1));
    let mut kept: Vec<(ByteRange, BytesMut)> = wanted.runs().map(|run| (run, BytesMut::new())).collect();
    let mut position = 0_u64;
    while position < end {
        let Some(came) = source.next(&mut good.answer).await.map_err(ReadError::from)? else {
            return Err(ReadError::Unreachable("the connection ended too early".to_owned()));
        };
        let Some(span) = ByteRange::with_length(position, length(&came)) else { continue };
        for (run, into) in &mut kept {
            let (first, last) = (run.first().max(span.first()), run.last().min(span.last()));
            if let Some(part) = ByteRange::new(first, last) {
                into.extend_from_slice(&slice(&came, part, position));
            }
        }
        position = span.last().saturating_add(1);
    }
    let mut pieces = Pieces::default();
    kept.into_iter().for_each(|(run, octets)| pieces.insert(run.first(), octets.freeze()));
    Ok(pieces)
}

fn slice(octets: &Bytes, part: ByteRange, position: u64) -> Bytes {
    let at = |offset: u64| {
        usize::try_from(offset.saturating_sub(position)).unwrap_or(usize::MAX).min(octets.len())
    };
    octets.slice(at(part.first())..at(part.last().saturating_add(1)))
}
