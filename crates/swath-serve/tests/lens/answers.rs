//! What goes through a lens, in both directions.

use std::io::{Read, Write};

use swath_serve::exchange::Outcome;
use swath_serve::lens::{FORWARDED, Trust};

use crate::support::{Through, fields, origin, parts, read_head, saying};

const DATE: &str = "Date: Sat, 21 Nov 2026 10:00:00 GMT\r\n";

#[test]
fn a_request_reaches_the_origin_beneath_its_path() {
    let origin = saying(format!("HTTP/1.1 204 No Content\r\n{DATE}\r\n"));
    let lens = Through::with(&format!("http://{}/base", origin.address), Trust::System);
    let named = "Range: bytes=0-1,5-\r\nX-Hop: 1\r\nAccept: b, a\r\nAccept: c\r\nTE: trailers\r\n";
    lens.ask("GET", "/a%20b//c?d=/../e", &format!("{named}Connection: X-Hop\r\n"));
    let head = origin.asked();
    let (line, rest) = head.split_once("\r\n").unwrap();
    assert_eq!(line, "GET /base/a%20b//c?d=/../e HTTP/1.1");
    let lines: Vec<&str> = rest.lines().filter(|line| !line.is_empty()).collect();
    let host = format!("host: {}", origin.address);
    assert_eq!(lines[..4], [host.as_str(), "range: bytes=0-1,5-", "accept: b, a", "accept: c"], "{head}");
    assert!(lines.len() == 5 && lines[4].starts_with("via: 1.1 swath-"), "{head}");
}

#[test]
fn an_answer_comes_back_with_all_its_faults() {
    let faulty = format!(
        "HTTP/1.1 206 Nearly\r\n{DATE}Content-Length: 3\r\nContent-Range: bytes 7-3/2\r\nETag: unquoted\r\n\
         Set-Cookie: a=1\r\nSet-Cookie: b=2\r\nX-Odd: \u{e9}\r\nKeep-Alive: timeout=5\r\nConnection: X-Hop\r\n\
         X-Hop: 1\r\n\r\nabc"
    );
    let origin = saying(&faulty);
    let lens = Through::to(&origin);
    let answer = lens.ask("GET", "/no/range/was/asked", "");
    assert!(answer.starts_with("HTTP/1.1 206 Nearly\r\n"), "{answer}");
    let expected = [
        "date: Sat, 21 Nov 2026 10:00:00 GMT",
        "content-length: 3",
        "content-range: bytes 7-3/2",
        "etag: unquoted",
        "set-cookie: a=1",
        "set-cookie: b=2",
        "x-odd: \u{e9}",
        "connection: close",
    ];
    assert_eq!(fields(&answer), expected);
    assert_eq!(parts(&answer).1, "abc");
    let record = lens.record(1);
    assert_eq!(record.status.unwrap().as_u16(), 206);
    assert_eq!(record.content_range.unwrap(), "bytes 7-3/2");
    assert_eq!((record.because, record.section), (Some(FORWARDED), None));
    assert_eq!((record.bytes_planned, record.bytes_sent, record.outcome), (3, 3, Outcome::Finished));
}

#[test]
fn heads_without_content_keep_their_lengths() {
    let origin = saying(format!("HTTP/1.1 200 OK\r\n{DATE}Content-Length: 1000\r\n\r\n"));
    let lens = Through::to(&origin);
    let answer = lens.ask("HEAD", "/", "");
    assert!(fields(&answer).contains(&"content-length: 1000") && parts(&answer).1.is_empty(), "{answer}");
    let record = lens.record(1);
    assert_eq!((record.bytes_planned, record.bytes_sent, record.outcome), (0, 0, Outcome::Finished));
    let origin = saying(format!("HTTP/1.1 304 Not Modified\r\n{DATE}ETag: \"a\"\r\n\r\n"));
    let lens = Through::to(&origin);
    let answer = lens.ask("GET", "/", "");
    assert_eq!(fields(&answer), ["date: Sat, 21 Nov 2026 10:00:00 GMT", "etag: \"a\"", "connection: close"]);
    assert_eq!(lens.record(1).outcome, Outcome::Finished);
}

const CHUNKED: &str = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n\
    5\r\nhello\r\n4;ext=1\r\n\r\n\r\n\r\n0\r\nX-Sum: 1\r\n\r\n";

