//! One explained exchange: in, the request, the facts, the policy and the moment; out, the decision and its answer.

use std::time::SystemTime;

use byteranges::{
    Answer, Asked, AskedMethod, Because, Boundary, ByteRange, Decision, Outcome, Piece, Policy,
    Representation, compose, decide,
};
use http::{HeaderName, HeaderValue, Method};

use super::request::Request;

/// Stands for the random boundary of a real answer, so that the same words give the same output.
pub(super) const EXAMPLE_BOUNDARY: u128 = 0x5a7e_5a7e_5a7e_5a7e_5a7e_5a7e_5a7e_5a7e;

/// Everything there is to say about one exchange.
#[derive(Debug)]
pub(super) struct Case {
    pub(super) request: Request,
    pub(super) representation: Representation,
    pub(super) verdict: Verdict,
}

/// What the server ought to do.
#[derive(Debug)]
pub(super) enum Verdict {
    /// Give this answer, for this reason.
    Answer {
        /// Status, fields, content.
        answer: Box<Answer>,
        /// The decision behind it.
        decision: Decision,
    },
    /// Perform the method as if Range had not been sent; what that gives is the resource's own affair.
    Perform,
}

impl Case {
    /// Decides and composes.
    pub(super) fn decide(
        request: Request,
        representation: Representation,
        policy: &Policy,
        now: SystemTime,
    ) -> Self {
        let verdict = verdict(&request, &representation, policy, now);
        Self { request, representation, verdict }
    }
}

fn verdict(request: &Request, representation: &Representation, policy: &Policy, now: SystemTime) -> Verdict {
    // R-13.2.1-1: these select no representation, so no precondition is looked at.
    if matches!(request.method, Method::CONNECT | Method::OPTIONS | Method::TRACE) {
        return Verdict::Perform;
    }
    let asked = Asked::from_request(&request.method, &request.fields);
    let decision = decide(&asked, representation, policy, now);
    if asked.method() == AskedMethod::Other && decision.outcome == Outcome::Whole {
        return Verdict::Perform;
    }
    let boundary = || Boundary::from_random(EXAMPLE_BOUNDARY);
    let answer = compose(&decision, &asked, representation, policy, now, boundary);
    Verdict::Answer { answer: Box::new(answer), decision }
}

impl Verdict {
    /// Why Range and preconditions end this way.
    pub(super) fn because(&self) -> Because {
        match self {
            Self::Answer { decision, .. } => decision.because,
            Self::Perform => Because::MethodIgnoresRange,
        }
    }
}

/// The ranges that the content is made of, in the order they are sent.
pub(super) fn ranges(answer: &Answer) -> Vec<ByteRange> {
    let range = |piece: &Piece| match piece {
        Piece::Range(range) => Some(*range),
        Piece::Literal(_) => None,
    };
    answer.content.pieces().filter_map(range).collect()
}

/// The fields of an answer, as any transport would send them.
pub(super) fn fields(answer: &Answer) -> Vec<(HeaderName, HeaderValue)> {
    let response = answer.clone().into_response();
    response.headers().iter().map(|(name, value)| (name.clone(), value.clone())).collect()
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;

    use super::*;

    fn verdict_of(method: Method, fields: &[(&'static str, &'static str)]) -> Verdict {
        let fields: HeaderMap = fields
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect();
        let facts = Representation::new(10_000);
        Case::decide(Request { method, fields }, facts, &Policy::default(), SystemTime::UNIX_EPOCH).verdict
    }

    #[test]
    fn other_methods_are_performed_unless_a_precondition_fails() {
        assert!(matches!(verdict_of(Method::PUT, &[("range", "bytes=0-1")]), Verdict::Perform));
        assert!(matches!(verdict_of(Method::OPTIONS, &[("if-match", "\"x\"")]), Verdict::Perform));
        match verdict_of(Method::PUT, &[("if-match", "\"x\"")]) {
            Verdict::Answer { answer, decision } => {
                assert_eq!(answer.status, 412);
                assert_eq!(decision.because, Because::IfMatchFalse);
            }
            Verdict::Perform => panic!("performed against a false precondition"),
        }
    }
}
