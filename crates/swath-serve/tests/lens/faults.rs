//! Origins that break the rules before they have answered.

use std::net::TcpListener;
use std::thread::sleep;
use std::time::Duration;

use swath_serve::exchange::Outcome;
use swath_serve::lens::Trust;

use crate::support::{ORIGIN_PATIENCE, Through, origin, parts, saying};

/// Asks once, and gives status, reason and content.
fn fault(lens: &Through) -> (u16, &'static str, String) {
    let answer = lens.ask("GET", "/a", "");
    let record = lens.record(1);
    assert_eq!(record.outcome, Outcome::Finished, "the lens's own answer was sent");
    assert!(record.fault.is_some());
    let content = parts(&answer).1.to_owned();
    assert_eq!(record.bytes_sent, content.len() as u64);
    (answer[9..12].parse().unwrap(), record.because.unwrap(), content)
}

#[test]
fn what_is_no_response_is_502_with_the_reason() {
    let huge = format!("HTTP/1.1 200 OK\r\nX: {}\r\n\r\n", "a".repeat(100_000));
    let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "X: 1\r\n".repeat(300));
    for octets in [
        "SSH-2.0-OpenSSH_9.2\r\n\r\n",
        "HTTP/1.1 2OO OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nno colon here\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        "HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\nab",
        "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n",
        &huge,
        &many,
    ] {
        let origin = saying(octets);
        let lens = Through::to(&origin);
        let (status, because, content) = fault(&lens);
        let shown = &octets[..octets.len().min(60)];
        assert_eq!((status, because), (502, "origin-unparsable"), "{shown}: {content}");
        assert!(content.starts_with("502 Bad Gateway: the origin"), "{content}");
    }
}

#[test]
fn an_origin_that_closes_before_its_head_is_complete_is_502() {
    for octets in ["", "HTTP/1.1 200 OK\r\nContent-Le"] {
        let origin = saying(octets);
        let lens = Through::to(&origin);
        let (status, because, _) = fault(&lens);
        assert_eq!((status, because), (502, "origin-closed"), "{octets}");
    }
}

#[test]
fn an_origin_that_is_not_there_is_502() {
    // Bound and let go of: nobody listens there.
    let address = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).unwrap();
    let lens = Through::with(&format!("http://{address}/"), Trust::System);
    let (status, because, content) = fault(&lens);
    assert_eq!((status, because), (502, "origin-unreachable"));
    assert!(content.contains("refused"), "{content}");
}

#[test]
fn an_origin_that_takes_too_long_is_504() {
    let origin = origin(|stream, _| {
        sleep(ORIGIN_PATIENCE + Duration::from_secs(2));
        drop(stream);
    });
    let lens = Through::to(&origin);
    let (status, because, content) = fault(&lens);
    assert_eq!((status, because), (504, "origin-slow"), "{content}");
}

#[test]
fn what_comes_after_an_answer_reaches_nobody() {
    let origin = saying("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 500 Smuggled\r\n\r\n");
    let lens = Through::to(&origin);
    for _ in 0..2 {
        let answer = lens.ask("GET", "/", "");
        assert_eq!(parts(&answer).1, "ok");
    }
}