#[test]
fn content_of_unknown_length_comes_in_chunks_and_the_connection_goes_on() {
    let origin = saying(CHUNKED);
    let lens = Through::to(&origin);
    let mut stream = lens.connect();
    for turn in 1..=3 {
        stream.write_all(b"GET /a HTTP/1.1\r\nHost: lens\r\n\r\n").unwrap();
        let head = read_head(&mut stream).unwrap();
        assert!(
            head.contains("transfer-encoding: chunked\r\n") && !head.contains("content-length"),
            "{head}"
        );
        assert!(!head.contains("trailer:"), "{head}");
        assert_eq!(dechunked(&mut stream), "hello\r\n\r\n");
        let record = lens.record(turn);
        assert_eq!((record.bytes_planned, record.bytes_sent, record.outcome), (9, 9, Outcome::Finished));
    }
    // A bad head is still told from content after all that.
    stream.write_all(b"no request at all\r\n\r\n").unwrap();
    assert!(read_head(&mut stream).unwrap().starts_with("HTTP/1.1 400 "));
    assert_eq!(lens.record(4).outcome, Outcome::BadHead);
}

/// Reads a message in chunks to its end.
fn dechunked(stream: &mut impl Read) -> String {
    let mut content = String::new();
    loop {
        let (mut line, mut octet) = (Vec::new(), [0]);
        while !line.ends_with(b"\r\n") {
            stream.read_exact(&mut octet).unwrap();
            line.push(octet[0]);
        }
        let length = usize::from_str_radix(std::str::from_utf8(&line).unwrap().trim(), 16).unwrap();
        let mut chunk = vec![0; length + 2];
        stream.read_exact(&mut chunk).unwrap();
        content.push_str(std::str::from_utf8(&chunk[..length]).unwrap());
        if length == 0 {
            return content;
        }
    }
}

#[test]
fn an_http_1_0_client_reads_until_the_connection_ends() {
    let origin = saying(CHUNKED);
    let lens = Through::to(&origin);
    let (answer, end) = lens.exchange("GET / HTTP/1.0\r\n\r\n");
    end.expect("no reset: the answer was complete");
    let (head, content) = parts(&answer);
    assert!(!head.contains("transfer-encoding") && !head.contains("content-length"), "{head}");
    assert_eq!(content, "hello\r\n\r\n");
    assert_eq!((lens.record(1).bytes_sent, lens.record(1).outcome), (9, Outcome::Finished));
    assert!(origin.asked().contains("\r\nvia: 1.0 swath-"));
}

#[test]
fn content_until_the_origin_closes_is_whole() {
    let origin = saying("HTTP/1.0 200 OK\r\n\r\nuntil the end");
    let lens = Through::to(&origin);
    let mut stream = lens.connect();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: lens\r\n\r\n").unwrap();
    assert!(read_head(&mut stream).unwrap().starts_with("HTTP/1.1 200 OK\r\n"));
    assert_eq!(dechunked(&mut stream), "until the end");
}

#[test]
fn redirects_lead_back_to_the_lens() {
    let origin = origin(|mut stream, head| {
        let host = head.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
        let located = format!("Location: http://{host}/base/next?a#b\r\nContent-Location: /base/x\r\n");
        let _ = write!(stream, "HTTP/1.1 302 Found\r\n{DATE}{located}Content-Length: 0\r\n\r\n");
    });
    let lens = Through::with(&format!("http://{}/base/", origin.address), Trust::System);
    let answer = lens.ask("GET", "/first", "");
    assert!(fields(&answer).contains(&"location: /next?a#b"), "{answer}");
    assert!(fields(&answer).contains(&"content-location: /x"), "{answer}");
}

#[test]
fn nothing_leads_beyond_the_origins_path_and_nothing_changes_the_origin() {
    let origin = saying("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    let lens = Through::with(&format!("http://{}/base/", origin.address), Trust::System);
    for (method, target, status) in [
        ("GET", "/../secret", 400),
        ("GET", "/%2e%2E/secret", 400),
        ("GET", "/a%2f..%2f..%2fsecret", 400),
        ("POST", "/", 405),
        ("CONNECT", "other.example:80", 405),
        ("OPTIONS", "*", 204),
    ] {
        let answer = lens.ask(method, target, "");
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{method} {target}: {answer}");
    }
    let answer = lens.ask("OPTIONS", "/", "Max-Forwards: 0\r\n");
    assert!(answer.contains("\r\nallow: GET, HEAD, OPTIONS\r\n"), "{answer}");
    assert_eq!(
        origin.connections.load(std::sync::atomic::Ordering::SeqCst),
        0,
        "none of it reached the origin"
    );
    lens.ask("GET", "http://other.example/a", "");
    assert!(origin.asked().starts_with("GET /base/a HTTP/1.1\r\n"), "another host's name leads nowhere else");
}

#[test]
fn a_lens_before_itself_says_so() {
    let origin = origin(|mut stream, head| {
        let via = head.lines().find(|line| line.starts_with("via: ")).unwrap();
        let _ = write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{via}", via.len());
    });
    let lens = Through::to(&origin);
    let answer = lens.ask("GET", "/", "");
    let answer = lens.ask("GET", "/", &format!("{}\r\n", parts(&answer).1));
    assert!(answer.starts_with("HTTP/1.1 508 "), "{answer}");
}
