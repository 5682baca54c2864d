//! What each way of misbehaving costs on the track: right octets always, and times that do not let one bad connection, or
//! some bad answers, slow down the others.
//!
//! 16 MiB, eight lanes, 8 MiB/s on each connection: one lane needs two seconds, eight a little over a quarter.

use std::time::Duration;

use byteranges::ByteRange;
use byteranges::download::{Assurance, Fetch, Lanes, PathSettings, Placement, Settings};

use crate::track::{Honest, Lap, MIB, Reply, Track};

fn settings() -> Settings {
    Settings { lanes: Lanes::Fixed(8), ..Settings::default() }
}

fn server() -> Honest {
    Honest::new(16 * MIB, 8 * MIB)
}

fn lap(script: impl FnMut(u64, &Fetch) -> Reply) -> Lap {
    let lap = Track::new(settings(), Box::new(script)).run();
    let counts = lap.report.counts;
    println!("{:?}, {} requests, {:?}, {counts:?}", lap.time, lap.requests.len(), lap.report.outcome);
    lap
}

/// Right, one version, and within the time.
#[track_caller]
fn good(lap: &Lap, most: u64) {
    assert!(lap.report.outcome.is_ok(), "{:?}", lap.report);
    assert_eq!((lap.wrong, lap.versions.len()), (0, 1));
    assert!(lap.time <= Duration::from_millis(most), "{:?}, {most} ms allowed", lap.time);
}

#[test]
fn an_honest_server_gives_all_that_eight_lanes_can_take() {
    let lap = lap(|_, fetch| server().reply(fetch));
    good(&lap, 300);
    assert_eq!(lap.report.outcome, Ok(Assurance::Pinned));
}

#[test]
fn a_connection_that_crawls_costs_no_second() {
    for slow in 0..8 {
        let lap = lap(|number, fetch| {
            let reply = server().reply(fetch);
            if number == slow { Reply { rate: 30_000, ..reply } } else { reply }
        });
        good(&lap, 900);
    }
}

#[test]
fn a_connection_that_falls_silent_costs_no_second() {
    for silent in 0..8 {
        for after in [0, 1, 200_000] {
            let lap = lap(|number, fetch| {
                let reply = server().reply(fetch);
                if number == silent { Reply { stall: Some(after), ..reply } } else { reply }
            });
            good(&lap, 1200);
        }
    }
}

#[test]
fn an_answer_that_never_begins_costs_no_second() {
    for silent in 1..8 {
        let lap = lap(|number, fetch| {
            let reply = server().reply(fetch);
            if number == silent { Reply { delay: Duration::from_secs(600), ..reply } } else { reply }
        });
        good(&lap, 1200);
    }
}

#[test]
fn every_third_answer_that_lies_about_its_place_leaves_the_others_alone() {
    let lies: [fn(&mut Reply, &Honest); 4] = [
        // It begins earlier than asked, and says so.
        |reply, server| {
            let first = reply.first.saturating_sub(1000);
            *reply = server.part(ByteRange::new(first, reply.first + reply.length - 1).unwrap());
        },
        |reply, server| server.place(reply, 0),
        |reply, _| reply.head.placement = Placement::Absent,
        |reply, _| {
            reply.head.status = 200;
            reply.head.placement = Placement::Absent;
            (reply.head.etag, reply.head.has_etag) = (None, false);
            (reply.first, reply.length, reply.head.content_length) = (0, 30, Some(30));
            reply.version = 66;
        },
    ];
    for lie in lies {
        for every in [2, 3, 7] {
            let lap = lap(|number, fetch| {
                let mut reply = server().reply(fetch);
                if number % every == 1 && reply.first > 0 {
                    lie(&mut reply, &server());
                }
                reply
            });
            good(&lap, 1000);
        }
    }
}

#[test]
fn short_parts_and_broken_ones_are_gone_on_with() {
    let lap_short = lap(|_, fetch| {
        let reply = server().reply(fetch);
        let end = reply.first + reply.length.min(MIB);
        ByteRange::new(reply.first, end - 1).map_or(reply, |range| server().part(range))
    });
    good(&lap_short, 500);
    let lap_broken = lap(|number, fetch| {
        let reply = server().reply(fetch);
        let cut = (number % 3 == 1).then_some(reply.length / 2);
        Reply { cut, ..reply }
    });
    good(&lap_broken, 1000);
}

#[test]
fn a_server_that_stops_to_give_parts_is_taken_as_it_is() {
    let never = lap(|_, _| server().whole());
    good(&never, 2100);
    assert_eq!((never.report.outcome, never.requests.len()), (Ok(Assurance::Single), 1));
    let later = lap(|number, fetch| if number < 4 { server().reply(fetch) } else { server().whole() });
    good(&later, 2300);
}

