//! What a server may choose, and the corners that the tables, which know one policy, cannot show.

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

use std::num::NonZeroU64;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use byteranges::{Asked, AskedMethod, Because, Outcome, Policy, Representation, compose, decide};
use common::{answer, boundary, now, representation};
use swath_spec::Fixture;

fn get(range: &str) -> Asked<'_> {
    Asked::new(AskedMethod::Get).with("Range", range)
}

fn outcome(range: &str, fixture: Fixture, policy: &Policy) -> (String, Because) {
    let (decision, answer) = answer(&get(range), &representation(fixture), policy);
    let content_range = answer.content_range().map_or(String::new(), |range| format!(" {range}"));
    (format!("{}{content_range}", answer.status.as_u16()), decision.because)
}

#[test]
fn only_a_lone_open_range_is_capped() {
    let policy = Policy { max_open_range: NonZeroU64::new(100), ..Policy::default() };
    for (range, expected, because) in [
        ("bytes=0-", "206 bytes 0-99/10000", Because::OpenRangeCapped),
        ("bytes=9950-", "206 bytes 9950-9999/10000", Because::Satisfied),
        ("bytes=9900-", "206 bytes 9900-9999/10000", Because::Satisfied),
        ("bytes=0-4999", "206 bytes 0-4999/10000", Because::Satisfied),
        ("bytes=0-99999", "206 bytes 0-9999/10000", Because::Satisfied),
        ("bytes=-5000", "206 bytes 5000-9999/10000", Because::Satisfied),
        ("bytes=5-,5-", "206 bytes 5-9999/10000", Because::Coalesced),
    ] {
        assert_eq!(outcome(range, Fixture::F10k, &policy), (expected.to_owned(), because), "{range}");
    }
}

#[test]
fn an_answer_in_part_to_no_range_is_given_to_get_only() {
    let policy = Policy { partial_first: NonZeroU64::new(100), ..Policy::default() };
    let facts = representation(Fixture::F10k);
    let ask = |asked: &Asked<'_>, facts: &Representation| decide(asked, facts, &policy, now()).outcome;
    let plain = Asked::new(AskedMethod::Get);
    assert!(
        matches!(ask(&plain, &facts), Outcome::Single(range) if (range.first(), range.last()) == (0, 99))
    );
    assert_eq!(ask(&Asked::new(AskedMethod::Head), &facts), Outcome::Whole);
    assert_eq!(ask(&plain, &Representation::new(100)), Outcome::Whole);
    assert_eq!(ask(&plain, &Representation::new(0)), Outcome::Whole);
    assert_eq!(ask(&get("lines=0-1"), &facts), Outcome::Whole);
    let off = Policy { ranges: false, ..policy.clone() };
    assert_eq!(decide(&plain, &facts, &off, now()).outcome, Outcome::Whole);
}

/// R-14.2-7: either way is allowed; what is unsatisfiable or in another unit is not invalid (R-14.2-5).
#[test]
fn an_invalid_range_is_rejected_where_the_policy_says_so() {
    let strict = Policy { reject_invalid: true, ..Policy::default() };
    for (range, expected) in [
        ("bytes=5-4", "400"),
        ("bytes=0-1,x", "400"),
        ("", "400"),
        ("lines=0-1", "200"),
        ("bytes=0-4", "206 bytes 0-4/10"),
        ("bytes=10-", "416 bytes */10"),
    ] {
        assert_eq!(outcome(range, Fixture::F10, &strict).0, expected, "{range}");
        let lenient = if expected == "400" { "200" } else { expected };
        assert_eq!(outcome(range, Fixture::F10, &Policy::default()).0, lenient, "{range}");
    }
    let condition = get("bytes=5-4").with("If-Range", "\"other\"");
    assert_eq!(answer(&condition, &representation(Fixture::F10), &strict).1.status, 200);
}

#[test]
fn limits_of_sets_are_the_policys() {
    let small = Policy { specs_max: 2, parts_max: 2, coalesce_gap: 0, ..Policy::default() };
    for (range, because) in [
        ("bytes=0-0,2-2", Because::Parts),
        ("bytes=0-0,1-1", Because::Coalesced),
        ("bytes=0-0,2-2,4-4", Because::TooManySpecs),
    ] {
        assert_eq!(outcome(range, Fixture::F10k, &small).1, because, "{range}");
    }
    let three = Policy { specs_max: 3, ..small };
    assert_eq!(outcome("bytes=0-0,2-2,4-4", Fixture::F10k, &three).1, Because::TooManyParts);
    assert_eq!(outcome("bytes=0-0,1-1,4-4", Fixture::F10k, &three).1, Because::Parts);
}

