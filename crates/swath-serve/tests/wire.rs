//! HTTP/1.1 octet by octet: what a range server owes the wire whatever is asked (RFC 9112), and its hostile readings.
//!
//! The tables cannot say these things, since a request in them is always well formed. Each test cites what it shows.

#[path = "spec/client.rs"]
#[allow(dead_code, reason = "these tests write octets themselves")]
mod client;
#[path = "wire/raw.rs"]
mod raw;
#[path = "spec/server.rs"]
#[allow(dead_code, reason = "one setting is enough here")]
mod server;

use std::sync::LazyLock;
use std::time::Duration;

use raw::Raw;
use server::{Servers, Setting};

/// One server for all tests of this file; it ends with the process.
static SERVERS: LazyLock<Servers> = LazyLock::new(Servers::start);

fn connect() -> Raw {
    Raw::connect(SERVERS.plain(Setting::Default))
}

const HOST: &str = "Host: localhost\r\n";

fn get(fields: &str) -> String {
    format!("GET /f10.txt HTTP/1.1\r\n{HOST}{fields}\r\n")
}

/// R-9112/6.3-1, R-9112/5.1-1, R-9112/5.2-1, R-9112/2.2-1, R-5.5-1, R-9112/3.2-1: refused, and the connection closed.
#[test]
fn what_could_be_read_in_two_ways_is_refused_and_ends_the_connection() {
    for fields in [
        "Content-Length: 5, 6\r\n",
        "Content-Length: 5\r\nContent-Length: 6\r\n",
        "Content-Length: +5\r\n",
        "Content-Length: -1\r\n",
        "Content-Length: 0x5\r\n",
        "Content-Length: 18446744073709551616\r\n",
        "Transfer-Encoding: chunked, x\r\n",
        "Transfer-Encoding: x\r\n",
        "Transfer-Encoding : chunked\r\n",
        "Range : bytes=0-1\r\n",
        "Range: bytes=0-\r\n 1\r\n",
        "Range: bytes=0-\r1\r\n",
        "Range: bytes=0-\x001\r\n",
        "Range\r\n",
        ": bytes=0-1\r\n",
        "Host: other\r\n",
    ] {
        let mut raw = connect();
        // A second request follows: were the first one's end mistaken, it would be answered.
        raw.send(format!("{}{}", get(fields), get("Range: bytes=9-9\r\n")));
        let reply = raw.reply(false).unwrap();
        let status = reply.status;
        let folded = fields.contains("\r\n ") && status == 200;
        assert!(status == 400 || status == 501 || folded, "{fields:?} was answered by {status}");
        if fields.starts_with("Host") {
            continue; // The head was read for certain; only what it asks is refused.
        }
        assert!(raw.reply(false).is_none(), "{fields:?}: the connection went on");
    }
}

/// R-9112/3.2-1: a request of HTTP/1.1 names its host; one of HTTP/1.0 need not; the absolute form names it too.
#[test]
fn a_host_is_asked_for_where_there_has_to_be_one() {
    for (request, status) in [
        ("GET /f10.txt HTTP/1.1\r\n\r\n", 400),
        ("GET /f10.txt HTTP/1.1\r\nHost: a b\r\n\r\n", 400),
        ("GET /f10.txt HTTP/1.0\r\n\r\n", 200),
        ("GET http://localhost/f10.txt HTTP/1.1\r\nHost: localhost\r\n\r\n", 200),
    ] {
        let mut raw = connect();
        raw.send(request);
        assert_eq!(raw.reply(false).unwrap().status, status, "{request:?}");
    }
}

/// R-9112/6.1-2: with both, the sender may be smuggling; whatever is answered, nothing more is read.
#[test]
fn length_and_chunks_together_end_the_connection() {
    let mut raw = connect();
    let both = get("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n");
    raw.send(format!("{both}0\r\n\r\n{}", get("Range: bytes=9-9\r\n")));
    let reply = raw.reply(false).unwrap();
    assert!(matches!(reply.status, 200 | 400), "{}", reply.status);
    assert!(raw.reply(false).is_none(), "the connection went on");
}

/// R-9112/9.3.2-1, R-9112/6.2-1: answers come in the order asked, each of exactly its length.
#[test]
fn pipelined_ranges_are_answered_in_their_order() {
    let mut raw = connect();
    let ranges = ["bytes=9-9", "bytes=0-4", "bytes=-2"].map(|range| get(&format!("Range: {range}\r\n")));
    raw.send(ranges.concat());
    for expected in ["9", "01234", "89"] {
        let reply = raw.reply(false).unwrap();
        assert_eq!((reply.status, reply.content.as_slice()), (206, expected.as_bytes()));
        assert!(reply.field("transfer-encoding").is_none());
    }
}