#[test]
fn a_busy_server_is_left_alone_for_as_long_as_it_asks_and_no_longer() {
    let lap = lap(|number, fetch| {
        if (2..4).contains(&number) {
            let mut reply = server().status(503);
            reply.head.retry_after = Some(Duration::from_secs(1));
            return reply;
        }
        server().reply(fetch)
    });
    good(&lap, 1600);
}

#[test]
fn a_complete_length_that_is_never_told_is_found() {
    let lap = lap(|_, fetch| {
        let mut reply = server().reply(fetch);
        if let Placement::Valid(byteranges::ContentRange::Range { range, .. }) = reply.head.placement {
            let complete_length = None;
            reply.head.placement =
                Placement::Valid(byteranges::ContentRange::Range { range, complete_length });
        }
        reply
    });
    good(&lap, 2300);
}

#[test]
fn the_answer_that_shows_a_new_version_is_its_first_lane() {
    let new = || Honest { tag: Some("v2"), ..server() };
    let lap = lap(|number, fetch| {
        let mut reply = if number < 3 { server().reply(fetch) } else { new().reply(fetch) };
        reply.version = 1 + u64::from(number >= 3);
        reply
    });
    good(&lap, 600);
    assert_eq!((lap.versions.first(), lap.report.counts.restarts), (Some(&2), 1));
    // Of a link that works four times, the fourth answer is the last.
    let once = |number, fetch: &Fetch| {
        let mut reply = match number {
            0..3 => Reply { cut: Some(MIB), ..server().reply(fetch) },
            // It ignores conditions and ranges.
            3 => new().whole(),
            _ => server().status(410),
        };
        reply.version = 1 + u64::from(number >= 3);
        reply
    };
    let once_more = self::lap(once);
    good(&once_more, 2600);
    assert_eq!(once_more.report.outcome, Ok(Assurance::Single));
}

#[test]
fn a_server_that_is_slow_on_each_connection_is_asked_over_many_soon_and_digests_hold_up_nobody() {
    // 45 seconds for one lane, 7.5 for six.
    let paced = || Honest::new(1_350_000, 30_000);
    for digest in [None, Some(true)] {
        for (lanes, most) in [(Lanes::Fixed(6), 8_800), (Lanes::Auto(6), 10_000)] {
            let settings = Settings { lanes, ..Settings::default() };
            let script = |_, fetch: &Fetch| {
                let digest = digest.filter(|_| matches!(fetch.range, byteranges::download::Asked::Range(_)));
                Reply { digest, ..paced().reply(fetch) }
            };
            let lap = Track::new(settings, Box::new(script)).run();
            println!("{lanes:?}: {:?}, {} requests, {:?}", lap.time, lap.requests.len(), lap.report.counts);
            good(&lap, most);
            assert!(lap.requests.len() < 30 && lap.report.counts.wasted < 100_000, "{:?}", lap.report.counts);
        }
    }
}

#[test]
fn a_small_file_is_one_request() {
    for lanes in [Lanes::Fixed(6), Lanes::Auto(6)] {
        let settings = Settings { lanes, ..Settings::default() };
        // A second of a slow line: nobody would notice what could be saved.
        let script = |_, fetch: &Fetch| Honest::new(30_000, 30_000).reply(fetch);
        let lap = Track::new(settings, Box::new(script)).run();
        good(&lap, 1100);
        assert_eq!(lap.requests.len(), 1, "{:?}", lap.requests);
    }
}

fn windowed(window: u64, settings: Settings) -> Settings {
    Settings { window: std::num::NonZeroU64::new(window), ..settings }
}

#[test]
fn a_window_is_kept_and_costs_little() {
    for window in [MIB, 4 * MIB, 8 * MIB] {
        let script = |_, fetch: &Fetch| server().reply(fetch);
        let lap = Track::new(windowed(window, settings()), Box::new(script)).run();
        println!("{:?}, {} requests, {} ahead", lap.time, lap.requests.len(), lap.ahead);
        good(&lap, if window == MIB { 600 } else { 320 });
        assert!(lap.ahead <= window && lap.most > 1, "{} of {window}", lap.ahead);
    }
}

#[test]
fn within_a_window_a_crawling_connection_holds_up_nobody_for_long() {
    for slow in 0..9 {
        let lap = Track::new(
            windowed(4 * MIB, settings()),
            Box::new(move |number, fetch| {
                let reply = server().reply(fetch);
                if number == slow { Reply { rate: 30_000, ..reply } } else { reply }
            }),
        )
        .run();
        println!("{:?}, {} requests, {} ahead", lap.time, lap.requests.len(), lap.ahead);
        good(&lap, 1000);
        assert!(lap.ahead <= 4 * MIB);
    }
}

