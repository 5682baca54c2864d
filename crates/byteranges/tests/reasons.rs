//! Every reason rests on a requirement that exists, and is given by some case of the tables or by a policy.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::collections::BTreeSet;
use std::num::NonZeroU64;

use byteranges::{Asked, AskedMethod, Because, Policy};
use common::{answer, asked, method, own, policy, representation};
use swath_spec::{Fixture, Transport, requirements, rows};

#[test]
fn every_reason_names_a_requirement_and_a_section_that_exist() {
    let requirements = requirements().unwrap();
    for because in Because::ALL {
        let id = because.requirement();
        assert!(requirements.iter().any(|known| known.id == id), "{because:?} rests on {id}");
        let section = because.section();
        assert!(!section.is_empty() && section.bytes().all(|octet| octet == b'.' || octet.is_ascii_digit()));
        let sentence = because.to_string();
        assert!(!sentence.is_empty() && !sentence.ends_with('.'), "{sentence}");
    }
}

#[test]
fn every_reason_is_given_by_some_case_or_policy() {
    let mut given = BTreeSet::new();
    for row in rows().unwrap().iter().filter(|row| row.transports.contains(Transport::Unit)) {
        let facts = representation(row.fixture);
        let fields = row.request(&own(&facts)).unwrap();
        let (decision, _) = answer(&asked(method(row.method), &fields), &facts, &policy(row.fixture));
        given.insert(decision.because.key());
    }
    let capped =
        Policy { max_open_range: NonZeroU64::new(5), partial_first: NonZeroU64::new(5), ..Policy::default() };
    let plain = Asked::new(AskedMethod::Get);
    for asked in [plain.clone(), plain.with("Range", "bytes=0-")] {
        given.insert(answer(&asked, &representation(Fixture::F10), &capped).0.because.key());
    }
    let all: BTreeSet<_> = Because::ALL.iter().map(|because| because.key()).collect();
    assert_eq!(all.difference(&given).collect::<Vec<_>>(), Vec::<&&str>::new(), "reasons that nothing gives");
}
