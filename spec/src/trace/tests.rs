//! Each kind of disagreement is found; agreement is not faulted.
//!
//! This directory is not searched for citations, so the ids here count for nothing.

use super::*;
use crate::requirement::Level;

const LAW: Requirement =
    Requirement { id: "R-14.2-5", section: "14.2", level: Level::Must, who: "S", sentence: "." };

fn cited(code: bool, tests: bool) -> Citations {
    let mut citations = Citations::default();
    if code {
        citations.add_source("a.rs", &format!("// {}\nfn a() {{}}", LAW.id));
    }
    if tests {
        citations.add_source("b.rs", &format!("fn b() {{}}\n#[cfg(test)]\n// {}", LAW.id));
    }
    citations
}

fn exception(kind: Kind) -> Exception {
    Exception { id: LAW.id.to_owned(), kind, reason: "because nobody could do it otherwise".to_owned() }
}

#[test]
fn what_is_cited_by_both_is_traced() {
    assert_eq!(faults(&[LAW], &[], &cited(true, true)), []);
}

#[test]
fn what_is_cited_by_neither_is_found() {
    let id = LAW.id.to_owned();
    assert_eq!(faults(&[LAW], &[], &cited(true, false)), [Fault::NoTest(id.clone())]);
    assert_eq!(faults(&[LAW], &[], &cited(false, true)), [Fault::NoCode(id.clone())]);
    assert_eq!(faults(&[LAW], &[], &cited(false, false)), [Fault::NoCode(id.clone()), Fault::NoTest(id)]);
}

#[test]
fn others_need_no_trace() {
    for other in [
        Requirement { who: "C", ..LAW },
        Requirement { section: "9.2.2", ..LAW },
        Requirement { level: Level::May, ..LAW },
        Requirement { level: Level::Recommended, ..LAW },
    ] {
        assert_eq!(faults(&[other], &[], &cited(false, false)), []);
    }
}

#[test]
fn ids_that_do_not_exist_are_found() {
    let mut citations = cited(true, true);
    let made_up = ["R", "14.2", "999"].join("-");
    citations.add_source("c.rs", &format!("// see {made_up}, and R-value or L-shaped or D-Bus"));
    assert_eq!(faults(&[LAW], &[], &citations), [Fault::Unknown(made_up, "c.rs".to_owned())]);
    let unknown = Exception { id: "X".to_owned(), ..exception(Kind::Absent) };
    let expected = Fault::Unknown("X".to_owned(), "exceptions.toml".to_owned());
    assert_eq!(faults(&[LAW], &[unknown], &cited(true, true)), [expected]);
}

#[test]
fn exceptions_have_to_fit() {
    let idle = |kind, code, tests| !faults(&[LAW], &[exception(kind)], &cited(code, tests)).is_empty();
    for (kind, fitting) in [
        (Kind::Departure, (true, true)),
        (Kind::Absent, (false, false)),
        (Kind::Untestable, (true, false)),
        (Kind::Delegated, (false, true)),
    ] {
        for code in [false, true] {
            for tests in [false, true] {
                assert_eq!(idle(kind, code, tests), (code, tests) != fitting, "{kind:?} {code} {tests}");
            }
        }
    }
}

#[test]
fn exceptions_need_a_reason_and_stand_once() {
    let idle = Exception { reason: "  ".to_owned(), ..exception(Kind::Absent) };
    assert_eq!(faults(&[LAW], &[idle], &cited(false, false)), [Fault::NoReason(LAW.id.to_owned())]);
    let twice = [exception(Kind::Absent), exception(Kind::Absent)];
    assert_eq!(faults(&[LAW], &twice, &cited(false, false)), [Fault::Repeated(LAW.id.to_owned())]);
}

#[test]
fn ids_are_read_out_of_prose() {
    let text =
        "(R-14.1.2-1), `R-9111/3.3-1`; R-14.2-dup. L-4/6-1 D-3a R-FETCH-2 xR-14.2-5 R-2046-1, R-14.2-4b";
    let found: Vec<_> = ids(text).collect();
    assert_eq!(
        found,
        ["R-14.1.2-1", "R-9111/3.3-1", "R-14.2-dup", "L-4/6-1", "D-3a", "R-FETCH-2", "R-2046-1", "R-14.2-4b"]
    );
}
