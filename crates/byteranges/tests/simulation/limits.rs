//! Limits and policies on the track: how often, how long, and what then.

use std::num::NonZeroU64;
use std::time::Duration;

use byteranges::download::{
    Asked, Assurance, Download, Event, Fault, Fetch, Lanes, Misbehaviour, OnChange, PathSettings, Placement,
    Settings,
};
use byteranges::{ContentRange, EntityTag};

use crate::track::{Honest, Lap, MIB, Reply, Track};

fn server() -> Honest {
    Honest::new(4 * MIB, 4 * MIB)
}

fn run(settings: Settings, script: impl FnMut(u64, &Fetch) -> Reply) -> Lap {
    Track::new(settings, Box::new(script)).run()
}

#[test]
fn a_server_that_always_fails_is_asked_as_often_as_settings_say() {
    for retries in [0, 1, 4] {
        let settings = Settings { retries, ..Settings::default() };
        let lap = run(settings, |_, _| server().status(500));
        assert_eq!(lap.report.outcome, Err(Fault::Refused(500)));
        assert_eq!(lap.requests.len(), retries as usize + 1);
        // 200 ms, doubled each time, of which a quarter is chance.
        let pauses = Duration::from_millis(200) * (2_u32.pow(retries) - 1);
        assert!(
            lap.time >= pauses * 3 / 4 && lap.time <= pauses + Duration::from_millis(100),
            "{:?}",
            lap.time
        );
    }
}

#[test]
fn answers_that_lie_beside_good_ones_use_up_the_same_budget() {
    // The first answer is good and goes on for long; all others lie. They are not asked for without end.
    let settings = Settings { lanes: Lanes::Fixed(4), retries: 6, ..Settings::default() };
    let lap = run(settings, |_, fetch| {
        let mut reply = server().reply(fetch);
        if reply.first > 0 {
            server().place(&mut reply, 0);
        }
        reply
    });
    assert_eq!((lap.report.outcome, lap.wrong), (Ok(Assurance::Single), 0));
    assert!(lap.requests.len() <= 8, "{:?}", lap.requests);
}

#[test]
fn a_pause_that_is_too_long_ends_the_path_and_a_shorter_one_is_kept() {
    let busy = |seconds| {
        move |number, fetch: &Fetch| {
            let mut reply = server().status(503);
            reply.head.retry_after = Some(Duration::from_secs(seconds));
            if number == 0 { reply } else { server().reply(fetch) }
        }
    };
    let settings = || Settings { retry_after_max: Duration::from_secs(3), ..Settings::default() };
    let kept = run(settings(), busy(3));
    assert_eq!((kept.report.outcome, kept.requests.len()), (Ok(Assurance::Single), 2));
    let (second, ..) = kept.requests[1];
    assert!(second >= Duration::from_secs(3) && second < Duration::from_millis(3100), "{second:?}");
    let ended = run(settings(), busy(4));
    assert_eq!((ended.report.outcome, ended.requests.len()), (Err(Fault::Refused(503)), 1));
}

#[test]
fn without_any_link_it_waits_as_long_as_settings_say() {
    let down = (Duration::from_millis(100), Event::PathDown { path: 0 });
    let settings = Settings { offline_timeout: Duration::from_secs(5), ..Settings::default() };
    let lap = |up: Option<u64>| {
        let mut track = Track::new(settings.clone(), Box::new(|_, fetch| server().reply(fetch)));
        track.events.push(down.clone());
        let up = up.map(|seconds| (Duration::from_secs(seconds), Event::PathUp { path: 0 }));
        track.events.extend(up);
        track.run()
    };
    let never = lap(None);
    assert_eq!(never.report.outcome, Err(Fault::Unreachable));
    assert!(
        never.time >= Duration::from_secs(5) && never.time < Duration::from_millis(5200),
        "{:?}",
        never.time
    );
    let back = lap(Some(4));
    assert_eq!((back.report.outcome, back.wrong), (Ok(Assurance::Pinned), 0));
    assert!(back.time < Duration::from_millis(5100), "{:?}", back.time);
}

#[test]
fn a_change_is_followed_reported_or_kept_beside_as_settings_say() {
    let lap = |on_change| {
        let settings = Settings { on_change, lanes: Lanes::Fixed(2), ..Settings::default() };
        run(settings, |number, fetch| {
            let tag = Some(if number == 0 { "v1" } else { "v2" });
            Reply { version: 1 + number.min(1), ..Honest { tag, ..server() }.reply(fetch) }
        })
    };
    let failed = lap(OnChange::Fail);
    assert_eq!((failed.report.outcome, failed.kept_old), (Err(Fault::RepresentationChanged), vec![false]));
    assert_eq!(failed.versions.iter().copied().collect::<Vec<_>>(), [1], "what is held stays");
    for (on_change, kept) in [(OnChange::Restart, false), (OnChange::KeepBoth, true)] {
        let lap = lap(on_change);
        assert!(lap.report.outcome.is_ok() && lap.versions.first() == Some(&2));
        assert_eq!((lap.report.counts.restarts, lap.kept_old), (1, vec![kept; 2]));
    }
}

