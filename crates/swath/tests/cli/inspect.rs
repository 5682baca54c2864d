//! The inspector as people meet it: on its own listener, live, and from a recording.

use std::{
    fs,
    io::{BufRead as _, BufReader, Write as _},
    net::SocketAddr,
    os::unix::fs::PermissionsExt as _,
};

use rustix::process::Signal;
use serde_json::Value;

use crate::{
    harness::Swath,
    running::{Running, ask, connect},
};

fn site() -> Swath {
    Swath::new().file("a.txt", "0123456789")
}

/// Starts a server with an inspector; gives where each of them listens.
fn start(swath: &Swath, args: &[&str]) -> (Running, SocketAddr, SocketAddr) {
    let args = [&["serve", "--listen", "127.0.0.1:0", "--inspect=127.0.0.1:0"], args].concat();
    let mut server = Running::start(swath.command(&args));
    let served = server.address();
    let line = server.says("inspector at http://");
    let (_, url) = line.split_once("http://").expect("a URL");
    (server, served, url.trim_end_matches('/').parse().expect("an address and a port"))
}

fn exchanges(inspector: SocketAddr) -> Value {
    let answer = ask(connect(inspector), "/api/exchanges", "");
    let (head, content) = answer.split_once("\r\n\r\n").expect("a head");
    assert!(head.starts_with("HTTP/1.1 200"), "{answer}");
    serde_json::from_str(content).expect("JSON")
}