/// Two links, ten to one, a lane on each.
fn two_links(window: Option<u64>) -> Lap {
    let paths = vec![PathSettings::default(); 2];
    let one = Settings { lanes: Lanes::Fixed(1), paths, ..Settings::default() };
    let script = |_, fetch: &Fetch| {
        let reply = Honest::new(110 * MIB, 10 * MIB).reply(fetch);
        if fetch.path == 1 { Reply { rate: MIB, delay: Duration::from_millis(100), ..reply } } else { reply }
    };
    let settings = Settings { window: window.and_then(std::num::NonZeroU64::new), ..one };
    let lap = Track::new(settings, Box::new(script)).run();
    println!("{:?}, {} requests, {} ahead", lap.time, lap.requests.len(), lap.ahead);
    lap
}

#[test]
fn two_links_add_up_in_order_or_not() {
    // Ten seconds for both together; the slow one alone would need 110.
    good(&two_links(None), 10_300);
    for window in [4 * MIB, 16 * MIB] {
        let lap = two_links(Some(window));
        good(&lap, 10_600);
        assert!(lap.ahead <= window);
    }
}

/// The first source and a mirror, one lane each; where settings allow it, the mirror has other tags.
fn mirrored(settings: &Settings, mirror: impl Fn(&mut Reply)) -> Lap {
    let paths = vec![PathSettings::default(), PathSettings { source: 1, ..PathSettings::default() }];
    let settings = Settings { paths, lanes: Lanes::Fixed(1), ..settings.clone() };
    let other = Honest { tag: Some("another"), ..server() };
    let script = |_, fetch: &Fetch| {
        if fetch.path == 0 {
            return server().reply(fetch);
        }
        let mut reply = other.reply(fetch);
        mirror(&mut reply);
        reply
    };
    let lap = Track::new(settings, Box::new(script)).run();
    println!("{:?}, {} requests, {:?}", lap.time, lap.requests.len(), lap.report);
    lap
}

#[test]
fn a_mirror_with_tags_of_its_own_helps_where_that_is_allowed() {
    let strict = mirrored(&Settings::default(), |_| ());
    good(&strict, 2100);
    assert_eq!(strict.report.outcome, Ok(Assurance::Single));
    let overlap = mirrored(&Settings { assurance: Assurance::Overlap, ..Settings::default() }, |_| ());
    good(&overlap, 1100);
    assert_eq!(overlap.report.outcome, Ok(Assurance::Overlap));
    let digest = mirrored(&Settings { verify: true, ..Settings::default() }, |_| ());
    good(&digest, 1100);
    assert_eq!(digest.report.outcome, Ok(Assurance::Digest));
}

#[test]
fn a_mirror_that_lies_is_given_up_and_only_its_octets_are_fetched_again() {
    for settings in [
        Settings { assurance: Assurance::Overlap, ..Settings::default() },
        Settings { verify: true, ..Settings::default() },
    ] {
        // Other octets under an equal length.
        let lap = mirrored(&settings, |reply| reply.version = 2);
        good(&lap, 2300);
        assert_eq!(lap.versions.first(), Some(&1));
        let from_first: Vec<_> = lap.requests.iter().filter(|(_, path, _)| *path == 0).collect();
        assert!(from_first.len() > 1 && lap.report.counts.restarts == 0, "{:?}", lap.requests);
        // Another length: not one octet is taken.
        let lap = mirrored(&settings, |reply| {
            let longer = Honest { length: 17 * MIB, ..server() };
            longer.place(reply, reply.first);
            reply.version = 2;
        });
        good(&lap, 2100);
        assert_eq!(lap.versions.first(), Some(&1));
    }
}

#[test]
fn a_length_that_contradicts_the_same_tag_is_no_new_version() {
    let longer = || Honest { length: 16 * MIB + 1, ..server() };
    for wrong in [1, 2] {
        let lap = lap(|number, fetch| {
            let mut reply = server().reply(fetch);
            if number % 3 == wrong && reply.head.status == 206 {
                let from = reply.first;
                longer().place(&mut reply, from);
            }
            reply
        });
        good(&lap, 600);
        assert_eq!(lap.report.counts.restarts, 0);
    }
    // When it is the first that is wrong, the whole says so.
    let first = lap(|number, fetch| {
        let mut reply = server().reply(fetch);
        if number == 0 {
            let from = reply.first;
            longer().place(&mut reply, from);
        }
        reply
    });
    good(&first, 5000);
}
