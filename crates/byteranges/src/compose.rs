//! Step 5: the decision becomes an answer: status, every header field, content of exactly known length.
//!
//! In: the decision, the facts, the one instant that both Date and Last-Modified are held against, a source of
//! boundaries. Out: an [`Answer`].

use std::time::SystemTime;

use http::StatusCode;

use crate::asked::{Asked, AskedMethod};
use crate::fields::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_LOCATION, CONTENT_TYPE, ETAG,
    EXPIRES, LAST_MODIFIED, VARY,
};
use crate::write::write_number;
use crate::{
    Answer, Boundary, ByteRange, Content, ContentRange, Decision, EntityTag, HttpDate, Outcome, Piece,
    Policy, Representation, multipart,
};

/// Composes the answer that a decision calls for.
///
/// `now` has to be the instant that [`decide`](crate::decide()) was given. `boundary` is called only for a multipart
/// answer, and has to give 128 bits that nobody can guess.
///
/// ```
/// use std::time::SystemTime;
/// use byteranges::{Asked, AskedMethod, Boundary, Policy, Representation, compose, decide};
/// let (asked, facts, policy) = (Asked::new(AskedMethod::Get).with("Range", "bytes=-5"), Representation::new(10), Policy::default());
/// let now = SystemTime::now();
/// let answer = compose(&decide(&asked, &facts, &policy, now), &asked, &facts, &policy, now, || Boundary::from_random(4));
/// let response = answer.into_response();
/// assert_eq!(response.status(), 206);
/// assert_eq!(response.headers()["content-range"], "bytes 5-9/10");
/// assert_eq!(response.body().length(), 5);
/// ```
pub fn compose(
    decision: &Decision,
    asked: &Asked<'_>,
    representation: &Representation,
    policy: &Policy,
    now: SystemTime,
    boundary: impl FnOnce() -> Boundary,
) -> Answer {
    let now = HttpDate::from_system_time(now);
    let mut answer = Answer::on(status(&decision.outcome), now);
    let mut composer = Composer { representation, policy, now, answer: &mut answer };
    match &decision.outcome {
        Outcome::Whole | Outcome::Single(_) | Outcome::Multipart(_) => {
            composer.success(&decision.outcome, boundary);
        }
        Outcome::NotModified => composer.not_modified(),
        Outcome::Unsatisfiable => composer.unsatisfiable(decision),
        Outcome::PreconditionFailed | Outcome::Rejected => {
            composer.refusal(&decision.because.to_string(), decision);
        }
    }
    // R-9.3.2-1, R-9.3.2-2, R-8.6-2: the length of what GET would get stays.
    if asked.method == AskedMethod::Head {
        answer.content = Content::default();
    }
    answer
}

const fn status(outcome: &Outcome) -> StatusCode {
    match outcome {
        Outcome::Whole => StatusCode::OK,
        Outcome::Single(_) | Outcome::Multipart(_) => StatusCode::PARTIAL_CONTENT,
        Outcome::NotModified => StatusCode::NOT_MODIFIED,
        Outcome::PreconditionFailed => StatusCode::PRECONDITION_FAILED,
        Outcome::Unsatisfiable => StatusCode::RANGE_NOT_SATISFIABLE,
        Outcome::Rejected => StatusCode::BAD_REQUEST,
    }
}

/// Fills in an answer that has its status and its date.
struct Composer<'a> {
    representation: &'a Representation,
    policy: &'a Policy,
    /// Without a clock, none.
    now: Option<HttpDate>,
    answer: &'a mut Answer,
}

