//! Every limit has an effect, and so has what is said of connections.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    time::{Duration, Instant},
};

use crate::{
    effects::{site, start},
    running::{ask, connect},
    signals::half_read,
};

/// How long a connection lives that says this and then nothing.
fn life(address: SocketAddr, said: &str) -> (Duration, String) {
    let begun = Instant::now();
    let mut stream = connect(address);
    stream.write_all(said.as_bytes()).expect("sent");
    let mut octets = Vec::new();
    stream.read_to_end(&mut octets).expect("its end");
    (begun.elapsed(), String::from_utf8_lossy(&octets).into_owned())
}

#[test]
fn silence_has_its_ends() {
    let swath = site();
    let (_server, address) = start(&swath, &["--head-timeout", "400ms", "--idle-timeout", "1200ms"]);
    let (half_a_head, answer) = life(address, "GET / HTTP/1.1\r\n");
    assert!(
        half_a_head >= Duration::from_millis(350) && half_a_head < Duration::from_secs(8),
        "{half_a_head:?}"
    );
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    let (idle, _) = life(address, "GET /a.txt HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert!(idle >= Duration::from_millis(1100) && idle < Duration::from_secs(8), "{idle:?}");
}

#[test]
fn a_handshake_has_an_end() {
    let swath = site();
    let (_server, address) = start(&swath, &["--tls-self-signed", "--handshake-timeout", "400ms"]);
    // The beginning of a TLS record whose rest never comes.
    let (took, _) = life(address, "\u{16}\u{3}\u{1}");
    assert!(took >= Duration::from_millis(350) && took < Duration::from_secs(8), "{took:?}");
}

#[test]
fn a_reader_that_takes_nothing_is_cut_off() {
    let swath = site();
    let (server, address) = start(&swath, &["--stall-timeout", "500ms", "--log", "json"]);
    let _stalled = half_read(&swath, address);
    let record = server.record();
    assert!(record.contains("\"outcome\":\"stalled\""), "{record}");
}

#[test]
fn memory_for_buffers_is_what_was_asked_for() {
    let swath = site();
    let (mut server, _) = start(&swath, &["--metrics", "127.0.0.1:0", "--buffer-memory", "2MiB"]);
    let answer = ask(connect(server.metrics()), "/metrics", "");
    assert!(answer.contains("\nswath_buffers_budget_bytes 2097152\n"), "{answer}");
}

#[test]
fn the_engine_answers_all_when_the_fast_path_is_off() {
    let swath = site();
    for (mode, transport) in [("on", "fast-path"), ("off", "http1")] {
        let (mut server, address) = start(&swath, &["--metrics", "127.0.0.1:0", "--fast-path", mode]);
        ask(connect(address), "/a.txt", "");
        server.record();
        let counts = ask(connect(server.metrics()), "/metrics", "");
        let line = format!("\nswath_answers_total{{transport=\"{transport}\"}} 1\n");
        assert!(counts.contains(&line), "{mode}: {counts}");
    }
}

#[test]
fn streams_at_once_are_told_to_http2_clients() {
    let swath = site();
    let (_server, address) = start(&swath, &["--streams-per-connection", "7"]);
    let mut stream = connect(address);
    // The preface and an empty SETTINGS frame (RFC 9113 §3.4).
    stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").expect("sent");
    let mut head = [0; 9];
    stream.read_exact(&mut head).expect("a frame");
    assert_eq!(head[3], 4, "the first frame is SETTINGS");
    let mut settings = vec![0; usize::from(head[1]) << 8 | usize::from(head[2])];
    stream.read_exact(&mut settings).expect("its settings");
    // SETTINGS_MAX_CONCURRENT_STREAMS is 3 (§6.5.2); each setting is two octets of name and four of value.
    let streams =
        settings.chunks_exact(6).find(|setting| setting[..2] == [0, 3]).expect("the setting is sent");
    assert_eq!(streams[2..], [0, 0, 0, 7]);
}

#[test]
fn connections_are_counted_for_all_and_for_each_peer() {
    let swath = site();
    let (_server, address) = start(&swath, &["--connections-max", "1"]);
    let first = connect(address);
    // The second waits in the system's queue, and is served once the first is gone.
    let mut second = connect(address);
    write!(second, "GET /a.txt HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").expect("sent");
    second.set_read_timeout(Some(Duration::from_millis(500))).expect("a timeout");
    let mut octets = Vec::new();
    assert!(second.read_to_end(&mut octets).is_err() && octets.is_empty(), "it was served beside the first");
    drop(first);
    second.set_read_timeout(Some(crate::running::PATIENCE)).expect("a timeout");
    second.read_to_end(&mut octets).expect("an answer");
    assert!(octets.starts_with(b"HTTP/1.1 200"));

    let (_server, address) = start(&swath, &["--connections-per-peer", "1"]);
    let _first: TcpStream = connect(address);
    let answer = ask(connect(address), "/a.txt", "");
    assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
}

#[test]
fn a_rate_slows_a_connection_down() {
    let swath = site();
    fs::File::create(swath.path().join("slow.bin")).and_then(|file| file.set_len(600_000)).expect("a file");
    let (_server, address) = start(&swath, &["--limit-rate", "300K"]);
    let begun = Instant::now();
    ask(connect(address), "/slow.bin", "");
    let took = begun.elapsed();
    // Two seconds' worth, less what a connection may send at once at its start.
    assert!(took > Duration::from_millis(700), "{took:?}");
}
