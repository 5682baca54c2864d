//! May this answer be used, and for which octets?
//!
//! In: what was asked, the head that came, and what is known of the file. Out: one verdict. Pure.

use std::time::Duration;

use byteranges::download::{Head, Placement};
use byteranges::{ByteRange, ContentRange, EntityTag, HttpDate};

/// Tells one version of a file from another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pin {
    /// Octets of the whole, where the server told.
    pub(crate) complete_length: Option<u64>,
    /// The tag, strong or weak.
    pub(crate) etag: Option<EntityTag>,
    /// The date.
    pub(crate) last_modified: Option<HttpDate>,
}

impl Pin {
    /// Takes it from the first answer.
    pub(super) fn of(head: &Head, complete_length: Option<u64>) -> Self {
        Self { complete_length, etag: head.etag.clone(), last_modified: head.last_modified }
    }

    /// The tag under which no two versions are mixed.
    pub(crate) fn strong(&self) -> Option<&EntityTag> {
        self.etag.as_ref().filter(|tag| !tag.is_weak())
    }

    /// Whether an answer is of this version.
    fn likeness(&self, head: &Head, complete_length: Option<u64>) -> Likeness {
        let other_length = complete_length.zip(self.complete_length).is_some_and(|(one, other)| one != other);
        match (&self.etag, &head.etag) {
            // One strong tag for two lengths is a contradiction, and proves nothing.
            (Some(own), Some(other)) if own.strong_eq(other) && other_length => return Likeness::Unknown,
            (Some(own), Some(other)) if own.strong_eq(other) => return Likeness::Same,
            (Some(own), Some(other)) if own.is_weak() && own.weak_eq(other) => {}
            (Some(_), Some(_)) => return Likeness::Other,
            // An error page, perhaps: it is no proof of another version either.
            (Some(_), None) => return Likeness::Unknown,
            (None, _) => {}
        }
        if other_length {
            return Likeness::Other;
        }
        match (self.last_modified, head.last_modified) {
            (Some(own), Some(other)) if own != other => Likeness::Other,
            _ => Likeness::Same,
        }
    }
}

enum Likeness {
    Same,
    Unknown,
    Other,
}

/// Says what to do with an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Its content is these octets, which begin where the request did.
    Part(ByteRange, Option<u64>),
    /// Its content is in parts.
    Parts,
    /// Its content is the whole, of this length where that is known.
    Whole(Option<u64>),
    /// The file has this length, and no octet that was asked for.
    Unsatisfiable(u64),
    /// It is about another version.
    Changed,
    /// The precondition does not hold: another version, or a server that does not understand it.
    NotMet,
    /// The server asks to be left alone for a while.
    Later(u16, Option<Duration>),
    /// It makes no sense; another try may.
    Nonsense(&'static str),
    /// The server refuses.
    Refused(u16),
}

/// Judges an answer to a request for `asked`, or for several ranges.
// R-14.4-3, R-15.3.7.3-1
pub(super) fn judge(asked: Option<ByteRange>, pin: Option<&Pin>, head: &Head) -> Verdict {
    match head.status {
        206 | 200 if head.coded => Verdict::Nonsense("a content coding that was not asked for"),
        206 if head.multipart => like(pin, head, None, Verdict::Parts),
        206 => match head.placement {
            Placement::Valid(ContentRange::Range { range, complete_length }) => {
                part(asked, pin, head, range, complete_length)
            }
            Placement::Valid(_) | Placement::Invalid => {
                Verdict::Nonsense("a 206 without a valid Content-Range")
            }
            Placement::Absent => Verdict::Nonsense("a 206 without Content-Range"),
        },
        200 if head.placement != Placement::Absent => Verdict::Nonsense("a 200 with a Content-Range"),
        200 => like(pin, head, head.content_length, Verdict::Whole(head.content_length)),
        412 => Verdict::NotMet,
        416 => unsatisfiable(pin, head),
        408 | 425 | 429 | 500 | 502 | 503 | 504 => Verdict::Later(head.status, head.retry_after),
        status => Verdict::Refused(status),
    }
}

fn part(
    asked: Option<ByteRange>,
    pin: Option<&Pin>,
    head: &Head,
    range: ByteRange,
    complete_length: Option<u64>,
) -> Verdict {
    if head.content_length.is_some_and(|length| length != range.length()) {
        return Verdict::Nonsense("a 206 whose Content-Length and Content-Range disagree");
    }
    // One that begins elsewhere may be an honest server that aligns, or a lie; nothing here could tell.
    if asked.is_some_and(|asked| range.first() != asked.first() || range.last() > asked.last()) {
        return Verdict::Nonsense("a 206 with another range than the one asked for");
    }
    like(pin, head, complete_length, Verdict::Part(range, complete_length))
}

/// Gives `good` for an answer of the version that is read.
fn like(pin: Option<&Pin>, head: &Head, complete_length: Option<u64>, good: Verdict) -> Verdict {
    match pin.map(|pin| pin.likeness(head, complete_length)) {
        None | Some(Likeness::Same) => good,
        Some(Likeness::Unknown) => {
            Verdict::Nonsense("an answer without the ETag of the others, or of another length")
        }
        Some(Likeness::Other) => Verdict::Changed,
    }
}

