//! Requests that are answered: in order, whole, and with the connection kept or closed as it should be.

use std::net::Shutdown;
use std::time::Duration;

use swath_serve::connection::{ForwardedField, TrustedProxies};
use swath_serve::exchange::Outcome;
use swath_serve::limits::Limits;
use swath_serve::server::ServerOptions;

use crate::support::{Running, short};

#[test]
fn ten_pipelined_requests_are_answered_in_order() {
    let server = Running::start(short());
    let mut client = server.connect();
    let paths: Vec<String> = (0..10).map(|number| format!("/pipelined/{number}")).collect();
    let all = paths.iter().map(|path| format!("GET {path} HTTP/1.1\r\nHost: test\r\n\r\n"));
    client.send(all.collect::<String>());
    for path in &paths {
        assert_eq!(client.reply().text(), path);
    }
    let sent = u64::try_from(paths[0].len()).unwrap();
    assert_eq!(server.seen.exchanges(10), vec![(Outcome::Finished, sent); 10]);
}

#[test]
fn pipelined_answers_of_every_size_are_counted_to_the_octet() {
    let server = Running::start(short());
    let mut client = server.connect();
    let sizes = [0u64, 1, 65_536, 3_000_000, 0, 7];
    for size in sizes {
        client.get(&format!("/bytes/{size}"));
    }
    for size in sizes {
        assert_eq!(client.reply().content.len() as u64, size);
    }
    let expected: Vec<_> = sizes.iter().map(|size| (Outcome::Finished, *size)).collect();
    assert_eq!(server.seen.exchanges(sizes.len()), expected);
}

#[test]
fn requests_may_come_in_pieces_of_any_size() {
    let server = Running::start(Limits { head_time: Duration::from_secs(30), ..short() });
    let stream = [
        "GET /one HTTP/1.1\r\nHost: test\r\n\r\n",
        "POST /two HTTP/1.1\r\nHost: test\r\nContent-Length: 2\r\n\r\nhi",
        "GET /three HTTP/1.1\r\nHost: test\r\n\r\n",
    ]
    .concat();
    let mut client = server.connect();
    for cut in 1..stream.len() {
        let (before, after) = stream.split_at(cut);
        client.send(before);
        std::thread::sleep(Duration::from_millis(2));
        client.send(after);
        let first = client.reply();
        let second = client.reply();
        assert_eq!((first.text(), second.text()), ("/one", "/two with content"), "{cut}");
        // Content that had not come when its request was answered costs the connection, and the answer says
        // so.
        if second.field("connection") == Some("close") {
            assert!(client.rest().is_empty());
            client = server.connect();
        } else {
            assert_eq!(client.reply().text(), "/three", "{cut}");
        }
    }
}

#[test]
fn a_peer_that_ends_its_side_still_gets_its_answers() {
    let server = Running::start(short());
    let mut client = server.connect();
    client.get("/bytes/1000000");
    client.get("/late/300");
    client.stream.shutdown(Shutdown::Write).unwrap();
    assert_eq!(client.reply().content.len(), 1_000_000);
    assert_eq!(client.reply().text(), "/late/300");
    assert!(client.rest().is_empty());
    assert_eq!(server.seen.exchanges(2), [(Outcome::Finished, 1_000_000), (Outcome::Finished, 9)]);
}

#[test]
fn head_has_the_length_and_no_content() {
    let server = Running::start(short());
    let mut client = server.connect();
    client.send("HEAD /bytes/12345 HTTP/1.1\r\nHost: test\r\n\r\n");
    client.get("/next");
    assert!(client.head().to_lowercase().contains("content-length: 12345"));
    assert_eq!(client.reply().text(), "/next");
    assert_eq!(server.seen.exchanges(2)[0], (Outcome::Finished, 0));
}

