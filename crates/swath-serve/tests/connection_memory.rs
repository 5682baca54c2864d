//! What a crowd costs: 2,000 idle connections and 200 slow readers at once.
//!
//! A program of its own, whose clients are a child process, so that only the server's memory is measured.

#[path = "connection/support/mod.rs"]
#[allow(dead_code, unused_imports)]
mod support;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use support::{Running, short};
use swath_serve::limits::Limits;

const IDLE: usize = 2_000;
const SLOW: usize = 200;

/// The most resident memory the crowd may add, in MiB: 8 KiB for each idle connection's next head, one
/// piece of content and a head for each slow reader, and as much again for bookkeeping and the allocator.
const BOUND: u64 = 64;

/// The environment variable that makes this program the crowd.
const CROWD: &str = "SWATH_TEST_CROWD";

/// Returns the resident memory of this process, in KiB.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[test]
fn a_crowd_costs_a_bounded_amount() {
    if let Ok(address) = std::env::var(CROWD) {
        return crowd(address.parse().unwrap());
    }
    let patient = Duration::from_secs(120);
    let limits =
        Limits { idle_time: patient, head_time: patient, stalled_write_time: patient, ..Limits::default() };
    let server = Running::start(Limits { grace: short().grace, ..limits });
    let mut first = server.connect();
    first.get("/bytes/1000000");
    first.reply();
    let before = resident();
    let mut child = gather(server.address);
    let mut said = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(said.by_ref().map_while(Result::ok).any(|line| line.contains("gathered")));
    let cost = resident().saturating_sub(before) / 1024;
    // The server still answers at once.
    first.get("/still");
    assert_eq!(first.reply().text(), "/still");
    drop(child.stdin.take());
    said.by_ref().for_each(drop);
    assert!(child.wait().unwrap().success());
    println!("{IDLE} idle connections and {SLOW} slow readers cost {cost} MiB");
    assert!(
        cost <= BOUND,
        "{IDLE} idle connections and {SLOW} slow readers cost {cost} MiB, more than {BOUND}"
    );
    // Both kinds were really served.
    assert!(server.seen.clients.lock().unwrap().len() >= IDLE + SLOW);
}

fn gather(address: SocketAddr) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "a_crowd_costs_a_bounded_amount", "--nocapture"])
        .env(CROWD, address.to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Connects them all, then waits for the end of its input.
fn crowd(address: SocketAddr) {
    Limits::raise_descriptors();
    let mut idle: Vec<_> = (0..IDLE).map(|_| TcpStream::connect(address).unwrap()).collect();
    for stream in &mut idle {
        stream.write_all(b"GET /one HTTP/1.1\r\nHost: test\r\n\r\n").unwrap();
    }
    for stream in &mut idle {
        let mut reply = [0; 1024];
        assert!(stream.read(&mut reply).unwrap() > 0);
    }
    let mut slow: Vec<_> = (0..SLOW).map(|_| TcpStream::connect(address).unwrap()).collect();
    for stream in &mut slow {
        stream.write_all(b"GET /bytes/1000000000 HTTP/1.1\r\nHost: test\r\n\r\n").unwrap();
    }
    // A little of each, so that each is under way and then waits.
    for _ in 0..3 {
        for stream in &mut slow {
            stream.read_exact(&mut [0; 10_000]).unwrap();
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    std::io::stdout().write_all(b"gathered\n").unwrap();
    let _ = std::io::stdin().read(&mut [0]);
}
