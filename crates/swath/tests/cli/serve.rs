//! `swath serve` as a process: ready lines, records, sockets, settings, exit codes.

use std::{
    net::TcpListener,
    os::unix::net::{UnixDatagram, UnixStream},
    process::{Command, Stdio},
    time::Instant,
};

use rustix::process::Signal;

use crate::{
    certificate::certified,
    harness::{self, Swath},
    running::{PATIENCE, Running, ask, connect},
};

fn site() -> Swath {
    Swath::new().file("a.txt", "0123456789")
}

fn start(swath: &Swath, args: &[&str]) -> Running {
    Running::start(swath.command(&[&["serve", "--listen", "127.0.0.1:0"], args].concat()))
}

#[test]
fn a_line_says_where_it_serves_and_sigterm_ends_it_in_good_order() {
    let swath = site();
    let mut server = start(&swath, &[]);
    let address = server.address();
    assert_eq!(server.heard, [format!("swath: serving . at http://{address}/")]);
    let answer = ask(connect(address), "/a.txt", "Range: bytes=2-4\r\n");
    assert!(
        answer.starts_with("HTTP/1.1 206 Partial Content\r\n") && answer.ends_with("\r\n\r\n234"),
        "{answer}"
    );
    server.signal(Signal::TERM);
    let (status, said) = server.wait();
    assert_eq!(status.code(), Some(0), "{said:#?}");
}

#[test]
fn every_listener_has_its_line() {
    let swath = site();
    let mut server = start(&swath, &["--listen", "[::1]:0", "--listen", "unix:socket"]);
    server.says("swath: serving . at unix:socket");
    assert_eq!(server.heard.len(), 3, "{:#?}", server.heard);
    assert!(server.heard[0].starts_with("swath: serving . at http://127.0.0.1:"));
    assert!(server.heard[1].starts_with("swath: serving . at http://[::1]:"));
    let stream = UnixStream::connect(swath.path().join("socket")).expect("it listens");
    assert!(ask(stream, "/a.txt", "").ends_with("0123456789"));
    server.signal(Signal::TERM);
    assert_eq!(server.wait().0.code(), Some(0));
    assert!(!swath.path().join("socket").exists(), "the socket's file is left behind");
}

#[test]
fn a_json_record_has_the_documented_keys() {
    let swath = site();
    let mut server = start(&swath, &["--log", "json"]);
    let address = server.address();
    ask(connect(address), "/a.txt", "Range: bytes=0-3\r\nIf-Range: \"old\"\r\n");
    let record: serde_json::Value = serde_json::from_str(&server.record()).expect("JSON");
    let keys: std::collections::BTreeSet<&str> =
        record.as_object().expect("an object").keys().map(String::as_str).collect();
    let documented = "time peer method target range if_range status content_range because section bytes_planned \
                      bytes_sent outcome millis";
    assert_eq!(keys, documented.split_whitespace().collect());
    assert_eq!(record["range"], "bytes=0-3");
    assert_eq!(record["if_range"], "\"old\"");
    assert_eq!(record["status"], 200);
    assert_eq!(record["because"], "if-range-tag-differs");
    assert_eq!(record["bytes_sent"], 10);
    assert_eq!(record["outcome"], "finished");
}

#[test]
fn log_off_writes_no_records_and_text_writes_one_line() {
    let swath = site();
    for (format, lines) in [("off", 0), ("text", 1)] {
        let mut server = start(&swath, &["--log", format]);
        let address = server.address();
        ask(connect(address), "/a.txt", "");
        if lines == 1 {
            let record = server.record();
            assert!(record.contains("/a.txt") && record.contains("200"), "{record}");
        }
        server.signal(Signal::TERM);
        let (status, said) = server.wait();
        assert_eq!(status.code(), Some(0), "{said:#?}");
    }
}

#[test]
fn records_nobody_reads_do_not_stop_the_server() {
    let swath = site();
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let mut command = swath.command(&["serve", "--listen", "127.0.0.1:0"]);
    let mut child = command.stdout(writer).stderr(Stdio::piped()).spawn().expect("the binary runs");
    let mut line = String::new();
    let mut stderr = std::io::BufReader::new(child.stderr.take().expect("piped"));
    std::io::BufRead::read_line(&mut stderr, &mut line).expect("the ready line");
    let address = line
        .trim()
        .rsplit_once("http://")
        .expect("a URL")
        .1
        .trim_end_matches('/')
        .parse()
        .expect("an address");
    for _ in 0..3 {
        assert!(ask(connect(address), "/a.txt", "").ends_with("0123456789"));
    }
    child.kill().expect("it still runs");
    child.wait().expect("it ends");
}

#[test]
fn sockets_are_taken_from_the_service_manager_and_it_is_told() {
    let swath = site();
    let socket = TcpListener::bind("127.0.0.1:0").expect("a socket");
    let address = socket.local_addr().expect("an address");
    let manager = UnixDatagram::bind(swath.path().join("notify")).expect("a socket");
    manager.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    // The shell puts the socket where systemd would, and its own id, which the server inherits, where it belongs.
    let mut command = Command::new("sh");
    command
        .args(["-c", "exec 3<&0 </dev/null; LISTEN_PID=$$ LISTEN_FDS=1 exec \"$0\" serve"])
        .arg(harness::binary())
        .env_clear()
        .env("NOTIFY_SOCKET", swath.path().join("notify"))
        .current_dir(swath.path())
        .stdin(Stdio::from(std::os::fd::OwnedFd::from(socket)));
    let mut server = Running::start(command);
    assert_eq!(server.address(), address, "the default address is not opened besides");
    assert!(told(&manager).contains("READY=1"));
    assert!(ask(connect(address), "/a.txt", "").ends_with("0123456789"));
    server.signal(Signal::HUP);
    let reloading = told(&manager);
    assert!(reloading.contains("RELOADING=1") && reloading.contains("MONOTONIC_USEC="), "{reloading}");
    assert!(told(&manager).contains("READY=1"));
    server.signal(Signal::TERM);
    assert!(told(&manager).contains("STOPPING=1"));
    assert_eq!(server.wait().0.code(), Some(0));
}

