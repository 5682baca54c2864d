//! Step 5: the decision becomes an answer: status, every header field, content of exactly known length.
//!
//! In: the decision, the facts, the one instant that both Date and Last-Modified are held against, a source of
//! boundaries. Out: an [`Answer`].

use std::time::SystemTime;

use http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_LOCATION, CONTENT_RANGE,
    CONTENT_TYPE, ETAG, EXPIRES, LAST_MODIFIED, VARY,
};
use http::{HeaderValue, StatusCode};

use crate::answer::FieldValue;
use crate::asked::{Asked, AskedMethod};
use crate::{
    Answer, Boundary, ByteRange, Content, ContentRange, Decision, HttpDate, Outcome, Policy, Representation,
    multipart,
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
    let composer = Composer { representation, policy, now: HttpDate::from_system_time(now) };
    let mut answer = match &decision.outcome {
        Outcome::Whole => composer.whole(),
        Outcome::Single(range) => composer.single(*range),
        Outcome::Multipart(ranges) => composer.multipart(ranges, boundary()),
        Outcome::NotModified => composer.not_modified(),
        Outcome::PreconditionFailed => composer.refusal(StatusCode::PRECONDITION_FAILED, decision),
        Outcome::Unsatisfiable => composer.unsatisfiable(decision),
        Outcome::Rejected => composer.refusal(StatusCode::BAD_REQUEST, decision),
    };
    // R-9.3.2-1, R-9.3.2-2, R-8.6-2: the length of what GET would get stays.
    if asked.method == AskedMethod::Head {
        answer.content = Content::default();
    }
    answer
}

struct Composer<'a> {
    representation: &'a Representation,
    policy: &'a Policy,
    /// Without a clock, none.
    now: Option<HttpDate>,
}

impl Composer<'_> {
    fn whole(&self) -> Answer {
        let mut answer = self.success(StatusCode::OK);
        answer.optional(CONTENT_TYPE, self.representation.content_type.as_ref());
        self.representation_fields(&mut answer);
        self.send(answer, ByteRange::whole(self.representation.complete_length).map(Content::range))
    }

    // R-15.3.7.1-1, R-14.4-4
    fn single(&self, range: ByteRange) -> Answer {
        let mut answer = self.success(StatusCode::PARTIAL_CONTENT);
        let complete_length = Some(self.representation.complete_length);
        answer.field(CONTENT_RANGE, FieldValue::ContentRange(ContentRange::Range { range, complete_length }));
        answer.optional(CONTENT_TYPE, self.representation.content_type.as_ref());
        self.representation_fields(&mut answer);
        self.send(answer, Some(Content::range(range)))
    }

    // R-15.3.7.2-2: Content-Range stands in the parts only.
    fn multipart(&self, ranges: &[ByteRange], boundary: Boundary) -> Answer {
        let mut answer = self.success(StatusCode::PARTIAL_CONTENT);
        if let Ok(content_type) = HeaderValue::try_from(boundary.content_type()) {
            answer.field(CONTENT_TYPE, FieldValue::Text(content_type));
        }
        self.representation_fields(&mut answer);
        self.send(answer, Some(multipart::content(ranges, self.representation, boundary)))
    }

    // R-15.4.5-1, R-15.4.5-2, R-15.4.5-3, R-8.6-2
    fn not_modified(&self) -> Answer {
        let mut answer = Answer::on(StatusCode::NOT_MODIFIED, self.now);
        self.cache_fields(&mut answer);
        if self.representation.etag.is_none() {
            self.last_modified(&mut answer);
        }
        answer
    }

    // R-15.5.17-2, R-15.5.17-4
    fn unsatisfiable(&self, decision: &Decision) -> Answer {
        let complete_length = self.representation.complete_length;
        let sentence = format!("{}, whose complete length is {complete_length}", decision.because);
        let mut answer = self.refusal_saying(StatusCode::RANGE_NOT_SATISFIABLE, &sentence, decision);
        answer.field(CONTENT_RANGE, FieldValue::ContentRange(ContentRange::Unsatisfied { complete_length }));
        answer.field(ACCEPT_RANGES, FieldValue::Text(HeaderValue::from_static("bytes")));
        // With the tag, a client that asked past the end can tell a complete download from a replaced file.
        answer.optional(ETAG, self.representation.etag.as_ref().map(crate::EntityTag::as_header_value));
        answer
    }

    /// A refusal with its reason as one line of text, never to be stored.
    fn refusal(&self, status: StatusCode, decision: &Decision) -> Answer {
        self.refusal_saying(status, &decision.because.to_string(), decision)
    }

    fn refusal_saying(&self, status: StatusCode, sentence: &str, decision: &Decision) -> Answer {
        let mut answer = Answer::on(status, self.now);
        answer.field(CACHE_CONTROL, FieldValue::Text(HeaderValue::from_static("no-store")));
        answer.field(CONTENT_TYPE, FieldValue::Text(HeaderValue::from_static("text/plain; charset=utf-8")));
        let text = format!("{status}: {sentence} (RFC 9110, section {})\n", decision.because.section());
        self.send(answer, Some(Content::literal(text)))
    }

    /// Starts a 200 or 206 with what both carry (R-15.3.7-2).
    fn success(&self, status: StatusCode) -> Answer {
        let mut answer = Answer::on(status, self.now);
        let unit = if self.policy.ranges { "bytes" } else { "none" };
        // R-14.3-1, R-14.3-2
        answer.field(ACCEPT_RANGES, FieldValue::Text(HeaderValue::from_static(unit)));
        self.cache_fields(&mut answer);
        self.last_modified(&mut answer);
        answer
    }

    /// The fields that a 200, a 206 and a 304 share.
    // R-8.8.3-3
    fn cache_fields(&self, answer: &mut Answer) {
        let Representation { etag, cache_control, content_location, expires, vary, .. } = self.representation;
        answer.optional(ETAG, etag.as_ref().map(crate::EntityTag::as_header_value));
        answer.optional(CACHE_CONTROL, cache_control.as_ref());
        answer.optional(CONTENT_LOCATION, content_location.as_ref());
        answer.optional(EXPIRES, expires.as_ref());
        answer.optional(VARY, vary.as_ref());
    }

    /// Last-Modified, never later than Date (R-8.8.2.1-1); none without a clock (R-8.8.2.1-2).
    fn last_modified(&self, answer: &mut Answer) {
        if let Some((date, now)) = self.representation.last_modified.zip(self.now) {
            answer.field(LAST_MODIFIED, FieldValue::Date(date.min(now)));
        }
    }

    /// The remaining representation fields: a 206 repeats them all, also to a true If-Range (R-15.3.7-3, R-15.3.7-4).
    fn representation_fields(&self, answer: &mut Answer) {
        answer.optional(CONTENT_ENCODING, self.representation.content_encoding.as_ref());
        for (name, value) in &self.representation.other {
            answer.text(name.clone(), value);
        }
    }

    /// Ends the answer with its content and Content-Length (R-15.3.7-5, R-8.6-1).
    fn send(&self, mut answer: Answer, content: Option<Content>) -> Answer {
        answer.content = content.unwrap_or_default();
        answer.field(CONTENT_LENGTH, FieldValue::Number(answer.content.length()));
        answer
    }
}
