//! Ends before the end, in both directions, and the pace in between.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use swath_serve::exchange::Outcome;

use crate::support::{ORIGIN_PATIENCE, Origin, PATIENCE, Through, origin, read_head, saying, wait_for};

const GET: &str = "GET / HTTP/1.1\r\nHost: lens\r\n\r\n";

#[test]
fn an_answer_that_the_origin_cuts_is_reset() {
    for octets in [
        "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\nno chunk\r\n",
    ] {
        let origin = saying(octets);
        let lens = Through::to(&origin);
        for (turn, head) in [GET, "GET / HTTP/1.0\r\n\r\n"].iter().enumerate() {
            let (_, end) = lens.exchange(head);
            assert_eq!(end.unwrap_err().kind(), ErrorKind::ConnectionReset, "{head}: {octets}");
            let record = lens.record(turn + 1);
            assert_eq!(record.outcome, Outcome::OriginCut);
            assert!(record.fault.is_some_and(|fault| fault.starts_with("the origin broke off: ")));
        }
    }
}

#[test]
fn an_origin_that_stalls_in_its_content_is_cut_off() {
    let origin = origin(|mut stream, _| {
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf").unwrap();
        sleep(ORIGIN_PATIENCE + Duration::from_secs(2));
    });
    let lens = Through::to(&origin);
    let (_, end) = lens.exchange(GET);
    assert_eq!(end.unwrap_err().kind(), ErrorKind::ConnectionReset);
    assert_eq!(lens.record(1).outcome, Outcome::OriginStalled);
}

/// An origin that sends without end, counts what was taken of that, and says when it was let go of.
fn endless() -> (Origin, Arc<AtomicU64>, Arc<AtomicU64>) {
    let (taken, gone) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let (count, over) = (Arc::clone(&taken), Arc::clone(&gone));
    let origin = origin(move |mut stream: TcpStream, _| {
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n").unwrap();
        let octets = vec![b'x'; 65_536];
        while let Ok(written) = stream.write(&octets) {
            count.fetch_add(written as u64, Ordering::SeqCst);
        }
        over.fetch_add(1, Ordering::SeqCst);
    });
    (origin, taken, gone)
}

#[test]
fn a_client_that_lets_go_has_the_origin_let_go_of() {
    let (origin, _, gone) = endless();
    let lens = Through::to(&origin);
    let mut stream = lens.connect();
    stream.write_all(GET.as_bytes()).unwrap();
    read_head(&mut stream).unwrap();
    stream.read_exact(&mut [0; 100_000]).unwrap();
    drop(stream);
    wait_for("the origin's end", || gone.load(Ordering::SeqCst) == 1);
    let record = lens.record(1);
    assert_eq!(record.outcome, Outcome::AbortedByPeer);
    assert!(record.bytes_sent >= 100_000 && record.bytes_planned == 1_000_000_000_000);
}

#[test]
fn a_client_that_goes_before_the_answer_holds_the_origin_no_longer_than_its_patience() {
    let (ended, end) = std::sync::mpsc::channel();
    let origin = origin(move |mut stream, _| {
        let waited = Instant::now();
        let _ = stream.read(&mut [0]);
        ended.send(waited.elapsed()).unwrap();
    });
    let lens = Through::to(&origin);
    let mut stream = lens.connect();
    stream.write_all(GET.as_bytes()).unwrap();
    origin.asked();
    socket2::SockRef::from(&stream).set_linger(Some(Duration::ZERO)).unwrap();
    drop(stream);
    assert!(end.recv_timeout(PATIENCE).unwrap() < ORIGIN_PATIENCE * 4);
    assert_eq!(lens.record(1).outcome, Outcome::AbortedByPeer);
}

#[test]
fn a_slow_reader_slows_the_origin_and_costs_no_memory() {
    let (origin, taken, _) = endless();
    let lens = Through::to(&origin);
    let mut stream = lens.connect();
    socket2::SockRef::from(&stream).set_recv_buffer_size(65_536).unwrap();
    stream.write_all(GET.as_bytes()).unwrap();
    // Once nothing more is taken, what was is in the kernels' buffers and the lens's.
    let still = |since: u64| {
        sleep(Duration::from_millis(300));
        let now = taken.load(Ordering::SeqCst);
        (now == since && now > 0, now)
    };
    let (mut at, start) = (0, Instant::now());
    loop {
        let (stands, now) = still(at);
        if stands {
            break;
        }
        at = now;
        assert!(start.elapsed() < PATIENCE, "it went on: {now}");
    }
    // Linux lets a socket on loopback hold 6 MiB to read and 4 MiB to write, on either side of the lens.
    assert!(at < 24 << 20, "{at} octets were taken of the origin");
    stream.read_exact(&mut vec![0; 8 << 20]).unwrap();
    wait_for("the origin to go on", || taken.load(Ordering::SeqCst) > at);
}
