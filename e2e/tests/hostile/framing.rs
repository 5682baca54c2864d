//! Peers that abuse what lies below requests: the frames of HTTP/2, and TLS.

use std::fs;
use std::time::{Duration, Instant};

use swath_e2e::clients::raw::{End, Raw};
use swath_e2e::clients::site::Site;
use swath_e2e::clients::{curl, h2};
use swath_e2e::swath::Swath;

use crate::crowd::memory;
use crate::{PATIENCE, PROMPT, WELL, assert_well, stop};

/// The memory that one peer may make the server hold, beside what it takes to be there.
const MEMORY_MAX: u64 = 32 << 20;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

const HEADERS: u8 = 1;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const CONTINUATION: u8 = 9;

fn site() -> Site {
    let site = Site::new();
    fs::write(site.file("well.txt"), WELL).expect("writes");
    site
}

/// A frame of HTTP/2 (RFC 9113 §4.1).
fn frame(kind: u8, flags: u8, stream: u32, content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).expect("a short frame").to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), content].concat()
}

/// Opens a connection and sends frames until the server ends it or takes none for `patience`, or `most` of them are sent.
///
/// Gives how many it took.
fn flood(server: &Swath, patience: Duration, first: &[u8], repeated: &[u8], most: usize) -> usize {
    let mut raw = Raw::connect(server.address()).patient_for(patience);
    raw.send([PREFACE, &frame(SETTINGS, 0, 0, &[]), first].concat()).expect("the beginning is sent");
    // What the server says is not read: that is part of the attack.
    (0..most).take_while(|_| raw.send(repeated).is_ok()).count()
}

#[test]
fn a_head_that_goes_on_and_on_in_continuations_is_cut() {
    let site = site();
    let server = site.serve().start();
    // One literal field without indexing, its name and value of 4 octets, over and over.
    let field = b"\x00\x04xxxx\x04yyyy".repeat(1400);
    // The server has to end it, so the peer does not.
    let (first, repeated) = (frame(HEADERS, 0, 1, &field), frame(CONTINUATION, 0, 1, &field));
    let taken = flood(&server, PATIENCE, &first, &repeated, 4000);
    assert!(taken < 4000, "all of 60 MB of one head were taken");
    assert_well(&server);
    let most = memory(server.process(), "VmHWM");
    assert!(most < MEMORY_MAX, "{} KiB", most >> 10);
    let records = stop(server);
    assert_eq!(records.len(), 1, "{records:#?}");
    assert_eq!(records[0].outcome, "bad-head");
}

#[test]
fn pings_and_settings_without_end_do_not_fill_the_memory() {
    let site = site();
    let server = site.serve().args(["--stall-timeout", "1s"]).start();
    for repeated in [frame(PING, 0, 0, b"8 octets"), frame(SETTINGS, 0, 0, &[])] {
        let _ = flood(&server, Duration::from_millis(500), &[], &repeated.repeat(1000), 200);
        assert_well(&server);
    }
    let most = memory(server.process(), "VmHWM");
    assert!(most < MEMORY_MAX, "{} KiB", most >> 10);
    assert_eq!(stop(server).len(), 0);
}

#[test]
fn requests_that_are_cancelled_at_once_do_not_wear_the_server_down() {
    const CANCELLED: usize = 2000;
    let site = site();
    site.noise("data.bin", 10 << 20);
    let server = site.serve().start();
    let start = Instant::now();
    h2::block_on(async {
        let mut connection = h2::Connection::to(server.address()).await;
        for _ in 0..CANCELLED {
            // The server may end such a connection; then there is nothing left to cancel.
            if connection.cancel("/data.bin").await.is_err() {
                break;
            }
        }
    });
    assert_well(&server);
    assert!(start.elapsed() < Duration::from_secs(30), "{:?}", start.elapsed());
    let most = memory(server.process(), "VmHWM");
    assert!(most < 2 * MEMORY_MAX, "{} KiB", most >> 10);
    let records = stop(server);
    assert!(
        records.len() <= CANCELLED && records.iter().all(|record| record.outcome != "finished"),
        "{}",
        records.len()
    );
}

#[test]
fn frames_that_are_none_end_their_connection_alone() {
    let site = site();
    let server = site.serve().start();
    let settings = frame(SETTINGS, 0, 0, &[]);
    let cases: [(&str, Vec<u8>); 5] = [
        ("a frame that is too long", frame(HEADERS, 4, 1, &[0; 20_000])),
        ("fields that are not compressed", frame(HEADERS, 5, 1, &[0xff; 40])),
        ("a stream with an even number", frame(HEADERS, 5, 2, b"\x82\x84\x86")),
        ("content before any head", frame(0, 0, 1, b"content")),
        ("noise", swath_e2e::clients::noise::noise(1, 5000)),
    ];
    for (what, octets) in &cases {
        let mut raw = Raw::connect(server.address());
        raw.send([PREFACE, settings.as_slice(), octets].concat()).expect("sent");
        let start = Instant::now();
        let (said, _) = raw.rest();
        assert!(start.elapsed() < PROMPT, "{what}: {:?}", start.elapsed());
        assert!(!said.is_empty(), "{what}: the server says its settings and why it leaves");
        assert_well(&server);
    }
    let records = stop(server);
    assert_eq!(records.len(), cases.len(), "one record for each");
    assert!(records.iter().all(|record| record.outcome == "bad-head"), "{records:#?}");
}

#[test]
fn what_is_no_tls_is_let_go() {
    let site = site();
    let server =
        site.serve().args(["--tls-self-signed", "--handshake-timeout", "1s", "--head-timeout", "1s"]).start();
    for said in ["", "GET /well.txt HTTP/1.1\r\nHost: a\r\n\r\n", "\x16\x03\x01\x02\x00\x01"] {
        let mut raw = Raw::connect(server.address());
        raw.send(said).expect("sent");
        let start = Instant::now();
        let (answer, end) = raw.rest();
        assert!(start.elapsed() < Duration::from_secs(8), "{said:?}: {:?}", start.elapsed());
        assert!(!answer.windows(WELL.len()).any(|window| window == WELL), "{said:?}: {end:?}");
        assert!(matches!(end, End::Closed | End::Reset));
        let answer = curl::curl(["-k", &server.url("/well.txt")]).expect(200);
        assert_eq!(answer.content, WELL);
    }
    let _ = stop(server);
}
