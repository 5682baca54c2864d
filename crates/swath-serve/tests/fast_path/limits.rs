//! The limits of a connection hold on the fast path as they do elsewhere.

use std::io::{Read as _, Write as _};
use std::num::NonZeroU64;
use std::thread::sleep;
use std::time::{Duration, Instant};

use swath_serve::exchange::Outcome;
use swath_serve::limits::Limits;

use crate::raw::connect;
use crate::support::{Site, head, rest};

/// Limits short enough to wait for.
fn short() -> Limits {
    Limits {
        head_time: Duration::from_millis(400),
        idle_time: Duration::from_millis(700),
        grace: Duration::from_millis(500),
        ..Limits::default()
    }
}

const GET: &[u8] = b"GET /short.bin HTTP/1.1\r\nHost: a\r\n\r\n";

#[test]
fn a_head_that_is_dribbled_is_answered_408_in_time() {
    let site = Site::start(short());
    site.file("short.bin", 10);
    for before in [&b""[..], GET] {
        let mut stream = connect(site.address);
        stream.write_all(before).unwrap();
        if !before.is_empty() {
            head(&mut stream);
            stream.read_exact(&mut [0; 10]).unwrap();
        }
        let start = Instant::now();
        for octet in &GET[..GET.len() - 1] {
            if stream.write_all(&[*octet]).is_err() || start.elapsed() > Duration::from_secs(3) {
                break;
            }
            sleep(Duration::from_millis(15));
            stream.set_nonblocking(true).unwrap();
            let answered = stream.peek(&mut [0]).is_ok();
            stream.set_nonblocking(false).unwrap();
            if answered {
                break;
            }
        }
        assert!(head(&mut stream).starts_with("HTTP/1.1 408 "));
        let took = start.elapsed();
        assert!(took >= Duration::from_millis(390) && took < Duration::from_secs(8), "{took:?}");
    }
    let ends = site.outcomes(3);
    assert_eq!(ends.iter().filter(|(outcome, _)| *outcome == Outcome::HeadTimeout).count(), 2, "{ends:?}");
}

#[test]
fn a_head_that_comes_octet_by_octet_is_answered() {
    let site = Site::start(Limits::default());
    site.file("short.bin", 10);
    let mut stream = connect(site.address);
    for octet in [GET, GET].concat() {
        stream.write_all(&[octet]).unwrap();
        sleep(Duration::from_millis(1));
    }
    for _ in 0..2 {
        assert!(head(&mut stream).starts_with("HTTP/1.1 200 "));
        stream.read_exact(&mut [0; 10]).unwrap();
    }
    assert_eq!(site.outcomes(2).len(), 2);
}

#[test]
fn an_idle_connection_closes_without_a_word() {
    let site = Site::start(short());
    site.file("short.bin", 10);
    // Before its first request it has the time of a head, afterwards that of idleness.
    for (ask, least, most) in [(false, 390, 690), (true, 690, 5_000)] {
        let mut stream = connect(site.address);
        if ask {
            stream.write_all(GET).unwrap();
            head(&mut stream);
            stream.read_exact(&mut [0; 10]).unwrap();
        }
        let start = Instant::now();
        assert_eq!(rest(&mut stream), (Vec::new(), false));
        let took = start.elapsed().as_millis();
        assert!(took >= least && (ask || took < most + 2_000), "{ask}: {took} ms");
    }
}

#[test]
fn a_head_that_ends_with_its_connection_is_recorded() {
    let site = Site::start(short());
    let mut stream = connect(site.address);
    stream.write_all(&GET[..20]).unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    assert_eq!(rest(&mut stream).0, b"");
    assert_eq!(site.outcomes(1)[0].0, Outcome::BadHead);
}

/// Requests before and after the connection went over to the engine count together.
#[test]
fn the_last_request_of_a_connection_closes_it() {
    for declined in [9, 0, 1] {
        let site = Site::start(Limits { requests_per_connection: NonZeroU64::new(3).unwrap(), ..short() });
        site.file("short.bin", 10);
        let mut stream = connect(site.address);
        for number in 0..3 {
            let field = if number == declined { "Content-Length: 0\r\n" } else { "" };
            stream
                .write_all(format!("GET /short.bin HTTP/1.1\r\nHost: a\r\n{field}\r\n").as_bytes())
                .unwrap();
            let head = head(&mut stream);
            stream.read_exact(&mut [0; 10]).unwrap();
            assert_eq!(head.contains("\r\nconnection: close\r\n"), number == 2, "{declined}: {head}");
        }
        assert_eq!(rest(&mut stream), (Vec::new(), false));
    }
}

#[test]
fn a_stop_lets_an_answer_finish_and_closes_what_is_idle() {
    let mut site = Site::start(Limits { grace: Duration::from_secs(10), ..Limits::default() });
    let octets = site.file("long.bin", 24 << 20);
    let mut idle = connect(site.address);
    let mut under_way = site.ask("long.bin", "");
    head(&mut under_way);
    site.stop();
    assert_eq!(rest(&mut idle), (Vec::new(), false));
    let (content, reset) = rest(&mut under_way);
    assert!(content == octets && !reset);
    assert_eq!(site.outcomes(1), [(Outcome::Finished, octets.len() as u64)]);
}

#[test]
fn what_outlasts_the_grace_is_cut() {
    let mut site = Site::start(short());
    site.file("long.bin", 24 << 20);
    let mut stream = site.ask("long.bin", "");
    head(&mut stream);
    site.stop();
    assert_eq!(site.outcomes(1)[0].0, Outcome::ShutDown);
    assert!(rest(&mut stream).1, "it is told that it did not get all");
}

#[test]
fn a_pipeline_that_a_close_cuts_short_is_not_answered_further() {
    let site = Site::start(short());
    site.file("short.bin", 10);
    let close = b"GET /short.bin HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    let mut stream = connect(site.address);
    stream.write_all(&[GET, close, GET].concat()).unwrap();
    let (answers, reset) = rest(&mut stream);
    assert_eq!(answers.windows(9).filter(|some| some == b"HTTP/1.1 ").count(), 2);
    assert!(!reset);
}
