//! Holds `decide` and `compose` against an oracle that shares nothing with them, on requests nobody wrote by hand.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    clippy::string_slice,
    reason = "a test may panic"
)]

mod common;
mod oracle {
    pub(crate) mod precondition;
    pub(crate) mod range;
}

use byteranges::{Outcome, Policy, Representation};
use common::{answer, asked, boundary, now, perform, representation};
use oracle::precondition::{Conditions, Verdict, conditions};
use oracle::range::{self, Sent};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use swath_spec::{Fixture, multipart};

/// The octets that an oracle's and the library's answers are made of: offset modulo 251, at any length.
fn facts(length: u64) -> Representation {
    Representation { complete_length: length, ..representation(Fixture::F10k) }
}

fn ranges_of(outcome: &Outcome) -> Option<Vec<(u64, u64)>> {
    match outcome {
        Outcome::Single(range) => Some(vec![(range.first(), range.last())]),
        Outcome::Multipart(ranges) => {
            Some(ranges.iter().map(|range| (range.first(), range.last())).collect())
        }
        _ => None,
    }
}

fn lines(conditions: &Conditions, range: Option<&str>) -> Vec<(&'static str, Vec<u8>)> {
    let mut lines = conditions.lines();
    lines.extend(range.map(|value| ("Range", value.as_bytes().to_vec())));
    lines
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    /// Range alone: which octets are sent, in which order, in how many parts.
    #[test]
    fn ranges_are_those_of_the_oracle(value in range::values(), length in 0_u64..2_500) {
        let facts = facts(length);
        let fields = [("Range", value.clone().into_bytes())];
        let (decision, _) = answer(&asked(byteranges::AskedMethod::Get, &fields), &facts, &Policy::default());
        let expected = range::send(&value, length, &facts, &boundary().to_string());
        let found = match (&decision.outcome, ranges_of(&decision.outcome)) {
            (_, Some(ranges)) => Sent::Ranges(ranges),
            (Outcome::Unsatisfiable, _) => Sent::Unsatisfiable,
            (Outcome::Whole, _) => Sent::Whole,
            (other, _) => panic!("{other:?}"),
        };
        prop_assert_eq!(found, expected, "{} of {}", value, length);
    }

    /// All preconditions with If-Range and Range, on every kind of method and validator.
    #[test]
    fn preconditions_are_those_of_the_oracle(
        conditions in conditions(),
        range in proptest::option::of(prop_oneof![Just("bytes=0-1"), Just("bytes=99999-"), Just("lines=1-2")]),
    ) {
        let facts = conditions.facts();
        let fields = lines(&conditions, range);
        let asked = asked(conditions.method, &fields);
        let (decision, answer) = answer(&asked, &facts, &Policy::default());
        let expected = conditions.verdict(range);
        let found = match decision.outcome {
            Outcome::Whole => Verdict::Whole,
            Outcome::Single(_) => Verdict::Partial,
            Outcome::NotModified => Verdict::NotModified,
            Outcome::PreconditionFailed => Verdict::Failed,
            Outcome::Unsatisfiable => Verdict::Unsatisfiable,
            other => panic!("{other:?}"),
        };
        prop_assert_eq!(found, expected, "{:?} {:?} because {:?}", conditions, range, decision.because);
        prop_assert_eq!(answer.status.as_u16(), expected.status());
    }

    /// Whatever is asked: the content is as long as it says, in parts that read back, of the right octets.
    #[test]
    fn content_is_exact_and_reads_back(value in range::values(), length in 0_u64..2_500) {
        let facts = facts(length);
        let fields = [("Range", value.into_bytes())];
        let (decision, answer) = answer(&asked(byteranges::AskedMethod::Get, &fields), &facts, &Policy::default());
        let declared = answer.content.length();
        let response = answer.into_response();
        let header = response.headers().get("content-length").unwrap().to_str().unwrap().to_owned();
        let content_type = response.headers()["content-type"].clone();
        // F10k's octets follow one rule at any offset, so slices of it stand for slices of any length.
        let content = perform(response.into_body(), Fixture::F10k);
        prop_assert_eq!(content.len() as u64, declared);
        prop_assert_eq!(header, declared.to_string());
        if let Outcome::Multipart(ranges) = decision.outcome {
            let parts = multipart::read(&content, multipart::boundary(content_type.as_bytes()).unwrap()).unwrap();
            prop_assert_eq!(parts.len(), ranges.len());
            prop_assert!(parts.len() >= 2 && parts.len() <= Policy::default().parts_max);
            prop_assert!(declared <= length, "{declared} octets in parts, {length} in all");
            for (part, range) in parts.iter().zip(ranges) {
                prop_assert_eq!((part.slice.first, part.slice.last, part.slice.of), (range.first(), range.last(), length));
                prop_assert_eq!(part.octets, Fixture::F10k.slice(part.slice));
            }
        }
    }

    /// Any octets at all, in any of the fields, are answered.
    #[test]
    fn any_octets_are_answered(
        fields in proptest::collection::vec(
            (proptest::sample::select(&NAMES[..]), proptest::collection::vec(any::<u8>(), 0..40)),
            0..6,
        ),
        length in any::<u64>(),
    ) {
        let facts = facts(length);
        let asked = asked(byteranges::AskedMethod::Get, &fields);
        let decision = byteranges::decide(&asked, &facts, &Policy::default(), now());
        for (first, last) in ranges_of(&decision.outcome).unwrap_or_default() {
            prop_assert!(first <= last && last < length);
        }
    }
}

/// The requests made here reach every kind of answer often: agreement on none but trivial ones would prove nothing.
#[test]
fn requests_are_of_every_kind() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let (mut seen, values) = (std::collections::BTreeMap::new(), (range::values(), 0_u64..2_500));
    for _ in 0..2_000 {
        let (value, length) = values.new_tree(&mut runner).unwrap().current();
        let fields = [("Range", value.into_bytes())];
        let asked = asked(byteranges::AskedMethod::Get, &fields);
        let because = byteranges::decide(&asked, &facts(length), &Policy::default(), now()).because;
        *seen.entry(because.key()).or_insert(0) += 1;
    }
    for key in [
        "satisfied",
        "unsatisfiable",
        "coalesced",
        "parts",
        "parts-longer-than-whole",
        "range-invalid",
        "other-unit",
        "too-many-specs",
    ] {
        assert!(seen.get(key).is_some_and(|count| *count >= 10), "{key}: {seen:?}");
    }
}

const NAMES: [&str; 6] =
    ["Range", "If-Range", "If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since"];