fn told(manager: &UnixDatagram) -> String {
    let mut message = [0; 4096];
    let length = manager.recv(&mut message).expect("a notification");
    String::from_utf8_lossy(&message[..length]).into_owned()
}

#[test]
fn a_file_the_environment_and_the_command_line_all_count() {
    let swath = site().file(
        "swath.toml",
        "listen = \"127.0.0.1:0\"\nlog = \"off\"\nno-ranges = true\ncache-control = \"max-age=60\"\n",
    );
    let swath = swath.env("SWATH_LOG", "json").env("SWATH_CACHE_CONTROL", "max-age=120");
    let args = ["serve", "--config", "swath.toml", "--cache-control", "no-cache"];
    let mut server = Running::start(swath.command(&args));
    let address = server.address();
    let answer = ask(connect(address), "/a.txt", "Range: bytes=0-3\r\n").to_lowercase();
    assert!(answer.starts_with("http/1.1 200"), "the file switches ranges off: {answer}");
    assert!(
        answer.contains("\r\naccept-ranges: none\r\n") && answer.contains("\r\ncache-control: no-cache\r\n")
    );
    assert!(server.record().starts_with('{'), "the environment asks for JSON");
}

#[test]
fn what_ends_early_with_success_is_warned_of_at_the_start() {
    let swath = site();
    let mut server = start(&swath, &["--max-open-range", "4MiB", "--partial-first", "1MiB"]);
    server.address();
    let said = server.heard.join("\n");
    for (flag, tools) in [("--max-open-range", "curl -C -"), ("--partial-first", "wget -c")] {
        let warning = said.lines().find(|line| line.contains(flag)).expect(flag);
        assert!(warning.contains("warning") && warning.contains(tools), "{warning}");
    }
}

#[test]
fn metrics_have_a_listener_of_their_own() {
    let swath = site();
    let mut server = start(&swath, &["--metrics", "127.0.0.1:0"]);
    let (address, metrics) = (server.address(), server.metrics());
    ask(connect(address), "/a.txt", "Range: bytes=0-3\r\n");
    server.record();
    let _idle = connect(address);
    let opened = |answer: &str| answer.contains("\nswath_connections_total 2\n");
    let mut answer = ask(connect(metrics), "/metrics", "");
    let until = Instant::now() + PATIENCE;
    while !opened(&answer) && Instant::now() < until {
        answer = ask(connect(metrics), "/metrics", "");
    }
    assert!(opened(&answer), "connections are counted: {answer}");
    assert!(answer.contains("satisfied") && answer.ends_with("# EOF\n"), "{answer}");
}

#[test]
fn the_demo_says_what_to_try() {
    let swath = Swath::new();
    let mut server = start(&swath, &["--demo"]);
    let address = server.address();
    server.says(&format!("http://{address}/clip-front.mp4"));
    server.says("curl ");
    let answer = ask(connect(address), "/clip-front.mp4", "Range: bytes=4-7\r\n");
    assert!(answer.starts_with("HTTP/1.1 206") && answer.ends_with("ftyp"), "{answer}");
}

/// Starts what cannot serve and gives the exit code with what was said.
fn refused(swath: &Swath, args: &[&str]) -> (Option<i32>, String) {
    let (status, said) = Running::start(swath.command(&[&["serve"], args].concat())).wait();
    (status.code(), said.join("\n"))
}

#[test]
fn a_port_in_use_is_named_with_a_cure() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a socket");
    let address = taken.local_addr().expect("an address").to_string();
    let (code, said) = refused(&site(), &["--listen", &address]);
    assert_eq!(code, Some(1));
    assert!(said.starts_with("swath: ") && said.contains(&address) && said.contains("port"), "{said}");
    let (code, said) = refused(&site(), &["--listen", "127.0.0.1:0", "--metrics", &address]);
    assert_eq!(code, Some(1));
    assert!(said.starts_with("swath: --metrics: ") && said.contains(&address), "{said}");
}

#[test]
fn a_missing_root_is_named() {
    let (code, said) = refused(&site(), &["nowhere", "--listen", "127.0.0.1:0"]);
    assert_eq!(code, Some(1));
    assert!(said.starts_with("swath: ") && said.contains("nowhere"), "{said}");
}

#[test]
fn certificates_that_cannot_be_used_say_why() {
    let swath = certified(site());
    let key_of_another = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let swath = swath.file("other.pem", key_of_another.signing_key.serialize_pem()).file("empty.pem", "");
    for (cert, key, named) in [
        ("missing.pem", "key.pem", "missing.pem"),
        ("empty.pem", "key.pem", "empty.pem"),
        ("cert.pem", "cert.pem", "no private key"),
        ("cert.pem", "other.pem", "do not go together"),
    ] {
        let args = ["--listen", "127.0.0.1:0", "--tls-cert", cert, "--tls-key", key];
        let (code, said) = refused(&swath, &args);
        assert_eq!(code, Some(1), "{cert} {key}");
        assert!(said.starts_with("swath: ") && said.contains(named), "{said}");
    }
}
