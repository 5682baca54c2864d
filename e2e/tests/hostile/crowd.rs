//! Two thousand idle connections and two hundred slow readers at once; two thousand stalled streams.

use std::fs;
use std::time::Instant;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use swath_e2e::clients::h2;
use swath_e2e::clients::raw::Raw;
use swath_e2e::clients::site::Site;

use crate::{PATIENCE, PROMPT, WELL, assert_well, stop};

const IDLE: usize = 2_000;
const SLOW: usize = 200;
const LENGTH: usize = 16 << 20;

/// Connections and streams on each, for the crowd that speaks HTTP/2; the second is as many as the server grants.
const STREAMS: (usize, usize) = (20, 100);

/// The most memory that the server may have held at any time.
///
/// 64 MiB of buffers, what the process needs to be there at all, and some 25 KiB for each of more than 2,000 connections or streams.
const MEMORY_MAX: u64 = 128 << 20;

#[test]
fn memory_stays_bounded_under_a_crowd() {
    raise_descriptors(IDLE + SLOW + 100);
    let site = Site::new();
    fs::write(site.file("well.txt"), WELL).expect("writes");
    let octets = site.noise("data.bin", LENGTH);
    let server = site.serve().start();
    let before = memory(server.process(), "VmRSS");

    let mut idle: Vec<Raw> = (0..IDLE).map(|_| Raw::connect(server.address())).collect();
    for peer in &mut idle {
        // Idle after one request, as browsers leave them.
        peer.get("/well.txt", "");
        assert_eq!(peer.answer().expect("an answer").content, WELL);
    }
    let with_idle = memory(server.process(), "VmRSS");

    let mut slow: Vec<Raw> =
        (0..SLOW).map(|_| Raw::connect_with_buffer(server.address(), 32 * 1024)).collect();
    for peer in &mut slow {
        peer.get("/data.bin", "");
        assert_eq!(peer.head().expect("a head").status, 200);
    }
    // Each takes a little now and then, so that the server has something to do for all of them.
    let mut at = 0;
    for _ in 0..10 {
        for peer in &mut slow {
            assert!(peer.exactly(20_000).expect("content") == octets[at..at + 20_000]);
        }
        at += 20_000;
    }
    let start = Instant::now();
    assert_well(&server);
    let answered_in = start.elapsed();
    let most = memory(server.process(), "VmHWM");
    let report = format!(
        "memory: {} KiB at rest, {} KiB with {IDLE} idle connections, at most {} KiB with {SLOW} slow readers besides; \
         one more request answered in {answered_in:?}",
        before >> 10,
        with_idle >> 10,
        most >> 10
    );
    println!("{report}");
    assert!(most < MEMORY_MAX, "{report}; more than {} KiB", MEMORY_MAX >> 10);
    assert!(answered_in < PROMPT, "{report}");

    drop(slow);
    drop(idle);
    assert_well(&server);
    let records = stop(server);
    assert_eq!(records.len(), SLOW, "one record for each slow reader");
    assert!(
        records.iter().all(|record| record.outcome == "aborted-by-peer" && record.bytes_sent >= at as u64),
        "{records:#?}"
    );
}

#[test]
fn memory_stays_bounded_under_a_crowd_of_streams() {
    let (connections, streams) = STREAMS;
    let site = Site::new();
    fs::write(site.file("well.txt"), WELL).expect("writes");
    site.noise("data.bin", LENGTH);
    let server = site.serve().start();
    h2::block_on(async {
        let mut held = Vec::new();
        for _ in 0..connections {
            let mut connection = h2::Connection::to(server.address()).await;
            for _ in 0..streams {
                let answer = connection.get("/data.bin", &[]).await;
                assert_eq!(answer.status(), 200);
                held.push(answer);
            }
            // No room is made: after the window of the connection all of its streams stand still.
            let first = held.len() - streams;
            let _ = h2::first_piece(held[first].body_mut()).await;
        }
        let start = Instant::now();
        assert_well(&server);
        let answered_in = start.elapsed();
        let most = memory(server.process(), "VmHWM");
        let count = connections * streams;
        let report = format!(
            "memory: at most {} KiB with {count} stalled streams on {connections} connections; one more request answered in {answered_in:?}",
            most >> 10
        );
        println!("{report}");
        assert!(most < MEMORY_MAX, "{report}; more than {} KiB", MEMORY_MAX >> 10);
        assert!(answered_in < PROMPT, "{report}");
    });
    let records = server.wait_for("record of each stream", PATIENCE, |records| {
        records.iter().filter(|record| record.is_for("/data.bin")).count() == connections * streams
    });
    assert!(records.iter().all(|record| record.is_for("/well.txt") || record.outcome == "aborted-by-peer"));
    assert_well(&server);
    let _ = server.stop();
}

/// A figure of /proc/PID/status, in octets.
pub(crate) fn memory(process: u32, name: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).expect("the server runs");
    let line = status.lines().find(|line| line.starts_with(name)).expect("the kernel says how much");
    let kibibytes: u64 =
        line.split_whitespace().nth(1).and_then(|digits| digits.parse().ok()).expect("a number");
    kibibytes << 10
}

fn raise_descriptors(wanted: usize) {
    let limit = getrlimit(Resource::Nofile);
    let wanted = wanted as u64;
    let maximum = limit.maximum.unwrap_or(u64::MAX);
    assert!(maximum >= wanted, "this test needs {wanted} descriptors, and `ulimit -Hn` says {maximum}");
    if limit.current.is_some_and(|current| current < wanted) {
        setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum: limit.maximum })
            .expect("the soft limit can be raised");
    }
}
