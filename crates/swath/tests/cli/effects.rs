//! Every setting has an effect: none is read, and then forgotten on its way to the server.

use std::{
    collections::BTreeSet,
    fs,
    io::{Read as _, Write as _},
    net::SocketAddr,
    os::unix::fs::symlink,
    time::Duration,
};

use crate::{
    harness::Swath,
    running::{Running, ask, connect},
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

pub(crate) fn site() -> Swath {
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

pub(crate) fn start(swath: &Swath, args: &[&str]) -> (Running, SocketAddr) {
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

#[test]
fn no_setting_is_left_out_here() {
    let help = String::from_utf8(Swath::new().output(&["serve", "--help"]).stdout).expect("UTF-8");
    let source = concat!(
        include_str!("effects.rs"),
        include_str!("effects_limits.rs"),
        include_str!("effects_lens.rs")
    );
    let flags = help.lines().filter_map(|line| line.trim_start().strip_prefix("--"));
    let mut seen = 0;
    for flag in flags.map(|rest| rest.split([' ', '=', '[']).next().expect("a word")) {
        seen += 1;
        let shown = source.contains(&format!("\"--{flag}\"")) || ELSEWHERE.contains(&flag);
        assert!(shown, "no test shows what --{flag} does");
    }
    assert!(seen > 30, "help was not understood: {seen} flags");
}