#[test]
fn http_1_0_closes_unless_it_asks_to_be_kept() {
    let server = Running::start(short());
    let mut client = server.connect();
    client.send("GET /one HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    let kept = client.reply();
    assert_eq!(kept.text(), "/one");
    assert_eq!(kept.field("transfer-encoding"), None);
    client.send("GET /two HTTP/1.0\r\n\r\n");
    assert_eq!(client.reply().text(), "/two");
    assert!(client.rest().is_empty());
}

#[test]
fn close_is_honoured() {
    let server = Running::start(short());
    let mut client = server.connect();
    client.send("GET /last HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\nGET /never HTTP/1.1\r\n\r\n");
    let reply = client.reply();
    assert_eq!((reply.text(), reply.field("connection")), ("/last", Some("close")));
    assert!(client.rest().is_empty());
    assert_eq!(server.seen.exchanges(1).len(), 1);
}

#[test]
fn small_content_is_thrown_away_and_the_connection_kept() {
    let server = Running::start(short());
    let mut client = server.connect();
    client.send("GET /a HTTP/1.1\r\nHost: test\r\nContent-Length: 5\r\n\r\nhelloGET /b HTTP/1.1\r\nHost: test\r\n\r\n");
    assert_eq!(client.reply().text(), "/a with content");
    assert_eq!(client.reply().text(), "/b");
}

#[test]
fn an_answer_to_huge_content_arrives_before_the_close() {
    let server = Running::start(short());
    let mut client = server.connect();
    client.send("POST /big HTTP/1.1\r\nHost: test\r\nContent-Length: 100000000\r\n\r\n");
    // More than any buffer on the way: what is not read when the connection closes turns the close into a
    // reset.
    client.send(vec![b'y'; 200_000]);
    let reply = client.reply();
    assert_eq!((reply.text(), reply.field("connection")), ("/big with content", Some("close")));
    // What is still on its way is taken for a while: a reset now could overtake the answer on a longer way
    // than loopback.
    for _ in 0..5 {
        client.send(vec![b'y'; 10_000]);
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(client.rest().is_empty());
}

#[test]
fn the_end_of_an_answer_is_not_lost_when_the_peer_is_slow_to_take_it() {
    let server = Running::start(Limits { stalled_write_time: Duration::from_secs(30), ..short() });
    // Of so many lengths, some are such that only their end does not fit what the kernel takes while nobody
    // reads.
    let lengths = || (1..=60).map(|number| number * 50_000);
    let ask = |length: usize| {
        let mut client = server.connect();
        // Its content is not read, so that this is the connection's last answer before its end is written.
        client.send(format!(
            "POST /bytes/{length} HTTP/1.1\r\nHost: test\r\nContent-Length: 100000000\r\n\r\nbegun"
        ));
        client
    };
    let clients: Vec<_> = lengths().map(ask).collect();
    std::thread::sleep(Duration::from_millis(500));
    for (mut client, length) in clients.into_iter().zip(lengths()) {
        assert_eq!(client.reply().content.len(), length);
    }
    assert!(server.seen.exchanges(60).iter().all(|(outcome, _)| *outcome == Outcome::Finished));
}

#[test]
fn content_is_not_asked_for() {
    let server = Running::start(short());
    let mut client = server.connect();
    client.send("POST /x HTTP/1.1\r\nHost: test\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
    let reply = client.reply();
    assert_eq!((reply.status(), reply.field("connection")), (200, Some("close")));
}

#[test]
fn the_last_request_of_a_connection_closes_it() {
    let requests_per_connection = 3.try_into().unwrap();
    let server = Running::start(Limits { requests_per_connection, ..short() });
    let mut client = server.connect();
    for number in 1..=4 {
        client.get(&format!("/{number}"));
    }
    let replies = [client.reply(), client.reply(), client.reply()];
    assert_eq!(replies.each_ref().map(|reply| reply.field("connection")), [None, None, Some("close")]);
    assert!(client.rest().is_empty());
}

#[test]
fn no_date_is_written_by_the_engine() {
    let server = Running::start(short());
    let mut client = server.connect();
    client.get("/");
    // The service writes Date, from the one instant it decided at; two would be a fault.
    assert_eq!(client.reply().field("date"), None);
}

#[test]
fn a_trusted_proxy_names_its_peer() {
    let proxies = vec!["127.0.0.0/8".parse().unwrap()];
    let trusted = TrustedProxies { proxies, field: ForwardedField::XForwardedFor };
    let server = Running::with(ServerOptions { trusted, limits: short(), ..ServerOptions::default() });
    let mut client = server.connect();
    client.send("GET / HTTP/1.1\r\nHost: test\r\nX-Forwarded-For: 203.0.113.5, 198.51.100.7\r\n\r\n");
    client.reply();
    client.get("/");
    client.reply();
    let local = client.stream.local_addr().unwrap().to_string();
    assert_eq!(*server.seen.clients.lock().unwrap(), ["198.51.100.7".to_owned(), local]);
}

#[test]
fn a_response_that_is_cut_ends_in_a_reset() {
    let server = Running::start(short());
    let mut client = server.connect();
    client.get("/cut/300000");
    let (reset, octets) = client.until_reset();
    assert!(reset, "a response that was cut looked complete after {octets} octets");
    let (outcome, sent) = server.seen.exchanges(1)[0];
    assert_eq!(outcome, Outcome::Changed);
    assert!(sent <= 300_000, "{sent}");
}

#[test]
fn a_service_that_panics_costs_its_connection_and_no_more() {
    let server = Running::start(short());
    let mut client = server.connect();
    client.get("/panic/10");
    assert!(client.until_reset().0, "a response that was cut looked complete");
    let mut client = server.connect();
    client.get("/on");
    assert_eq!(client.reply().text(), "/on");
}

#[test]
fn a_peer_that_vanishes_is_recorded_and_the_server_goes_on() {
    let server = Running::start(Limits { stalled_write_time: Duration::from_secs(60), ..short() });
    let mut client = server.connect();
    client.get("/bytes/1000000000");
    client.head();
    socket2::SockRef::from(&client.stream).set_linger(Some(Duration::ZERO)).unwrap();
    drop(client);
    let (outcome, sent) = server.seen.exchanges(1)[0];
    assert_eq!(outcome, Outcome::AbortedByPeer);
    assert!(sent < 1_000_000_000, "{sent}");
    let mut client = server.connect();
    client.get("/on");
    assert_eq!(client.reply().text(), "/on");
}