fn unsatisfiable(pin: Option<&Pin>, head: &Head) -> Verdict {
    let Placement::Valid(ContentRange::Unsatisfied { complete_length }) = head.placement else {
        return Verdict::Refused(head.status);
    };
    match pin {
        None => Verdict::Unsatisfiable(complete_length),
        Some(pin) if pin.complete_length.is_none_or(|length| length == complete_length) => {
            Verdict::Nonsense("a 416 to a range that is satisfiable")
        }
        Some(_) => Verdict::Changed,
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

    use super::*;

    fn head(status: u16, fields: &[(&'static str, &'static str)]) -> Head {
        let fields: HeaderMap = fields
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect();
        let now = HttpDate::from_seconds(1_800_000_000).unwrap();
        Head::read(StatusCode::from_u16(status).unwrap(), &fields, now)
    }

    fn pin(etag: &str) -> Pin {
        Pin { complete_length: Some(100), etag: EntityTag::parse(etag.as_bytes()), last_modified: None }
    }

    fn range(first: u64, last: u64) -> ByteRange {
        ByteRange::new(first, last).unwrap()
    }

    const PART: (&str, &str) = ("content-range", "bytes 10-19/100");
    const TAG: (&str, &str) = ("etag", "\"a\"");

    #[test]
    fn octets_count_only_from_where_they_were_asked_for() {
        let asked = Some(range(10, 29));
        let good = Verdict::Part(range(10, 19), Some(100));
        assert_eq!(judge(asked, Some(&pin("\"a\"")), &head(206, &[PART, TAG])), good);
        for wrong in [
            "bytes 9-19/100",
            "bytes 10-30/100",
            "bytes 11-19/100",
            "bytes 0-9/100",
            "bytes */100",
            "bytes 10-",
        ] {
            let judged = judge(asked, Some(&pin("\"a\"")), &head(206, &[("content-range", wrong), TAG]));
            assert!(matches!(judged, Verdict::Nonsense(_)), "{wrong}: {judged:?}");
        }
        for more in [("content-length", "9"), ("content-encoding", "gzip")] {
            let judged = judge(asked, None, &head(206, &[PART, TAG, more]));
            assert!(matches!(judged, Verdict::Nonsense(_)), "{more:?}: {judged:?}");
        }
    }

    #[test]
    fn another_version_is_never_taken_for_the_same() {
        let judged =
            |pin: &Pin, fields: &[(&'static str, &'static str)]| judge(None, Some(pin), &head(206, fields));
        let strong = pin("\"a\"");
        assert_eq!(judged(&strong, &[PART, ("etag", "\"b\"")]), Verdict::Changed);
        assert_eq!(judged(&strong, &[PART, ("etag", "W/\"a\"")]), Verdict::Changed);
        assert!(matches!(
            judged(&strong, &[("content-range", "bytes 10-19/101"), TAG]),
            Verdict::Nonsense(_)
        ));
        assert_eq!(
            judged(&strong, &[("content-range", "bytes 10-19/101"), ("etag", "\"b\"")]),
            Verdict::Changed
        );
        let whole = head(200, &[("content-range", "bytes 10-19/100"), TAG]);
        assert!(matches!(judge(None, Some(&strong), &whole), Verdict::Nonsense(_)));
        assert!(matches!(judged(&strong, &[PART]), Verdict::Nonsense(_)));
        let weak = pin("W/\"a\"");
        assert!(matches!(judged(&weak, &[PART, ("etag", "W/\"a\"")]), Verdict::Part(..)));
        assert_eq!(judged(&weak, &[PART, ("etag", "W/\"b\"")]), Verdict::Changed);
        let dated = Pin { etag: None, last_modified: HttpDate::from_seconds(1_700_000_000), ..pin("\"a\"") };
        assert_eq!(
            judged(&dated, &[PART, ("last-modified", "Sun, 06 Nov 1994 08:49:37 GMT")]),
            Verdict::Changed
        );
        assert!(matches!(judged(&dated, &[PART]), Verdict::Part(..)));
    }

    #[test]
    fn a_416_tells_the_length() {
        let star = ("content-range", "bytes */100");
        assert_eq!(judge(None, None, &head(416, &[star])), Verdict::Unsatisfiable(100));
        assert!(matches!(judge(None, Some(&pin("\"a\"")), &head(416, &[star])), Verdict::Nonsense(_)));
        assert_eq!(
            judge(None, Some(&pin("\"a\"")), &head(416, &[("content-range", "bytes */7")])),
            Verdict::Changed
        );
        assert_eq!(judge(None, None, &head(416, &[])), Verdict::Refused(416));
    }

    #[test]
    fn a_server_that_asks_for_patience_gets_it() {
        let judged = judge(None, None, &head(503, &[("retry-after", "3")]));
        assert_eq!(judged, Verdict::Later(503, Some(Duration::from_secs(3))));
        assert_eq!(judge(None, None, &head(403, &[])), Verdict::Refused(403));
    }
}
