//! Every setting has an effect: none is read, and then forgotten on its way to the server.

use std::{
    collections::BTreeSet,
    fs,
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    os::unix::fs::symlink,
    time::{Duration, Instant},
};

use crate::{
    certificate::own_authority,
    harness::Swath,
    running::{Running, ask, connect},
    serve::half_read,
};

/// Settings whose effect `serve.rs` shows, or `inspect.rs`.
const ELSEWHERE: &[&str] = &[
    "demo",
    "listen",
    "tls-cert",
    "tls-key",
    "grace",
    "log",
    "config",
    "cache-control",
    "no-ranges",
    "inspect",
    "inspect-record",
];

/// One setting: how it is given, what is asked, and what only then is in the answer.
struct Effect {
    flag: &'static [&'static str],
    target: &'static str,
    fields: &'static str,
    sign: &'static str,
}

const fn effect(
    flag: &'static [&'static str],
    target: &'static str,
    fields: &'static str,
    sign: &'static str,
) -> Effect {
    Effect { flag, target, fields, sign }
}

/// Effects that one answer shows.
const EFFECTS: &[Effect] = &[
    effect(&["--symlinks", "none"], "/link.txt", "", "HTTP/1.1 404"),
    effect(&["--hidden"], "/.dot.txt", "", "HTTP/1.1 200"),
    effect(&["--no-index"], "/", "Accept: application/json\r\n", "\"entries\":["),
    effect(&["--precompressed"], "/a.txt", "Accept-Encoding: gzip\r\n", "content-encoding: gzip"),
    effect(&["--etag", "none"], "/a.txt", "", "!etag:"),
    effect(
        &["--cors", "https://a.example"],
        "/a.txt",
        "Origin: https://a.example\r\n",
        "access-control-allow-origin: https://a.example",
    ),
    effect(&["--max-open-range", "4"], "/a.txt", "Range: bytes=0-\r\n", "content-range: bytes 0-3/10"),
    effect(&["--partial-first", "4"], "/a.txt", "", "content-range: bytes 0-3/10"),
    effect(&["--reject-invalid"], "/a.txt", "Range: bytes=5-4\r\n", "HTTP/1.1 400"),
    effect(&["--parts-max", "1"], "/long.bin", "Range: bytes=0-0,5000-5000\r\n", "HTTP/1.1 200"),
    effect(&["--specs-max", "1"], "/a.txt", "Range: bytes=0-0,1-1\r\n", "HTTP/1.1 200"),
    effect(&["--head-bytes", "8KiB"], "/a.txt", LONG_FIELD, "HTTP/1.1 431"),
    effect(&["--head-fields", "2"], "/a.txt", "A: 1\r\nB: 2\r\n", "HTTP/1.1 431"),
    effect(
        &["--requests-per-connection", "1"],
        "/a.txt",
        "Connection: keep-alive\r\n",
        "\r\nconnection: close",
    ),
];

/// A field of 10,000 octets.
const LONG_FIELD: &str = {
    const OCTETS: [u8; 10_005] = {
        let mut octets = [b'a'; 10_005];
        octets[1] = b':';
        octets[2] = b' ';
        octets[10_003] = b'\r';
        octets[10_004] = b'\n';
        octets
    };
    match str::from_utf8(&OCTETS) {
        Ok(field) => field,
        Err(_) => panic!("it is ASCII"),
    }
};

fn site() -> Swath {
    let swath = Swath::new()
        .file("a.txt", "0123456789")
        .file(".dot.txt", "hidden")
        .file("index.html", "<!doctype html><title>index</title>")
        .file("long.bin", vec![b'x'; 10_000]);
    let modified =
        fs::metadata(swath.path().join("a.txt")).and_then(|facts| facts.modified()).expect("a date");
    // What it holds is of no matter here, only that it is not older than its file.
    let coded = fs::File::create(swath.path().join("a.txt.gz")).expect("a file");
    (&coded).write_all(b"coded").and_then(|()| coded.set_modified(modified)).expect("a sidecar");
    symlink("a.txt", swath.path().join("link.txt")).expect("a link");
    swath
}

fn start(swath: &Swath, args: &[&str]) -> (Running, SocketAddr) {
    let mut server = Running::start(swath.command(&[&["serve", "--listen", "127.0.0.1:0"], args].concat()));
    let address = server.address();
    (server, address)
}