/// The head of a reply, with these instead of a strong tag and a length.
fn named(mut reply: Reply, tag: Option<&str>, length: bool) -> Reply {
    reply.head.etag = tag.and_then(|tag| EntityTag::weak(tag.as_bytes()));
    reply.head.has_etag = tag.is_some();
    reply.head.content_length = reply.head.content_length.filter(|_| length);
    reply
}

#[test]
fn what_cannot_be_gone_on_with_is_held_against_what_comes_in_its_place() {
    // Half of it comes, and then something else in its place: by its length, its end or its tag.
    let page = Honest { length: 100, ..server() };
    let longer = Honest { length: 5 * MIB, ..server() };
    for (name, tag, length, other) in [
        ("a page, where nothing was told", None, false, named(page.whole(), None, true)),
        ("a page without a length, where nothing was told", None, false, named(page.whole(), None, false)),
        ("a page, where a length was told", None, true, named(page.whole(), None, true)),
        ("a page without a length, where one was told", None, true, named(page.whole(), None, false)),
        ("more than was told", None, true, named(longer.whole(), None, false)),
        ("another tag", Some("v1"), true, named(server().whole(), Some("v2"), true)),
    ] {
        let lap = |on_change| {
            let settings = Settings { on_change, ..Settings::default() };
            run(settings, |number, _| match number {
                0 => Reply { cut: Some(2 * MIB), ..named(server().whole(), tag, length) },
                _ => Reply { version: 2, ..other.clone() },
            })
        };
        let failed = lap(OnChange::Fail);
        assert_eq!(failed.report.outcome, Err(Fault::RepresentationChanged), "{name}");
        let restarted = lap(OnChange::Restart);
        assert_eq!(restarted.report.outcome, Ok(Assurance::Single), "{name}");
        assert_eq!((restarted.report.counts.restarts, restarted.wrong), (1, 0), "{name}");
        assert_eq!(restarted.versions.into_iter().collect::<Vec<_>>(), [2], "{name}");
    }
}

#[test]
fn what_comes_again_is_no_change() {
    for (tag, lengths) in [(None, [false, false]), (None, [true, false]), (Some("v1"), [true, true])] {
        let settings = Settings { on_change: OnChange::Fail, ..Settings::default() };
        let lap = run(settings, |number, _| {
            let reply = named(server().whole(), tag, lengths[usize::from(number > 0)]);
            Reply { cut: [Some(3 * MIB), Some(MIB), None][number as usize], ..reply }
        });
        assert_eq!((lap.report.outcome, lap.wrong), (Ok(Assurance::Single), 0), "{tag:?} {lengths:?}");
        assert_eq!(lap.requests.len(), 3);
    }
}

#[test]
fn a_page_without_the_tag_that_was_told_is_not_the_file() {
    let lap = run(Settings::default(), |number, _| match number {
        0 => Reply { cut: Some(MIB), ..named(server().whole(), Some("v1"), false) },
        _ => Reply { version: 2, ..named(server().whole(), None, false) },
    });
    assert_eq!(lap.report.outcome, Err(Fault::ServerMisbehaved(Misbehaviour::NoValidator)));
    assert_eq!(lap.versions.into_iter().collect::<Vec<_>>(), [1]);
}

#[test]
fn a_file_found_that_is_longer_than_the_whole_is_of_another_version() {
    for (on_change, expected) in
        [(OnChange::Fail, Err(Fault::RepresentationChanged)), (OnChange::Restart, Ok(Assurance::Digest))]
    {
        for ranges in [true, false] {
            let settings = Settings { on_change, verify: true, ..Settings::default() };
            let download = Download::with_unproved(settings, 5 * MIB);
            let script = |_, fetch: &Fetch| match (ranges, fetch.range) {
                (true, Asked::From(first)) if first >= 4 * MIB => {
                    let mut reply = server().status(416);
                    let complete_length = 4 * MIB;
                    reply.head.placement = Placement::Valid(ContentRange::Unsatisfied { complete_length });
                    reply
                }
                (true, _) => server().reply(fetch),
                (false, _) => server().whole(),
            };
            let lap = Track::with(download, Box::new(script)).run();
            assert_eq!(lap.report.outcome, expected, "{ranges}");
            assert_eq!(lap.kept_old.is_empty(), expected.is_err(), "what was found stays");
        }
    }
}

#[test]
fn a_file_that_never_rests_is_given_up_after_two_new_versions() {
    let tags = ["v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7"];
    let settings = Settings { lanes: Lanes::Fixed(2), ..Settings::default() };
    let mut number = 0;
    let lap = run(settings, |_, fetch| {
        number += 1;
        let tag = tags.get(number % tags.len()).copied();
        let reply = Honest { tag, ..server() }.reply(fetch);
        Reply { version: number as u64, cut: Some(MIB), ..reply }
    });
    assert_eq!((lap.report.outcome, lap.report.counts.restarts), (Err(Fault::RepresentationChanged), 2));
}