/// R-17.15-1: a multipart exactly as long as the whole is still sent; one octet more, and the whole is.
#[test]
fn a_multipart_may_be_as_long_as_the_whole() {
    let because = |length| {
        let facts = Representation { complete_length: length, ..representation(Fixture::F10k) };
        let (decision, answer) = answer(&get("bytes=0-9,200-209"), &facts, &Policy::default());
        (decision.because, answer.content.length())
    };
    // With three digits of complete length, the multipart is equally long for every length.
    let (parts, length) = because(999);
    assert_eq!(parts, Because::Parts);
    assert_eq!(because(length), (Because::Parts, length));
    assert_eq!(because(length - 1), (Because::PartsLongerThanWhole, length - 1));
}

/// R-5.6.1.2-3: the last empty member that is passed over, and the first that is too many.
#[test]
fn sixty_four_empty_members_are_passed_over() {
    let range = |empties: usize| format!("bytes={}0-1", ",".repeat(empties));
    assert_eq!(outcome(&range(64), Fixture::F10, &Policy::default()).1, Because::Satisfied);
    assert_eq!(outcome(&range(65), Fixture::F10, &Policy::default()).1, Because::TooManySpecs);
}

/// R-13.1.5-1, R-13.1.5-10: the reason says how If-Range was read, tag or date, also where the answer is the same.
#[test]
fn the_reason_tells_how_if_range_was_read() {
    for (value, because) in [
        ("\"v1\"", Because::Satisfied),
        ("\"v2\"", Because::IfRangeTagDiffers),
        ("W/\"v1\"", Because::IfRangeTagWeak),
        ("W/\"v2\"", Because::IfRangeTagDiffers),
        ("v1", Because::IfRangeNoValidator),
        ("v1\"", Because::IfRangeNoValidator),
        ("Fri, 20 Nov 2026 12:00:00 GMT", Because::Satisfied),
        ("Fri, 20 Nov 2026 12:00:01 GMT", Because::IfRangeDateDiffers),
    ] {
        let asked = get("bytes=0-0").with("If-Range", value);
        let (decision, _) = answer(&asked, &representation(Fixture::F10), &Policy::default());
        assert_eq!(decision.because, because, "{value}");
    }
}

/// R-8.8.2.2-1: how long a date has to rest is the policy's; a change of the facts counts as well as the date.
#[test]
fn a_date_is_strong_once_it_has_settled() {
    let second = Duration::from_secs(1);
    let ask = |modified: Duration, changed: Option<Duration>, settle: Duration| {
        let facts = Representation {
            last_modified: byteranges::HttpDate::from_system_time(now() - modified),
            changed: changed.map(|age| now() - age),
            ..Representation::new(10)
        };
        let date = facts.last_modified.unwrap().to_string();
        let asked = get("bytes=0-0").with("If-Range", &date);
        decide(&asked, &facts, &Policy { date_settle: settle, ..Policy::default() }, now()).because
    };
    assert_eq!(ask(60 * second, None, 60 * second), Because::Satisfied);
    assert_eq!(ask(59 * second, None, 60 * second), Because::IfRangeDateWeak);
    assert_eq!(ask(60 * second, Some(59 * second), 60 * second), Because::IfRangeDateWeak);
    assert_eq!(ask(60 * second, Some(60 * second), 60 * second), Because::Satisfied);
    // A change time that lies ahead of the clock says nothing about now.
    let facts = Representation { changed: Some(now() + second), ..representation(Fixture::F10) };
    let date = facts.last_modified.unwrap().to_string();
    let asked = get("bytes=0-0").with("If-Range", &date);
    assert_eq!(decide(&asked, &facts, &Policy::default(), now()).because, Because::IfRangeDateWeak);
}

