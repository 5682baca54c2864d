//! The stop: what is under way is finished, what is idle is closed, and what outlasts the grace is cut.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use swath_serve::exchange::Outcome;
use swath_serve::limits::Limits;
use swath_serve::listen::{Inherited, ListenAddress};
use swath_serve::server::ServerOptions;

use crate::support::{Running, short, wait_for};

#[test]
fn a_response_under_way_is_finished_and_idle_connections_close() {
    let mut server = Running::start(Limits { grace: Duration::from_secs(10), ..short() });
    let (mut idle, mut fresh, mut busy) = (server.connect(), server.connect(), server.connect());
    idle.get("/idle");
    idle.reply();
    busy.get("/slow/50");
    busy.head();
    server.stop();
    assert!(idle.rest().is_empty());
    assert!(fresh.rest().is_empty());
    wait_for("the listener to close", || TcpStream::connect(server.address).is_err());
    let mut content = Vec::new();
    busy.stream.read_to_end(&mut content).unwrap();
    assert_eq!(content.len(), 50);
    let took = server.stopped();
    assert!(took < Duration::from_secs(5), "{took:?}");
    assert_eq!(server.seen.exchanges(2)[1], (Outcome::Finished, 50));
    assert!(server.notices.lock().unwrap().is_empty());
}

#[test]
fn a_response_that_outlasts_the_grace_is_cut() {
    let mut server = Running::start(short());
    let mut busy = server.connect();
    busy.get("/slow/100000");
    busy.head();
    server.stop();
    let took = server.stopped();
    assert!(took >= Duration::from_millis(550) && took < Duration::from_secs(8), "{took:?}");
    assert!(busy.until_reset().0, "a response that was cut looked complete");
    let (outcome, sent) = server.seen.exchanges(1)[0];
    assert_eq!(outcome, Outcome::ShutDown);
    assert!(sent < 100_000);
    assert!(server.notices.lock().unwrap()[0].contains("grace is over"));
}

#[test]
fn a_request_whose_answer_is_being_made_is_answered_with_close() {
    let mut server = Running::start(Limits { grace: Duration::from_secs(10), ..short() });
    let mut busy = server.connect();
    busy.get("/late/500");
    std::thread::sleep(Duration::from_millis(150));
    server.stop();
    let reply = busy.reply();
    assert_eq!((reply.text(), reply.field("connection")), ("/late/500", Some("close")));
    assert!(busy.rest().is_empty());
    server.stopped();
}

#[test]
fn several_listeners_serve_beside_each_other() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("s.sock");
    let passed = TcpListener::bind("[::1]:0").unwrap();
    let passed_address = passed.local_addr().unwrap();
    let listen = vec!["127.0.0.1:0".parse().unwrap(), ListenAddress::Unix(path.clone())];
    let inherited = vec![Inherited::Tcp(passed)];
    let mut server =
        Running::with(ServerOptions { listen, inherited, limits: short(), ..ServerOptions::default() });
    let mut client = server.connect();
    client.get("/four");
    assert_eq!(client.reply().text(), "/four");
    let mut unix = UnixStream::connect(&path).unwrap();
    ask(&mut unix, "/unix");
    let mut six = TcpStream::connect(passed_address).unwrap();
    ask(&mut six, "/six");
    let clients = server.seen.clients.lock().unwrap().clone();
    assert_eq!(clients[1], "unix");
    assert!(clients[2].starts_with("[::1]:"), "{clients:?}");
    server.stop();
    server.stopped();
    assert!(!path.exists());
}

fn ask(stream: &mut (impl Read + Write), path: &str) {
    write!(stream, "GET {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n").unwrap();
    let mut reply = String::new();
    stream.read_to_string(&mut reply).unwrap();
    assert!(reply.ends_with(path), "{reply}");
}

#[test]
fn a_response_cut_on_a_unix_socket_is_short() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("s.sock");
    let listen = vec![ListenAddress::Unix(path.clone())];
    let server = Running::with(ServerOptions { listen, limits: short(), ..ServerOptions::default() });
    let mut unix = UnixStream::connect(&path).unwrap();
    write!(unix, "GET /cut/5000 HTTP/1.1\r\nHost: test\r\n\r\n").unwrap();
    let mut reply = Vec::new();
    let _ = unix.read_to_end(&mut reply);
    assert!(reply.len() < 6000, "{}", reply.len());
    assert_eq!(server.seen.exchanges(1)[0].0, Outcome::Changed);
}
