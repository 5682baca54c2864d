//! Request heads that dribble, swell, lie or come all at once.

use std::time::{Duration, Instant};

use swath_e2e::clients::raw::{End, Raw};
use swath_e2e::clients::site::Site;
use swath_e2e::swath::Swath;

use crate::{PATIENCE, WELL, assert_well, stop};

fn site() -> Site {
    let site = Site::new();
    std::fs::write(site.file("well.txt"), WELL).expect("writes");
    site
}

#[test]
fn a_head_that_dribbles_is_given_a_time() {
    let site = site();
    let server = site.serve().args(["--head-timeout", "1s"]).start();
    let mut raw = Raw::connect(server.address());
    let start = Instant::now();
    let head = b"GET /slow.txt HTTP/1.1\r\nHost: swath.test\r\nX-Padding: "
        .iter()
        .copied()
        .chain(std::iter::repeat_n(b'x', 200));
    for octet in head {
        // The server may close at any time; the peer goes on as long as it can.
        if raw.send([octet]).is_err() || start.elapsed() > PATIENCE {
            break;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    let took = start.elapsed();
    assert!(
        took > Duration::from_millis(900) && took < Duration::from_secs(8),
        "cut after {took:?}, not about 1 s"
    );
    assert_well(&server);
    let records = stop(server);
    assert_eq!(records.len(), 1, "{records:#?}");
    assert_eq!(records[0].outcome, "head-timeout");
}

#[test]
fn a_peer_that_says_nothing_is_let_go() {
    let site = site();
    let server = site.serve().args(["--head-timeout", "1s", "--idle-timeout", "1s"]).start();
    let start = Instant::now();
    let (said, _) = Raw::connect(server.address()).rest();
    assert!(start.elapsed() < Duration::from_secs(8), "{:?}", start.elapsed());
    assert!(said.is_empty() || said.starts_with(b"HTTP/1.1 408"), "{}", String::from_utf8_lossy(&said));
    // The same between two requests.
    let mut raw = Raw::connect(server.address());
    raw.get("/well.txt", "");
    assert_eq!(raw.answer().expect("an answer").content, WELL);
    let start = Instant::now();
    assert_eq!(raw.rest(), (Vec::new(), End::Closed));
    assert!(start.elapsed() < Duration::from_secs(8), "{:?}", start.elapsed());
    assert_well(&server);
    let _ = server.stop();
}

/// Sends one head that goes too far, and gives the status of the answer (`None` for a connection that is simply closed).
fn refused(server: &Swath, head: &[u8]) -> Option<u16> {
    let mut raw = Raw::connect(server.address());
    // The server may stop reading and close while this is still being sent.
    let _ = raw.send(head);
    raw.answer().ok().map(|answer| answer.status)
}

#[test]
fn heads_that_are_too_long_are_refused() {
    let site = site();
    let server = site.serve().args(["--head-bytes", "16KiB", "--head-fields", "50"]).start();
    let long_field = format!("GET /well.txt HTTP/1.1\r\nHost: a\r\nX: {}\r\n\r\n", "x".repeat(20_000));
    let long_target = format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", "x".repeat(20_000));
    let many_fields = format!("GET /well.txt HTTP/1.1\r\nHost: a\r\n{}\r\n", "X: y\r\n".repeat(60));
    let endless = vec![b'x'; 4 << 20];
    for (what, head, statuses) in [
        ("a long field", long_field.as_bytes(), &[431][..]),
        ("a long target", long_target.as_bytes(), &[414, 431]),
        ("many fields", many_fields.as_bytes(), &[431]),
        ("no end at all", &endless, &[400, 414, 431]),
    ] {
        let before = server.records().len();
        let status = refused(&server, head);
        assert!(status.is_none_or(|status| statuses.contains(&status)), "{what}: {status:?}");
        let records = server.wait_for("record of a refused head", PATIENCE, |records| records.len() > before);
        assert_eq!(records.last().map(|record| record.outcome.as_str()), Some("bad-head"), "{what}");
    }
    // What stays within the limits is answered, to the last field.
    let fits =
        format!("GET /well.txt HTTP/1.1\r\nHost: a\r\n{}Connection: close\r\n\r\n", "X: y\r\n".repeat(40));
    assert_eq!(refused(&server, fits.as_bytes()), Some(200));
    assert_well(&server);
    assert_eq!(stop(server).len(), 4);
}

#[test]
fn heads_that_are_no_requests_are_refused() {
    let site = site();
    let server = site.serve().start();
    let cases: &[&[u8]] = &[
        b"GET /well.txt HTTP/1.1\r\n\r\n",
        b"GET /well.txt HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
        b"GET /well.txt HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET /well.txt HTTP/1.1\r\nHost: a b\r\n\r\n",
        b"GET /well.txt HTTP/1.1\r\nHost : a\r\n\r\n",
        b"GET /well.txt HTTP/1.1\r\nHost: a\r\nX-Fold: 1\r\n 2\r\n\r\n",
        b"GET /well.txt HTTP/1.1\r\nHost: a\r\nX-Nul: \0\r\n\r\n",
        b"GET /well.txt HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
        b"GET /well.txt HTTP/1.1\r\nHost: a\r\nContent-Length: -5\r\n\r\n",
        b"GET /well.txt HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: sideways\r\n\r\n",
        b"GET  /well.txt HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /well.txt HTTP/7.3\r\nHost: a\r\n\r\n",
        b"GET /well.txt HTTX/1.1\r\nHost: a\r\n\r\n",
        b"GET /well .txt HTTP/1.1\r\nHost: a\r\n\r\n",
        b"G\x01T /well.txt HTTP/1.1\r\nHost: a\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 a greeting of TLS\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
        b"\r\n\r\n\r\n\r\nnothing\r\n\r\n",
    ];
    for head in cases {
        let shown = String::from_utf8_lossy(head).into_owned();
        let before = server.records().len();
        let status = refused(&server, head);
        assert!(
            status.is_none_or(|status| matches!(status, 400 | 404 | 405 | 501 | 505)),
            "{shown:?}: {status:?}"
        );
        let records =
            server.wait_for(&format!("record of {shown:?}"), PATIENCE, |records| records.len() > before);
        let record = records.last().expect("one at least");
        assert!(record.status != Some(200), "{shown:?}: {record:#?}");
    }
    assert_well(&server);
    assert_eq!(server.stop().iter().filter(|record| record.status == Some(200)).count(), 1);
}

#[test]
fn other_methods_are_told_what_is_allowed() {
    let site = site();
    let server = site.serve().start();
    for method in ["POST", "PUT", "DELETE", "PATCH", "TRACE", "PROPFIND", "BREW"] {
        let mut raw = Raw::connect(server.address());
        raw.send(format!(
            "{method} /well.txt HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        ))
        .expect("sent");
        let answer = raw.answer().unwrap_or_else(|why| panic!("{method}: {why}"));
        assert_eq!(answer.status, 405, "{method}");
        let allowed = answer.field("allow").expect("405 has Allow (§15.5.6)");
        assert!(allowed.contains("GET") && allowed.contains("HEAD"), "{method}: {allowed}");
    }
    assert_well(&server);
    assert!(stop(server).iter().all(|record| record.status == Some(405)));
}

#[test]
fn pipelined_requests_are_answered_in_their_order() {
    const ROUNDS: usize = 25;
    let site = site();
    let octets = site.noise("data.bin", 100_000);
    let server = site.serve().start();
    let mut raw = Raw::connect(server.address());
    let mut requests = String::new();
    for round in 0..ROUNDS {
        requests +=
            &format!("GET /data.bin HTTP/1.1\r\nHost: a\r\nRange: bytes={round}-{}\r\n\r\n", 50_000 + round);
        requests += "HEAD /data.bin HTTP/1.1\r\nHost: a\r\n\r\n";
        requests += "GET /missing HTTP/1.1\r\nHost: a\r\n\r\n";
    }
    requests += "GET /well.txt HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    raw.send(requests).expect("all requests in one go");
    for round in 0..ROUNDS {
        let part = raw.answer().expect("a part");
        assert_eq!(part.status, 206, "round {round}");
        assert!(part.content == octets[round..=50_000 + round], "round {round}");
        let head = raw.head().expect("a head");
        assert_eq!((head.status, head.field("content-length")), (200, Some("100000")), "round {round}");
        assert_eq!(raw.answer().expect("a refusal").status, 404, "round {round}");
    }
    assert_eq!(raw.answer().expect("the last answer").content, WELL);
    assert_eq!(raw.rest(), (Vec::new(), End::Closed));
    let records = server.stop();
    assert_eq!(records.len(), 3 * ROUNDS + 1);
    assert!(records.iter().all(|record| record.outcome == "finished"), "{records:#?}");
}

#[test]
fn content_of_a_get_is_not_taken_for_the_next_request() {
    let site = site();
    let server = site.serve().start();
    let inner = "GET /secret HTTP/1.1\r\nHost: a\r\n\r\n";
    let by_length = format!("Content-Length: {}\r\n\r\n{inner}", inner.len());
    let by_chunks = format!("Transfer-Encoding: chunked\r\n\r\n{:x}\r\n{inner}\r\n0\r\n\r\n", inner.len());
    for content in [by_length, by_chunks] {
        let mut raw = Raw::connect(server.address());
        let last = "GET /well.txt HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
        raw.send(format!("GET /well.txt HTTP/1.1\r\nHost: a\r\n{content}{last}")).expect("sent");
        assert_eq!(raw.answer().expect("an answer").content, WELL);
        // Going on and closing are both safe; reading the content as a request is not.
        let (more, _) = raw.rest();
        let more = String::from_utf8_lossy(&more).into_owned();
        assert!(more.is_empty() || more.starts_with("HTTP/1.1 200"), "{more}");
    }
    assert_well(&server);
    assert!(server.stop().iter().all(|record| !record.is_for("/secret")));
}
