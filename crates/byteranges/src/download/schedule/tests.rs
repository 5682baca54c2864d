//! Work for free lanes, in states made by hand.

#![allow(clippy::arithmetic_side_effects, reason = "tests of small numbers")]

use super::super::lane::Answer;
use super::super::rate::Rate;
use super::super::{Asked, Precondition, Proof};
use super::*;

const NOW: Duration = Duration::from_secs(10);

fn range(first: u64, last: u64) -> ByteRange {
    ByteRange::new(first, last).unwrap()
}

/// A lane that has done `rate` octets a second for a second, and was silent since `silent`.
fn lane(ask: u64, position: u64, end: u64, rate: u64, silent: Duration) -> Lane {
    let last = NOW - silent;
    let mut measured = Rate::new(last - Duration::from_millis(400));
    measured.add(rate * 2 / 5, last);
    Lane {
        ask: AskId(ask),
        path: 0,
        purpose: Purpose::Fetch,
        range: Asked::From(0),
        precondition: Precondition::None,
        resolved_again: false,
        since: Duration::ZERO,
        start: 0,
        end: Some(end),
        answer: Some(Answer {
            first: position,
            position,
            granted_end: None,
            lead: None,
            pending: 0,
            comparing: 0,
            led: false,
            writing: 0,
            proof: Proof::First,
            digested: false,
            gave: true,
            rate: measured,
            finish: None,
        }),
    }
}

fn work(lanes: &[Lane], arrived: &[ByteRange], settings: &Settings, hedge_left: u64) -> Option<Work> {
    let arrived = arrived.iter().copied().collect();
    let setup = Duration::from_millis(100);
    let rate = Some(1000);
    Plan { lanes, arrived: &arrived, complete_length: 10_000, settings, rate, setup, hedge_left, now: NOW }
        .work()
}

fn settings() -> Settings {
    Settings { min_segment: 500, ..Settings::default() }
}

#[test]
fn the_first_gap_that_nobody_fetches_comes_first() {
    let lanes = [lane(1, 0, 4000, 1000, Duration::ZERO)];
    assert_eq!(work(&lanes, &[range(6000, 6999)], &settings(), 0), Some(Work::Gap(range(4000, 5999))));
    let small = Settings { max_segment: std::num::NonZeroU64::new(300), ..settings() };
    assert_eq!(work(&lanes, &[], &small, 0), Some(Work::Gap(range(4000, 4299))));
    let windowed = Settings { window: std::num::NonZeroU64::new(5000), ..settings() };
    assert_eq!(work(&lanes, &[], &windowed, 0), Some(Work::Gap(range(4000, 4499))));
}

#[test]
fn the_longest_time_is_robbed_not_the_most_octets() {
    // 6,000 octets at 6,000 a second are a second; 4,000 at 100 are forty.
    let lanes = [lane(1, 0, 6000, 6000, Duration::ZERO), lane(2, 6000, 10_000, 100, Duration::ZERO)];
    let Some(Work::Steal { victim, range }) = work(&lanes, &[], &settings(), 0) else { panic!() };
    assert_eq!((victim, range.last()), (AskId(2), 9999));
    // In proportion: a lane ten times slower keeps an eleventh, and of what the thief's start costs too.
    assert_eq!(range.first(), 6372);
}

#[test]
fn equal_lanes_share_equally_after_the_setup() {
    assert_eq!(share(10_000, 1000, 1000, Duration::ZERO), 5000);
    assert_eq!(share(10_000, 1000, 3000, Duration::ZERO), 2500);
    assert_eq!(share(10_000, 1000, 1000, Duration::from_secs(2)), 6000);
    assert_eq!(share(100, 1000, 1000, Duration::from_secs(9)), 100);
}

#[test]
fn a_lane_that_is_silent_while_others_move_is_replaced() {
    let lanes = [lane(1, 0, 5000, 1000, Duration::ZERO), lane(2, 9000, 10_000, 1000, Duration::from_secs(2))];
    assert_eq!(
        work(&lanes, &[range(5000, 8999)], &settings(), 0),
        Some(Work::Replace { victim: AskId(2), range: range(9000, 9999) })
    );
}

#[test]
fn near_the_end_the_slowest_is_hedged_within_the_budget() {
    let lanes = [lane(1, 9900, 10_000, 222, Duration::ZERO)];
    let arrived = [range(0, 9899)];
    assert_eq!(work(&lanes, &arrived, &settings(), 100), Some(Work::Hedge(range(9900, 9999))));
    assert_eq!(work(&lanes, &arrived, &settings(), 99), None);
    let hedged = Lane { purpose: Purpose::Hedge, ..lane(2, 9900, 10_000, 1000, Duration::ZERO) };
    assert_eq!(work(&[lanes[0].clone(), hedged], &arrived, &settings(), 100), None);
    // A lane that is as fast as a new one would be is left alone.
    assert_eq!(work(&[lane(1, 9900, 10_000, 1000, Duration::ZERO)], &arrived, &settings(), 100), None);
}

#[test]
fn nobody_is_robbed_to_crumbs_while_nothing_is_measured() {
    let waiting = Lane { answer: None, since: NOW, ..lane(1, 0, 900, 1000, Duration::ZERO) };
    let arrived = [range(900, 9999)].into_iter().collect();
    let settings = settings();
    let plan = Plan {
        lanes: &[waiting],
        arrived: &arrived,
        complete_length: 10_000,
        settings: &settings,
        rate: None,
        setup: Duration::from_millis(100),
        hedge_left: 0,
        now: NOW,
    };
    assert_eq!(plan.work(), None);
}

/// Work within a window of 4,000 octets, where pieces are 500, for a path that gives `rate` octets a second.
fn in_order(lanes: &[Lane], arrived: &[ByteRange], rate: u64) -> Option<Work> {
    let arrived = arrived.iter().copied().collect();
    let window = std::num::NonZeroU64::new(4000);
    let settings = Settings { window, ..settings() };
    let setup = Duration::from_millis(100);
    let rate = Some(rate);
    Plan {
        lanes,
        arrived: &arrived,
        complete_length: 10_000,
        settings: &settings,
        rate,
        setup,
        hedge_left: 0,
        now: NOW,
    }
    .work()
}

#[test]
fn a_slow_path_takes_a_piece_that_it_completes_in_time() {
    let fast = [lane(1, 0, 500, 1000, Duration::ZERO)];
    assert_eq!(in_order(&fast, &[], 900), Some(Work::Gap(range(500, 999))));
    // 500 octets at 250 a second take two seconds, and the head moves by 1,000 a second.
    assert_eq!(in_order(&fast, &[], 250), Some(Work::Gap(range(2500, 2999))));
    // None of them in time: as much of the last one as is.
    assert_eq!(in_order(&fast, &[], 100), Some(Work::Gap(range(3660, 3999))));
    // Not even a piece that is worth a request: it is better left out.
    assert_eq!(in_order(&fast, &[], 1), None);
}

#[test]
fn a_piece_that_the_window_cuts_short_is_left() {
    let lanes = [lane(1, 0, 500, 1000, Duration::ZERO)];
    assert_eq!(in_order(&lanes, &[range(500, 3799)], 1000), None);
    let end = [range(500, 9799)];
    assert_eq!(
        in_order(&[lane(1, 6100, 6500, 1000, Duration::ZERO)], &end, 1000),
        Some(Work::Gap(range(0, 499)))
    );
}
