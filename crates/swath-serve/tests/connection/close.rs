//! Peers that read slowly, or not at all.

use std::io::Read;
use std::time::{Duration, Instant};

use swath_serve::exchange::Outcome;
use swath_serve::limits::Limits;

use crate::support::{Running, short};

#[test]
fn a_peer_that_stops_reading_is_cut_and_reset() {
    let server = Running::start(short());
    let mut client = server.connect();
    let start = Instant::now();
    client.get("/bytes/1000000000");
    let (outcome, sent) = server.seen.exchanges(1)[0];
    let took = start.elapsed();
    assert_eq!(outcome, Outcome::Stalled);
    assert!(took >= Duration::from_millis(590) && took < Duration::from_secs(5), "{took:?}");
    let (reset, received) = client.until_reset();
    assert!(reset, "a response that was cut looked complete");
    assert!(received < 1_000_000_000 && sent < 1_000_000_000, "{received} {sent}");
}

#[test]
fn a_peer_that_stops_after_a_while_is_cut_too() {
    let server = Running::start(short());
    let mut client = server.connect();
    client.get("/bytes/1000000000");
    client.stream.read_exact(&mut vec![0; 3_000_000]).unwrap();
    assert_eq!(server.seen.exchanges(1)[0].0, Outcome::Stalled);
}

#[test]
fn a_peer_that_reads_slowly_and_steadily_is_not_cut() {
    let server = Running::start(short());
    let mut client = server.connect();
    // A small window, so that what is read is what the server can send.
    socket2::SockRef::from(&client.stream).set_recv_buffer_size(32 * 1024).unwrap();
    client.get("/bytes/3000000");
    client.head();
    let start = Instant::now();
    let mut piece = vec![0; 100_000];
    for _ in 0..30 {
        client.stream.read_exact(&mut piece).unwrap();
        std::thread::sleep(Duration::from_millis(80));
    }
    // Four times as long as a stall may be.
    assert!(start.elapsed() > Duration::from_millis(2400));
    assert_eq!(server.seen.exchanges(1), [(Outcome::Finished, 3_000_000)]);
}

#[test]
fn waiting_for_the_service_is_no_stall_and_no_idleness() {
    let server = Running::start(Limits { head_time: Duration::from_millis(200), ..short() });
    let mut client = server.connect();
    client.get("/late/1500");
    assert_eq!(client.reply().text(), "/late/1500");
    client.get("/slow/60");
    assert_eq!(client.reply().content.len(), 60);
    assert_eq!(server.seen.exchanges(2)[1], (Outcome::Finished, 60));
}

#[test]
fn a_rate_is_kept() {
    let rate = std::num::NonZeroU64::new(1_000_000);
    let server = Running::start(Limits { rate, stalled_write_time: Duration::from_millis(100), ..short() });
    let mut client = server.connect();
    let start = Instant::now();
    client.get("/bytes/1500000");
    assert_eq!(client.reply().content.len(), 1_500_000);
    let took = start.elapsed();
    // A quarter of a second's worth leaves at once.
    assert!(took >= Duration::from_millis(1200) && took < Duration::from_secs(4), "{took:?}");
    assert_eq!(server.seen.exchanges(1), [(Outcome::Finished, 1_500_000)]);
}