#[test]
fn a_part_that_its_digest_contradicts_is_fetched_again_alone() {
    let settings =
        Settings { lanes: Lanes::Fixed(4), max_segment: NonZeroU64::new(MIB / 4), ..Settings::default() };
    let lap = run(settings, |number, fetch| {
        let reply = server().reply(fetch);
        if number == 0 {
            return reply;
        }
        let bad = number == 3;
        Reply { digest: Some(!bad), version: if bad { 2 } else { 1 }, ..reply }
    });
    assert_eq!((lap.report.outcome, lap.wrong), (Ok(Assurance::Pinned), 0));
    assert_eq!(lap.versions.iter().copied().collect::<Vec<_>>(), [1]);
    let again = lap.requests.iter().filter(|(_, _, asked)| *asked == lap.requests[3].2).count();
    assert_eq!(again, 2, "{:?}", lap.requests);
    assert!(lap.report.counts.received <= 4 * MIB + MIB / 2, "{:?}", lap.report.counts);
}

#[test]
fn a_metered_link_carries_no_more_than_its_budget() {
    let paths = vec![PathSettings::default(), PathSettings { budget: Some(MIB), ..PathSettings::default() }];
    let settings = Settings { paths, lanes: Lanes::Fixed(1), ..Settings::default() };
    let lap = run(settings, |_, fetch| server().reply(fetch));
    assert_eq!((lap.report.outcome, lap.wrong), (Ok(Assurance::Pinned), 0));
    // Three of four seconds: a quarter came by the other link.
    assert!(lap.time < Duration::from_millis(850), "{:?}", lap.time);
}

#[test]
fn a_budget_that_is_spent_ends_the_lanes_under_way() {
    let paths = vec![PathSettings { budget: Some(300_000), ..PathSettings::default() }];
    let settings = Settings { paths, lanes: Lanes::Fixed(1), ..Settings::default() };
    let lap = run(settings, |_, fetch| server().reply(fetch));
    assert_eq!(lap.report.outcome, Err(Fault::BudgetSpent));
    // The last arrival may reach beyond it.
    assert!(lap.report.counts.received < 310_000 && lap.requests.len() == 1, "{:?}", lap.report.counts);
}

#[test]
fn lanes_under_way_go_on_though_nobody_may_ask_any_more() {
    let settings = Settings { lanes: Lanes::Fixed(8), ..Settings::default() };
    let lap = run(settings, |number, fetch| {
        let mut busy = server().status(503);
        busy.head.retry_after = Some(Duration::from_secs(86_400));
        if (2..4).contains(&number) { busy } else { server().reply(fetch) }
    });
    assert_eq!((lap.report.outcome, lap.wrong), (Ok(Assurance::Pinned), 0));
    assert!(lap.time < Duration::from_millis(1200), "{:?}", lap.time);
}

#[test]
fn no_answer_is_read_beyond_the_largest_segment() {
    let settings =
        Settings { lanes: Lanes::Fixed(1), max_segment: NonZeroU64::new(300_000), ..Settings::default() };
    let lap = run(settings, |_, fetch| server().reply(fetch));
    assert_eq!((lap.report.outcome, lap.requests.len()), (Ok(Assurance::Pinned), 14));
}

#[test]
fn a_link_that_expires_is_resolved_again_for_each_lane_at_once() {
    // Each link serves two requests; the URL that the user named leads to a new one.
    let left = std::cell::Cell::new(2);
    let settings = Settings { lanes: Lanes::Fixed(4), ..Settings::default() };
    let lap = run(settings, |_, fetch| {
        if fetch.resolve_again {
            left.set(2);
        }
        if left.get() == 0 {
            let mut gone = server().status(403);
            gone.head.redirected = true;
            return gone;
        }
        left.set(left.get() - 1);
        server().reply(fetch)
    });
    assert_eq!((lap.report.outcome, lap.wrong), (Ok(Assurance::Pinned), 0));
    assert!(lap.time < Duration::from_millis(500), "{:?}", lap.time);
}

#[test]
fn a_server_that_bears_two_connections_is_used_by_two() {
    for refusal in [Some(503), Some(403), None] {
        let settings = Settings { lanes: Lanes::Fixed(8), ..Settings::default() };
        let server = Honest::new(16 * MIB, 8 * MIB);
        let script = |_, fetch: &Fetch| server.reply(fetch);
        let mut track = Track::new(settings, Box::new(script));
        track.bears = Some((2, refusal.map(|status| server.status(status))));
        let lap = track.run();
        assert_eq!((lap.report.outcome, lap.wrong), (Ok(Assurance::Pinned), 0), "{refusal:?}");
        assert!(lap.time < Duration::from_millis(1300), "{refusal:?}: {:?} {:?}", lap.time, lap.requests);
    }
}

#[test]
fn heads_that_all_come_late_are_waited_for() {
    let settings = Settings { lanes: Lanes::Fixed(8), ..Settings::default() };
    let late = Honest { delay: Duration::from_millis(500), ..Honest::new(16 * MIB, 8 * MIB) };
    let lap = run(settings, |_, fetch| late.reply(fetch));
    assert_eq!((lap.report.outcome, lap.wrong), (Ok(Assurance::Pinned), 0));
    assert!(lap.time < Duration::from_millis(2100), "{:?} {:?}", lap.time, lap.requests);
}