#[test]
fn what_is_exchanged_is_shown_and_secrets_are_not() {
    let swath = site();
    let (server, served, inspector) = start(&swath, &[]);
    let fields = "Range: bytes=2-4\r\nCookie: id=secret\r\nAuthorization: Basic secret\r\nX-Key: secret\r\n";
    ask(connect(served), "/a.txt?token=secret", fields);
    server.record();
    let all = exchanges(inspector);
    let one = &all["exchanges"][0];
    assert_eq!((&one["id"], &one["status"], &one["outcome"]), (&1.into(), &206.into(), &"finished".into()));
    assert_eq!((&one["target"], &one["range"]), (&"/a.txt?token=*".into(), &"bytes=2-4".into()));
    assert_eq!((&one["content_range"], &one["bytes_sent"]), (&"bytes 2-4/10".into(), &3.into()));
    let request = one["request"].to_string();
    assert!(request.contains(r#"["cookie","(masked)"]"#), "{request}");
    assert!(one["answer"].to_string().contains(r#"["etag","#));
    assert!(!all.to_string().contains("secret"), "{all}");
}

#[test]
fn a_page_that_follows_hears_of_what_runs_and_what_ends() {
    let swath = site();
    let (_server, served, inspector) = start(&swath, &["--limit-rate", "1000"]);
    fs::write(swath.path().join("long"), vec![b'x'; 400_000]).expect("a file");
    let mut stream = connect(inspector);
    write!(stream, "GET /api/events HTTP/1.1\r\nHost: localhost\r\n\r\n").expect("sent");
    let mut lines = BufReader::new(stream).lines().map(|line| line.expect("a line"));
    let mut data = |event: &str| {
        lines.find(|line| *line == format!("event: {event}")).expect(event);
        lines.next().expect("its data")
    };
    assert!(data("hello").contains(r#""source":"live""#));
    let mut asking = connect(served);
    write!(asking, "GET /long HTTP/1.1\r\nHost: localhost\r\n\r\n").expect("sent");
    let running = data("running");
    assert!(running.contains(r#""target":"/long""#) && running.contains(r#""outcome":null"#), "{running}");
    drop(asking);
    let ended = data("exchanges");
    assert!(ended.contains(r#""closed_by":"client""#) && ended.contains("aborted-by-peer"), "{ended}");
}

#[test]
fn other_sites_and_other_names_get_nothing() {
    let swath = site();
    let (_server, _, inspector) = start(&swath, &[]);
    let answer = ask(connect(inspector), "/api/exchanges", "Origin: http://127.0.0.1:1\r\n");
    assert!(answer.starts_with("HTTP/1.1 403"), "{answer}");
    let mut stream = connect(inspector);
    write!(stream, "GET / HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n").expect("sent");
    let answer = std::io::read_to_string(stream).expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 421"), "{answer}");
}

#[test]
fn an_inspector_for_everybody_is_refused_with_a_cure() {
    let output = site().output(&["serve", "--inspect=0.0.0.0:8207"]);
    let said = String::from_utf8(output.stderr).expect("UTF-8");
    assert_eq!(output.status.code(), Some(2));
    assert!(said.contains("--inspect") && said.contains("ssh -L 8207:127.0.0.1:8207"), "{said}");
}

#[test]
fn a_recording_holds_each_exchange_and_goes_on_where_it_was() {
    let swath = site();
    for run in 1..=2 {
        let args = ["serve", "--listen", "127.0.0.1:0", "--inspect-record", "run.jsonl"];
        let mut server = Running::start(swath.command(&args));
        let address = server.address();
        ask(connect(address), "/a.txt", "Range: bytes=0-1\r\nCookie: secret\r\n");
        ask(connect(address), "/none", "");
        server.signal(Signal::TERM);
        assert_eq!(server.wait().0.code(), Some(0));
        let text = fs::read_to_string(swath.path().join("run.jsonl")).expect("a recording");
        let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        assert_eq!(lines.len(), 3 * run, "{text}");
        assert_eq!(lines[3 * run - 3]["recording"], "swath exchanges");
        assert_eq!(
            (&lines[3 * run - 2]["status"], &lines[3 * run - 1]["status"]),
            (&206.into(), &404.into())
        );
        assert!(!text.contains("secret"));
    }
    let mode = fs::metadata(swath.path().join("run.jsonl")).expect("facts").permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "it says who asks for what");
}

/// A recording of two exchanges.
fn recorded() -> Swath {
    let swath = site();
    let args = ["serve", "--listen", "127.0.0.1:0", "--inspect-record", "run.jsonl"];
    let mut server = Running::start(swath.command(&args));
    let address = server.address();
    ask(connect(address), "/a.txt", "Range: bytes=0-1\r\n");
    ask(connect(address), "/a.txt", "Range: bytes=5-4\r\n");
    server.signal(Signal::TERM);
    assert_eq!(server.wait().0.code(), Some(0));
    swath
}

#[test]
fn a_recording_is_printed_in_each_form() {
    let swath = recorded();
    let printed = |form: &str| {
        let output = swath.output(&["inspect", "run.jsonl", "--format", form]);
        assert_eq!(output.status.code(), Some(0), "{form}");
        String::from_utf8(output.stdout).expect("UTF-8")
    };
    let text = printed("text");
    assert!(
        text.starts_with("/a.txt, asked by 127.0.0.1; 10 bytes; sent in all: 12 bytes, 1.20 of it.\n"),
        "{text}"
    );
    assert!(text.contains("| 1 | `bytes=0-1` | – | 206 | `bytes 0-1/10` | 2 | finished |"), "{text}");
    assert!(text.contains("RFC 9110 §14.1.1): Range: bytes=5-4. In #2. Cure: "), "{text}");
    assert!(printed("diagram").contains("|-- GET bytes=0-1 ---"));
    let json: Value = serde_json::from_str(&printed("json")).expect("JSON");
    assert_eq!(json["findings"][0]["rule"], "range-invalid");
    let har: Value = serde_json::from_str(&printed("har")).expect("JSON");
    assert_eq!(
        (&har["log"]["version"], har["log"]["entries"].as_array().map(Vec::len)),
        (&"1.2".into(), Some(2))
    );
}

#[test]
fn a_recording_is_served_until_told_to_stop() {
    let swath = recorded();
    let mut inspector = Running::start(swath.command(&["inspect", "run.jsonl", "--listen", "127.0.0.1:0"]));
    let address = inspector.address();
    let page = ask(connect(address), "/", "");
    assert!(
        page.contains("Recording") && page.contains("content-security-policy: default-src 'none'"),
        "{page}"
    );
    assert!(!page.contains("id=\"pause\""), "there is nothing to pause");
    assert_eq!(exchanges(address)["exchanges"].as_array().map(Vec::len), Some(2));
    inspector.signal(Signal::TERM);
    assert_eq!(inspector.wait().0.code(), Some(0));
}

#[test]
fn what_is_no_recording_is_refused_with_a_cure() {
    let output = site().output(&["inspect", "a.txt"]);
    let said = String::from_utf8(output.stderr).expect("UTF-8");
    assert_eq!(output.status.code(), Some(1));
    assert!(said.contains("cannot open a.txt") && said.contains("--inspect-record"), "{said}");
    let output = site().output(&["inspect", "a.txt", "--listen", "0.0.0.0:1"]);
    assert_eq!(output.status.code(), Some(2));
    let output = site().output(&["inspect", "missing"]);
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn a_player_page_knows_what_was_fetched_for_it() {
    let swath = Swath::new();
    let (_server, served, _) = start(&swath, &["--demo"]);
    let page = ask(connect(served), "/clip-front.mp4?play", "");
    let (_, after) = page.split_once(".swath/fetched?view=").expect("a map");
    let token = after.split('"').next().expect("a token");
    ask(connect(served), &format!("/clip-front.mp4?view={token}"), "Range: bytes=5-14\r\n");
    let fetched = ask(connect(served), &format!("/.swath/fetched?view={token}"), "");
    assert!(fetched.ends_with("{\"spans\":[{\"first\":5,\"sent\":10}]}\n"), "{fetched}");
    let others = ask(connect(served), "/.swath/fetched?view=0123456789abcdef0123456789abcdef", "");
    assert!(others.starts_with("HTTP/1.1 404"), "{others}");
    let mut plain = Running::start(swath.command(&["serve", "--listen", "127.0.0.1:0", "--demo"]));
    let page = ask(connect(plain.address()), "/clip-front.mp4?play", "");
    assert!(page.contains("id=\"gauge\"") && !page.contains("filemap"), "no map without an inspector");
}