impl Composer<'_> {
    /// A 200 or a 206, which say the same of the representation (R-15.3.7-2).
    #[inline]
    fn success(&mut self, outcome: &Outcome, boundary: impl FnOnce() -> Boundary) {
        self.accept_ranges();
        self.cache_fields();
        self.last_modified();
        match outcome {
            Outcome::Single(range) => self.single(*range),
            Outcome::Multipart(ranges) => self.multipart(ranges, boundary()),
            _ => self.content(ByteRange::whole(self.representation.complete_length)),
        }
        self.representation_fields();
        self.content_length();
    }

    // R-15.3.7.1-1, R-14.4-4
    #[inline]
    fn single(&mut self, range: ByteRange) {
        let complete_length = Some(self.representation.complete_length);
        self.answer.set_content_range(ContentRange::Range { range, complete_length });
        self.content(Some(range));
    }

    #[inline(always)]
    fn content(&mut self, range: Option<ByteRange>) {
        self.answer.fields.optional(CONTENT_TYPE, self.representation.content_type.as_ref());
        if let Some(range) = range {
            self.answer.content.push(Piece::Range(range));
        }
    }

    // R-15.3.7.2-2: Content-Range stands in the parts only.
    fn multipart(&mut self, ranges: &[ByteRange], boundary: Boundary) {
        let content_type = boundary.content_type();
        self.answer.fields.write(CONTENT_TYPE, |out| out.extend_from_slice(content_type.as_bytes()));
        self.answer.content = multipart::content(ranges, self.representation, boundary);
    }

    // R-15.4.5-1, R-15.4.5-2, R-15.4.5-3, R-8.6-2
    fn not_modified(&mut self) {
        self.cache_fields();
        if self.representation.etag.is_none() {
            self.last_modified();
        }
    }

    // R-15.5.17-2, R-15.5.17-4
    fn unsatisfiable(&mut self, decision: &Decision) {
        let complete_length = self.representation.complete_length;
        self.refusal(&format!("{}, whose complete length is {complete_length}", decision.because), decision);
        self.answer.set_content_range(ContentRange::Unsatisfied { complete_length });
        self.answer.fields.write(ACCEPT_RANGES, |out| out.extend_from_slice(b"bytes"));
        // With the tag, a client that asked past the end can tell a complete download from a replaced file.
        self.answer.fields.optional(ETAG, self.representation.etag.as_ref().map(EntityTag::as_header_value));
    }

    /// A refusal with its reason as one line of text, never to be stored.
    fn refusal(&mut self, sentence: &str, decision: &Decision) {
        self.answer.fields.write(CACHE_CONTROL, |out| out.extend_from_slice(b"no-store"));
        self.answer.fields.write(CONTENT_TYPE, |out| out.extend_from_slice(b"text/plain; charset=utf-8"));
        let (status, section) = (self.answer.status, decision.because.section());
        let text = format!("{status}: {sentence} (RFC 9110, section {section})\n");
        self.answer.content.push(Piece::Literal(text.into()));
        self.content_length();
    }

    // R-14.3-1, R-14.3-2
    #[inline]
    fn accept_ranges(&mut self) {
        if self.policy.ranges {
            self.answer.fields.write(ACCEPT_RANGES, |out| out.extend_from_slice(b"bytes"));
        } else {
            self.answer.fields.write(ACCEPT_RANGES, |out| out.extend_from_slice(b"none"));
        }
    }

    /// The fields that a 200, a 206 and a 304 share.
    // R-8.8.3-3
    #[inline]
    fn cache_fields(&mut self) {
        let Representation { etag, cache_control, content_location, expires, vary, .. } = self.representation;
        let fields = &mut self.answer.fields;
        fields.optional(ETAG, etag.as_ref().map(EntityTag::as_header_value));
        fields.optional(CACHE_CONTROL, cache_control.as_ref());
        fields.optional(CONTENT_LOCATION, content_location.as_ref());
        fields.optional(EXPIRES, expires.as_ref());
        fields.optional(VARY, vary.as_ref());
    }

    /// Last-Modified, never later than Date (R-8.8.2.1-1); none without a clock (R-8.8.2.1-2).
    #[inline]
    fn last_modified(&mut self) {
        if let Some((date, now)) = self.representation.last_modified.zip(self.now) {
            self.answer.fields.write(LAST_MODIFIED, |out| date.min(now).write(out));
        }
    }

    /// The remaining representation fields: a 206 repeats them all, also to a true If-Range (R-15.3.7-3, R-15.3.7-4).
    #[inline]
    fn representation_fields(&mut self) {
        self.answer.fields.optional(CONTENT_ENCODING, self.representation.content_encoding.as_ref());
        for (name, value) in &self.representation.other {
            self.answer.fields.push(name, value);
        }
    }

    /// Ends the answer's fields with the length of its content (R-15.3.7-5, R-8.6-1).
    #[inline]
    fn content_length(&mut self) {
        let length = self.answer.content.length();
        self.answer.fields.write(CONTENT_LENGTH, |out| write_number(length, out));
    }
}
