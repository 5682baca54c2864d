//! Servers that hang, break off, flood or talk nonsense: an audit ends, in time, and says why it could not be made.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    thread,
    time::{Duration, Instant},
};

use swath_audit::{Options, Target, Trouble, audit};

/// Answers every connection so, on a thread of its own, until the test ends.
fn served(answer: fn(&mut TcpStream)) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            thread::spawn(move || {
                let _ = stream.read(&mut [0; 4096]);
                answer(&mut stream);
            });
        }
    });
    address
}

fn trouble(answer: fn(&mut TcpStream)) -> Trouble {
    let options = Options { timeout: Duration::from_millis(400), bytes_max: 1 << 20, ..Options::default() };
    let target = Target::read(&format!("http://{}/clip", served(answer))).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let began = Instant::now();
    let ended = runtime.block_on(audit(target, &options));
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    match ended {
        Err(swath_audit::CouldNot::Reach { why, .. }) => why,
        other => panic!("{other:?}"),
    }
}

/// Writes until the client has gone, or for a second.
fn flood(stream: &mut TcpStream, octets: &[u8]) {
    let end = Instant::now() + Duration::from_secs(1);
    while Instant::now() < end && stream.write_all(octets).is_ok() {}
}

#[test]
fn a_server_that_hangs_is_given_up() {
    let why = trouble(|_| thread::sleep(Duration::from_secs(2)));
    assert!(matches!(why, Trouble::Slow(_)), "{why}");
}

#[test]
fn a_server_that_closes_is_told() {
    let why = trouble(|_| {});
    assert!(matches!(why, Trouble::Closed(_)), "{why}");
}

#[test]
fn nonsense_is_told() {
    let why = trouble(|stream| drop(stream.write_all(b"220 mail.example ESMTP\r\n")));
    assert!(matches!(why, Trouble::Malformed(_)), "{why}");
    let why = trouble(|stream| {
        drop(stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"));
    });
    assert!(matches!(why, Trouble::Malformed(_)), "{why}");
}

#[test]
fn a_head_without_end_is_not_read_for_ever() {
    let why = trouble(|stream| {
        drop(stream.write_all(b"HTTP/1.1 200 OK\r\n"));
        flood(stream, &b"X-Padding: 0123456789\r\n".repeat(100));
    });
    assert!(matches!(why, Trouble::Malformed(_)), "{why}");
}

#[test]
fn interim_answers_without_end_are_not_read_for_ever() {
    let why = trouble(|stream| flood(stream, b"HTTP/1.1 103 Early Hints\r\n\r\n"));
    assert!(matches!(why, Trouble::Unreachable(_) | Trouble::Malformed(_)), "{why}");
}

#[test]
fn content_without_end_is_not_read_for_ever() {
    let why = trouble(|stream| {
        drop(stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n"));
        flood(stream, &[7; 65_536]);
    });
    assert!(
        why.to_string().contains("length is stated nowhere") || matches!(why, Trouble::Spent(_)),
        "{why}"
    );
}

#[test]
fn an_error_and_a_redirection_to_itself_are_told() {
    let why = trouble(|stream| drop(stream.write_all(b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n")));
    assert!(why.to_string().contains("answered by 503"), "{why}");
    let why = trouble(|stream| {
        drop(stream.write_all(b"HTTP/1.1 302 Found\r\nLocation: /clip\r\nContent-Length: 0\r\n\r\n"));
    });
    assert!(why.to_string().contains("redirects more than"), "{why}");
}
