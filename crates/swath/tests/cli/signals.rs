//! What signals do to `swath serve`: it ends in good order, at once, or reads its certificate again.

use std::{
    fs::File,
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    time::{Duration, Instant},
};

use rustix::process::Signal;

use crate::{
    certificate::{certified, shown_and_answered},
    effects::{site, start},
    harness::Swath,
    running::{ask, connect},
};

/// Starts a response of a long file and reads no further than its head.
pub(crate) fn half_read(swath: &Swath, address: SocketAddr) -> TcpStream {
    File::create(swath.path().join("long")).and_then(|file| file.set_len(LONG)).expect("a long file");
    let mut stream = connect(address);
    write!(stream, "GET /long HTTP/1.1\r\nHost: localhost\r\n\r\n").expect("sent");
    let mut first = [0; 4096];
    stream.read_exact(&mut first).expect("the head");
    assert!(first.starts_with(b"HTTP/1.1 200 OK"));
    stream
}

/// More than the buffers between two sockets can hold.
const LONG: u64 = 64 << 20;

#[test]
fn sigint_ends_it_in_good_order_too() {
    let swath = site();
    let (server, _) = start(&swath, &[]);
    server.signal(Signal::INT);
    assert_eq!(server.wait().0.code(), Some(0));
}

#[test]
fn a_running_response_is_finished_after_sigterm() {
    let swath = site();
    let (mut server, address) = start(&swath, &[]);
    let mut stream = half_read(&swath, address);
    server.signal(Signal::TERM);
    server.says("stopping");
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).expect("the rest");
    assert!(rest.len() as u64 > LONG - 4096, "{} octets", rest.len());
    assert_eq!(server.wait().0.code(), Some(0));
}

#[test]
fn connections_without_a_response_under_way_do_not_hold_up_the_end() {
    let swath = site();
    let (server, address) = start(&swath, &["--grace", "1h"]);
    let _never_asked = connect(address);
    let mut asked = connect(address);
    write!(asked, "GET /a.txt HTTP/1.1\r\nHost: localhost\r\n\r\n").expect("sent");
    let mut answer = [0; 15];
    asked.read_exact(&mut answer).expect("an answer");
    server.record();
    let begun = Instant::now();
    server.signal(Signal::TERM);
    let (status, said) = server.wait();
    assert_eq!(status.code(), Some(0), "{said:#?}");
    // The one that was answered is given two seconds to close first, so that its answer is not lost to a reset.
    assert!(begun.elapsed() < Duration::from_secs(6), "{:?}", begun.elapsed());
}

#[test]
fn grace_has_an_end() {
    let swath = site();
    let (server, address) = start(&swath, &["--grace", "300ms"]);
    let _stream = half_read(&swath, address);
    let begun = Instant::now();
    server.signal(Signal::TERM);
    assert_eq!(server.wait().0.code(), Some(0));
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
}

#[test]
fn a_second_signal_cuts_at_once() {
    let swath = site();
    let (mut server, address) = start(&swath, &["--grace", "1h"]);
    let mut stream = half_read(&swath, address);
    server.signal(Signal::TERM);
    server.says("stopping");
    server.signal(Signal::INT);
    let (status, said) = server.wait();
    assert_eq!(status.code(), Some(1), "{said:#?}");
    // Cut off, and visibly so: never a shorter file that looks whole.
    let mut rest = Vec::new();
    let cut = stream.read_to_end(&mut rest).is_err() || (rest.len() as u64) < LONG - 4096;
    assert!(cut, "{} octets", rest.len());
}

#[test]
fn sighup_reads_the_certificate_again_and_keeps_the_old_one_if_it_must() {
    let swath = certified(site());
    let (mut server, address) = start(&swath, &["--tls-cert", "cert.pem", "--tls-key", "key.pem"]);
    assert!(server.heard[0].contains(" at https://"), "{:?}", server.heard);
    let (first, answer) = shown_and_answered(address, "/a.txt");
    assert!(answer.ends_with("0123456789"), "{answer}");
    let swath = certified(swath);
    assert_eq!(shown_and_answered(address, "/a.txt").0, first, "files are read when asked to be, not before");
    server.signal(Signal::HUP);
    server.says("read the certificate again");
    let (second, answer) = shown_and_answered(address, "/a.txt");
    assert!(second != first && answer.ends_with("0123456789"), "{answer}");
    let swath = swath.file("key.pem", "nothing of use");
    server.signal(Signal::HUP);
    let line = server.says("key.pem");
    assert!(line.contains("keeps the old certificate"), "{line}");
    assert_eq!(shown_and_answered(address, "/a.txt").0, second);
    server.signal(Signal::TERM);
    assert_eq!(server.wait().0.code(), Some(0));
    drop(swath);
}

#[test]
fn sighup_without_a_certificate_does_no_harm() {
    let swath = site();
    let (mut server, address) = start(&swath, &[]);
    server.signal(Signal::HUP);
    server.says("no certificate");
    assert!(ask(connect(address), "/a.txt", "").ends_with("0123456789"));
}