/// Asks on a connection that may stay open, and gives what comes until it is quiet or closed.
fn answer(address: SocketAddr, effect: &Effect) -> String {
    if !effect.fields.contains("keep-alive") {
        return ask(connect(address), effect.target, effect.fields);
    }
    let mut stream = connect(address);
    write!(stream, "GET {} HTTP/1.1\r\nHost: localhost\r\n{}\r\n", effect.target, effect.fields)
        .expect("sent");
    stream.set_read_timeout(Some(Duration::from_secs(3))).expect("a timeout");
    let mut octets = Vec::new();
    // A connection that stays open ends this by its silence.
    let _ = stream.read_to_end(&mut octets);
    String::from_utf8_lossy(&octets).into_owned()
}

fn shows(answer: &str, sign: &str) -> bool {
    match sign.strip_prefix('!') {
        Some(absent) => !answer.contains(absent),
        None => answer.contains(sign),
    }
}

#[test]
fn each_setting_changes_an_answer_that_is_another_without_it() {
    let swath = site();
    let (_plain, plain) = start(&swath, &[]);
    for effect in EFFECTS {
        let without = answer(plain, effect);
        assert!(!shows(&without, effect.sign), "without {:?}: {without}", effect.flag);
        let (_server, address) = start(&swath, effect.flag);
        let with = answer(address, effect);
        assert!(shows(&with, effect.sign), "with {:?}: {with}", effect.flag);
    }
}

#[test]
fn files_are_kept_open_as_many_and_as_long_as_told() {
    let swath = site();
    // What has only just been written is not kept.
    std::thread::sleep(Duration::from_millis(100));
    let file = swath.path().join("a.txt");
    let retarget = |to: &str| {
        symlink(to, swath.path().join("new")).expect("a link");
        fs::rename(swath.path().join("new"), swath.path().join("link.txt")).expect("renamed");
    };
    for (args, kept) in
        [(&["--open-files-age", "1h"][..], 1), (&["--open-files", "0"], 0), (&["--open-files-age", "0s"], 0)]
    {
        let (server, address) = start(&swath, args);
        let ask = || ask(connect(address), "/link.txt", "");
        assert!(ask().ends_with("\r\n\r\n0123456789"), "{args:?}");
        assert_eq!(server.holds(&file), kept, "{args:?}");
        retarget("long.bin");
        assert_eq!(ask().ends_with("\r\n\r\n0123456789"), kept == 1, "{args:?}");
        retarget("a.txt");
    }
}

#[test]
fn root_may_be_one_file() {
    let swath = site();
    let (_server, address) = start(&swath, &["long.bin"]);
    assert!(ask(connect(address), "/long.bin", "").starts_with("HTTP/1.1 200"));
    assert!(ask(connect(address), "/a.txt", "").starts_with("HTTP/1.1 404"));
}

#[test]
fn tags_of_content_are_the_same_for_the_same_content() {
    let tags = |mode| {
        let tag = |_| {
            let swath = site();
            let (_server, address) = start(&swath, &["--etag", mode]);
            let answer = ask(connect(address), "/a.txt", "");
            let tag = answer.lines().find_map(|line| line.strip_prefix("etag: ")).expect("a tag").to_owned();
            // A file this young may still be marked weak.
            tag.trim_start_matches("W/").to_owned()
        };
        (0..2).map(tag).collect::<BTreeSet<String>>().len()
    };
    assert_eq!((tags("content"), tags("stat")), (1, 2));
}

#[test]
fn a_trusted_proxy_names_the_client_in_the_field_it_is_trusted_for() {
    let swath = site();
    let fields = "X-Forwarded-For: 192.0.2.1\r\nForwarded: for=192.0.2.2\r\n";
    for (args, peer) in [
        (&[][..], "127.0.0.1:"),
        (&["--trusted-proxy", "127.0.0.0/8"], "192.0.2.1"),
        (&["--trusted-proxy", "127.0.0.1", "--forwarded-field", "forwarded"], "192.0.2.2"),
    ] {
        let (server, address) = start(&swath, args);
        ask(connect(address), "/a.txt", fields);
        let record = server.record();
        assert!(record.contains(&format!(" {peer}")), "{args:?}: {record}");
    }
}

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
    let mut server = Running::start(swath.command(&[
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--tls-self-signed",
        "--handshake-timeout",
        "400ms",
    ]));
    let address = server.address();
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
    let mut server = Running::start(swath.command(&[
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--metrics",
        "127.0.0.1:0",
        "--buffer-memory",
        "2MiB",
    ]));
    let line = server.says("metrics at http://");
    let address = line.split_once("http://").expect("a URL").1.trim_end_matches("/metrics");
    let answer = ask(connect(address.parse().expect("an address")), "/metrics", "");
    assert!(answer.contains("\nswath_buffers_budget_bytes 2097152\n"), "{answer}");
}