/// R-8.8.2.1-2, R-6.6.1-1: a clock that cannot be told by an HTTP-date gives neither Date nor Last-Modified.
#[test]
fn without_a_usable_clock_no_date_is_made_up() {
    let facts = representation(Fixture::F10);
    for clock in [UNIX_EPOCH - Duration::from_secs(1), UNIX_EPOCH + Duration::from_secs(300_000_000_000)] {
        let asked = get("bytes=0-4");
        let decision = decide(&asked, &facts, &Policy::default(), clock);
        let answer = compose(&decision, &asked, &facts, &Policy::default(), clock, boundary);
        assert_eq!(answer.status, 206);
        let response = answer.into_response();
        assert!(!response.headers().contains_key("date"));
        assert!(!response.headers().contains_key("last-modified"));
        assert!(response.headers().contains_key("etag"));
    }
}

/// R-8.8.2.1-1: both come from one instant, so even a file from the future is not dated after its answer.
#[test]
fn last_modified_is_never_later_than_date() {
    let facts = representation(Fixture::FFuture);
    let response = answer(&Asked::new(AskedMethod::Get), &facts, &Policy::default()).1.into_response();
    assert_eq!(response.headers()["last-modified"], response.headers()["date"]);
}

/// R-15.3.7-4, a departure: what a 206 to a true If-Range carries is what every other 206 carries.
#[test]
fn a_true_if_range_loses_no_field() {
    let facts = representation(Fixture::F10);
    let without = answer(&get("bytes=0-4"), &facts, &Policy::default()).1.into_response();
    let with =
        answer(&get("bytes=0-4").with("If-Range", "\"v1\""), &facts, &Policy::default()).1.into_response();
    assert_eq!(with.headers(), without.headers());
    for name in ["content-type", "content-language", "last-modified", "repr-digest"] {
        assert!(with.headers().contains_key(name), "{name}");
    }
}

/// R-13.2.2-1, a departure: of the two sentences that disagree, the one of §14.2 is kept (R-14.2-13).
#[test]
fn a_true_if_range_with_nothing_satisfiable_is_416() {
    let asked = get("bytes=10-").with("If-Range", "\"v1\"");
    let (decision, answer) = answer(&asked, &representation(Fixture::F10), &Policy::default());
    assert_eq!((decision.because, answer.status.as_u16()), (Because::Unsatisfiable, 416));
    assert_eq!(answer.into_response().headers()["etag"], "\"v1\"");
}

/// R-5.6.1.2-3, R-17.15-1: a field of a megabyte is read to its end, or given up, in far less than a second each.
///
/// The bound is loose on purpose. What it rules out is quadratic work, which takes minutes at this length.
#[test]
fn long_fields_take_linear_time() {
    let facts = representation(Fixture::F10k);
    let unlimited = Policy { specs_max: usize::MAX, parts_max: usize::MAX, ..Policy::default() };
    let fill = |head: &str, unit: &str| format!("{head}{}", unit.repeat(1_000_000 / unit.len()));
    let tags = |unit: &str| fill("", unit);
    let requests = [
        ("Range", fill("bytes=", "9")),
        ("Range", fill("bytes=0-", "9")),
        ("Range", fill("bytes=0-0", ",0-0")),
        ("Range", fill("bytes=0-0", ",9-9,7-7,5-5,3-3")),
        ("Range", fill("bytes=", ",")),
        ("Range", fill("bytes=", " ")),
        ("Range", fill("bytes=0-0", " ,\t")),
        ("Range", fill("", "=")),
        ("If-Match", tags("\"a\",")),
        ("If-Match", tags("\"")),
        ("If-Match", tags("\"a\" ")),
        ("If-None-Match", tags("W/\"x\" , ")),
        ("If-None-Match", tags(",")),
        ("If-None-Match", tags("\" ")),
        ("If-Range", tags("\"")),
        ("If-Range", tags("day, ")),
        ("If-Modified-Since", tags("day, -")),
        ("If-Unmodified-Since", tags("1")),
    ];
    for (name, value) in &requests {
        let begun = std::time::Instant::now();
        let mut asked = Asked::new(AskedMethod::Get).with(name, value);
        if *name != "Range" {
            asked = asked.with("Range", "bytes=0-0");
        }
        for policy in [&Policy::default(), &unlimited] {
            decide(&asked, &facts, policy, SystemTime::now());
        }
        let taken = begun.elapsed();
        assert!(taken < Duration::from_secs(5), "{name}: {}… took {taken:?}", &value[..20]);
    }
}
