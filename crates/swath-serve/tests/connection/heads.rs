//! Heads that are refused: each answered once, recorded once, and the answer not lost to a reset.

use std::io::Write;
use std::net::Shutdown;
use std::time::{Duration, Instant};

use swath_serve::exchange::Outcome;
use swath_serve::limits::Limits;

use crate::support::{Client, Reply, Running, short};

fn refused(client: &mut Client) -> Reply {
    let reply = client.reply();
    assert_eq!(reply.field("connection"), Some("close"));
    assert!(reply.field("date").is_some_and(|date| date.ends_with(" GMT")), "{}", reply.head);
    assert!(reply.text().starts_with(&reply.status().to_string()), "{}", reply.text());
    assert!(client.rest().is_empty());
    reply
}

#[test]
fn a_head_that_is_dribbled_is_cut_off_in_time() {
    let server = Running::start(short());
    let mut client = server.connect();
    let start = Instant::now();
    let mut head = b"GET / HTTP/1.1\r\nHost: test\r\nX-Slow: ".iter().chain(std::iter::repeat(&b'z'));
    // Each octet comes well within the limit, and the whole head never does.
    while start.elapsed() < Duration::from_secs(10) {
        if client.stream.write_all(&[*head.next().unwrap()]).is_err() || readable(&client) {
            break;
        }
        std::thread::sleep(Duration::from_millis(30));
    }
    let took = start.elapsed();
    assert!(took >= Duration::from_millis(390) && took < Duration::from_secs(8), "{took:?}");
    assert_eq!(refused(&mut client).status(), 408);
    assert_eq!(server.seen.refusals(1), [(Some(408), Outcome::HeadTimeout)]);
}

fn readable(client: &Client) -> bool {
    client.stream.set_nonblocking(true).unwrap();
    let peeked = client.stream.peek(&mut [0]);
    client.stream.set_nonblocking(false).unwrap();
    peeked.is_ok()
}

#[test]
fn a_second_head_gets_no_more_time_than_the_first() {
    let server = Running::start(Limits { idle_time: Duration::from_secs(60), ..short() });
    let mut client = server.connect();
    client.get("/first");
    client.reply();
    std::thread::sleep(Duration::from_millis(600));
    client.send("GET /second HTT");
    let start = Instant::now();
    assert_eq!(refused(&mut client).status(), 408);
    assert!(start.elapsed() < Duration::from_secs(8));
}

#[test]
fn a_head_pipelined_in_part_is_cut_off_too() {
    let server = Running::start(short());
    let mut client = server.connect();
    client.send("GET /first HTTP/1.1\r\nHost: test\r\n\r\nGET /second HTT");
    assert_eq!(client.reply().text(), "/first");
    assert_eq!(refused(&mut client).status(), 408);
    assert_eq!(server.seen.refusals(1), [(Some(408), Outcome::HeadTimeout)]);
}

#[test]
fn a_connection_that_asks_for_nothing_closes_without_a_word() {
    let server = Running::start(short());
    let mut client = server.connect();
    let start = Instant::now();
    assert!(client.rest().is_empty());
    let took = start.elapsed();
    assert!(took >= Duration::from_millis(390) && took < Duration::from_secs(8), "{took:?}");
    assert!(server.seen.refusals(0).is_empty());
}

#[test]
fn an_idle_connection_closes_without_a_word() {
    let server = Running::start(short());
    let mut client = server.connect();
    client.get("/one");
    client.reply();
    let start = Instant::now();
    assert!(client.rest().is_empty());
    let took = start.elapsed();
    assert!(took >= Duration::from_millis(500) && took < Duration::from_secs(8), "{took:?}");
    assert!(server.seen.refusals(0).is_empty());
    assert_eq!(server.seen.exchanges(1).len(), 1);
}

#[test]
fn a_head_too_long_is_answered_though_more_of_it_is_coming() {
    let server = Running::start(short());
    let mut client = server.connect();
    client.send("GET / HTTP/1.1\r\nHost: test\r\nX-Long: ");
    client.send(vec![b'z'; 150_000]);
    assert_eq!(refused(&mut client).status(), 431);
    assert_eq!(server.seen.refusals(1), [(Some(431), Outcome::BadHead)]);
    assert!(server.seen.exchanges(0).is_empty());
}

#[test]
fn the_head_limit_is_kept_to_the_octet() {
    let server = Running::start(Limits { head_bytes: 10_000, ..short() });
    let head = |length: usize| {
        let rest = "GET /fits HTTP/1.1\r\nHost: test\r\nX-Long: \r\n\r\n";
        format!("GET /fits HTTP/1.1\r\nHost: test\r\nX-Long: {}\r\n\r\n", "z".repeat(length - rest.len()))
    };
    let mut client = server.connect();
    client.send(head(10_000));
    assert_eq!(client.reply().text(), "/fits");
    client.send(head(10_001));
    assert_eq!(refused(&mut client).status(), 431);
}

#[test]
fn too_many_fields_are_refused() {
    let server = Running::start(short());
    let head = |fields: usize| format!("GET /n HTTP/1.1\r\n{}\r\n", "Host: test\r\n".repeat(fields));
    let mut client = server.connect();
    client.send(head(100));
    assert_eq!(client.reply().text(), "/n");
    client.send(head(101));
    assert_eq!(refused(&mut client).status(), 431);
    assert_eq!(server.seen.refusals(1), [(Some(431), Outcome::BadHead)]);
}

#[test]
fn what_is_not_http_is_answered_once() {
    let bad: [&[u8]; 8] = [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET /\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET / HTTP/1.1\r\nRange : bytes=0-1\r\n\r\n",
        b"GET / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
        b"GET / HTTP/1.1\r\nTransfer-Encoding: chunked, x\r\n\r\n",
        b"G\xffT / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nX: a\x00b\r\n\r\n",
    ];
    for head in bad {
        let server = Running::start(short());
        let mut client = server.connect();
        client.send(head);
        let shown = String::from_utf8_lossy(head);
        assert_eq!(refused(&mut client).status(), 400, "{shown}");
        assert_eq!(server.seen.refusals(1), [(Some(400), Outcome::BadHead)], "{shown}");
        assert!(server.seen.exchanges(0).is_empty(), "{shown}");
    }
}

#[test]
fn a_bad_head_does_not_spoil_the_answer_before_it() {
    let server = Running::start(short());
    let mut client = server.connect();
    client.send("GET /bytes/500000 HTTP/1.1\r\nHost: test\r\n\r\nnonsense\r\n\r\n");
    assert_eq!(client.reply().content.len(), 500_000);
    assert_eq!(refused(&mut client).status(), 400);
    assert_eq!(server.seen.exchanges(1), [(Outcome::Finished, 500_000)]);
    assert_eq!(server.seen.refusals(1), [(Some(400), Outcome::BadHead)]);
}

#[test]
fn a_head_that_ends_with_its_connection_is_recorded() {
    for part in ["GET / HT", "PRI * HT"] {
        let server = Running::start(short());
        let mut client = server.connect();
        client.send(part);
        client.stream.shutdown(Shutdown::Write).unwrap();
        assert!(client.rest().is_empty());
        assert_eq!(server.seen.refusals(1), [(None, Outcome::BadHead)], "{part}");
    }
}

#[test]
fn part_of_the_http2_preface_is_cut_off_in_time() {
    let server = Running::start(short());
    let mut client = server.connect();
    client.send("PRI * HTTP/2.0\r\n");
    assert_eq!(refused(&mut client).status(), 408);
}