#[test]
fn the_engine_answers_all_when_the_fast_path_is_off() {
    let swath = site();
    for (mode, transport) in [("on", "fast-path"), ("off", "http1")] {
        let mut server = Running::start(swath.command(&[
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--metrics",
            "127.0.0.1:0",
            "--fast-path",
            mode,
        ]));
        let address = server.address();
        let line = server.says("metrics at http://");
        let metrics = line.split_once("http://").expect("a URL").1.trim_end_matches("/metrics");
        ask(connect(address), "/a.txt", "");
        server.record();
        let counts = ask(connect(metrics.parse().expect("an address")), "/metrics", "");
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

/// Starts a lens before a server that is running, and gives where it listens.
fn lens(swath: &Swath, args: &[&str]) -> (Running, SocketAddr) {
    let mut lens = Running::start(swath.command(&[&["serve", "--listen", "127.0.0.1:0"], args].concat()));
    let line = lens.says("serving a lens before http");
    let (_, url) = line.rsplit_once("http://").expect("a URL");
    let address = url.trim_end_matches('/').parse().expect("an address and a port");
    (lens, address)
}

#[test]
fn a_url_as_root_looks_through_to_that_server() {
    let swath = site();
    let (_origin, origin) = start(&swath, &[]);
    let (server, address) = lens(&swath, &[&format!("http://{origin}/")]);
    let answer = ask(connect(address), "/a.txt", "Range: bytes=2-4\r\n");
    assert!(answer.starts_with("HTTP/1.1 206 ") && answer.ends_with("\r\n\r\n234"), "{answer}");
    assert!(server.record().contains(" 206 \"bytes 2-4/10\" forwarded 3/3 finished "));
    let swath = swath.file("lens.toml", format!("root = \"http://{origin}/\"\n"));
    let (_server, address) = lens(&swath, &["--config", "lens.toml"]);
    assert!(ask(connect(address), "/a.txt", "").ends_with("\r\n\r\n0123456789"));
}

#[test]
fn an_origins_certificate_is_checked_as_told() {
    let made = own_authority("127.0.0.1");
    let swath = site().file("own.pem", made.cert.pem()).file("own.key", made.signing_key.serialize_pem());
    let (_origin, origin) = {
        let args = ["serve", "--listen", "127.0.0.1:0", "--tls-cert", "own.pem", "--tls-key", "own.key"];
        let mut server = Running::start(swath.command(&args));
        let address = server.address();
        (server, address)
    };
    let url = format!("https://{origin}/");
    for (args, status) in [(&["--origin-cacert", "own.pem"][..], 200), (&["--origin-insecure"], 200)] {
        let (_server, address) = lens(&swath, &[args, &[&url]].concat());
        let answer = ask(connect(address), "/a.txt", "");
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{args:?}: {answer}");
    }
    let others = own_authority("127.0.0.1");
    let swath = swath.file("others.pem", others.cert.pem());
    let (_server, address) = lens(&swath, &["--origin-cacert", "others.pem", &url]);
    let answer = ask(connect(address), "/a.txt", "");
    assert!(answer.starts_with("HTTP/1.1 502 ") && answer.contains("certificate"), "{answer}");
    let mut missing = Running::start(swath.command(&["serve", "--origin-cacert", "missing.pem", &url]));
    missing.says("missing.pem");
}

#[test]
fn an_origin_gets_the_time_it_is_given() {
    let swath = site();
    // It takes connections, and says nothing.
    let origin = std::net::TcpListener::bind("127.0.0.1:0").expect("a listener");
    let url = format!("http://{}/", origin.local_addr().expect("an address"));
    let (server, address) = lens(&swath, &["--origin-timeout", "300ms", &url]);
    let begun = Instant::now();
    let answer = ask(connect(address), "/a.txt", "");
    assert!(answer.starts_with("HTTP/1.1 504 ") && answer.contains("300ms"), "{answer}");
    assert!(begun.elapsed() >= Duration::from_millis(280) && begun.elapsed() < Duration::from_secs(10));
    assert!(server.record().contains(" 504 origin-slow "));
}

#[test]
fn no_setting_is_left_out_here() {
    let help = String::from_utf8(Swath::new().output(&["serve", "--help"]).stdout).expect("UTF-8");
    let source = include_str!("effects.rs");
    let flags = help.lines().filter_map(|line| line.trim_start().strip_prefix("--"));
    let mut seen = 0;
    for flag in flags.map(|rest| rest.split([' ', '=', '[']).next().expect("a word")) {
        seen += 1;
        let shown = source.contains(&format!("\"--{flag}\"")) || ELSEWHERE.contains(&flag);
        assert!(shown, "no test shows what --{flag} does");
    }
    assert!(seen > 30, "help was not understood: {seen} flags");
}