/// R-9112/6.3-2, R-9.3.2-1, R-15.4.5-3: what has no content ends with its head, whatever Content-Length it names.
#[test]
fn answers_without_content_leave_the_connection_in_step() {
    let mut raw = connect();
    raw.send(format!("HEAD /f10.txt HTTP/1.1\r\n{HOST}\r\n"));
    let head = raw.reply(true).unwrap();
    assert_eq!(head.field("content-length"), Some("10"));
    let etag = head.field("etag").unwrap().to_owned();
    raw.send(format!("{}{}", get(&format!("If-None-Match: {etag}\r\n")), get("Range: bytes=3-3\r\n")));
    assert_eq!(raw.reply(true).unwrap().status, 304);
    assert_eq!(raw.reply(false).unwrap().content, b"3");
    for (method, status) in [("HEAD /missing.txt", 404), ("HEAD /dir", 308)] {
        raw.send(format!("{method} HTTP/1.1\r\n{HOST}\r\n{}", get("Range: bytes=4-4\r\n")));
        let found = raw.reply(true).unwrap().status;
        assert!(
            found == status || (300..400).contains(&status) && (300..400).contains(&found),
            "{method}: {found}"
        );
        assert_eq!(raw.reply(false).unwrap().content, b"4", "after {method}");
    }
}

/// R-9112/9.3-1: content that nobody asked for is no request.
#[test]
fn content_of_a_request_is_not_the_next_request() {
    let smuggled = get("Range: bytes=1-1\r\n");
    for content in [
        format!("Content-Length: {}\r\n\r\n{smuggled}", smuggled.len()),
        format!("Transfer-Encoding: chunked\r\n\r\n{:x}\r\n{smuggled}\r\n0\r\n\r\n", smuggled.len()),
    ] {
        let mut raw = connect();
        raw.send(format!(
            "GET /f10.txt HTTP/1.1\r\n{HOST}Range: bytes=0-0\r\n{content}{}",
            get("Range: bytes=2-2\r\n")
        ));
        assert_eq!(raw.reply(false).unwrap().content, b"0");
        // The connection may be closed, but it must not answer what was content.
        if let Some(next) = raw.reply(false) {
            assert_eq!(next.content, b"2");
        }
    }
}

/// R-9112/6.1-1, R-9112/6.3-3, R-9112/9.6-1: HTTP/1.0 and `close` get a length, no chunks, and the end.
#[test]
fn the_last_answer_has_a_length_and_is_the_last() {
    for request in [
        "GET /f10.txt HTTP/1.0\r\nRange: bytes=0-4\r\n\r\n".to_owned(),
        get("Range: bytes=0-4\r\nConnection: close\r\n"),
    ] {
        let mut raw = connect();
        raw.send(request);
        let reply = raw.reply(false).unwrap();
        assert_eq!((reply.status, reply.content.as_slice()), (206, &b"01234"[..]));
        assert_eq!(reply.field("content-length"), Some("5"));
        assert!(reply.field("transfer-encoding").is_none());
        assert!(raw.reply(false).is_none(), "the connection went on");
    }
}

/// R-5.4-1, R-17.5-1: a field that is too long is refused, not cut or passed over.
#[test]
fn a_range_of_a_megabyte_is_refused() {
    let mut raw = connect();
    raw.send(get(&format!("Range: bytes=0-0{}\r\n", ",0-0".repeat(250_000))));
    assert_eq!(raw.reply(false).unwrap().status, 431);
    assert!(raw.reply(false).is_none(), "the connection went on");
}

/// R-5.3-2: a request is acted on when all of its head is there, and Range may be the last of it.
#[test]
fn a_range_that_comes_late_counts() {
    let mut raw = connect();
    let padding = format!("X-Padding: {}\r\n", "x".repeat(8_000));
    raw.send(format!("GET /f10.txt HTTP/1.1\r\n{HOST}{padding}"));
    std::thread::sleep(Duration::from_millis(100));
    raw.send("Range: bytes=0-0\r\n");
    std::thread::sleep(Duration::from_millis(100));
    assert!(!raw.has_answer(), "answered before the head was there");
    raw.send("\r\n");
    let reply = raw.reply(false).unwrap();
    assert_eq!((reply.status, reply.content.as_slice()), (206, &b"0"[..]));
}
