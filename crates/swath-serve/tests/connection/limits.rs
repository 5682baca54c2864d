//! Caps on connections: who waits, who is refused, and that places come back.

use std::io::Read;
use std::num::NonZeroUsize;
use std::time::Duration;

use swath_serve::exchange::Outcome;
use swath_serve::limits::Limits;

use crate::support::{Running, short, wait_for};

fn patient() -> Limits {
    Limits { idle_time: Duration::from_secs(60), head_time: Duration::from_secs(60), ..short() }
}

#[test]
fn connections_beyond_the_cap_wait_and_are_served_later() {
    let server = Running::start(Limits { connections: NonZeroUsize::new(2), ..patient() });
    let (mut first, mut second) = (server.connect(), server.connect());
    for client in [&mut first, &mut second] {
        client.get("/in");
        client.reply();
    }
    let mut third = server.connect();
    third.get("/waiting");
    wait_for("the notice", || {
        server.notices.lock().unwrap().iter().any(|notice| notice.contains("as many as may be"))
    });
    third.stream.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
    assert!(third.stream.read(&mut [0]).is_err(), "a third connection was served beside two");
    third.stream.set_read_timeout(Some(crate::support::PATIENCE)).unwrap();
    drop(first);
    assert_eq!(third.reply().text(), "/waiting");
    // Those inside were not disturbed.
    second.get("/still");
    assert_eq!(second.reply().text(), "/still");
}

#[test]
fn one_peer_beyond_its_share_is_told_so() {
    let server = Running::start(Limits { connections_per_peer: NonZeroUsize::new(2), ..patient() });
    let (mut first, mut second) = (server.connect(), server.connect());
    for client in [&mut first, &mut second] {
        client.get("/in");
        client.reply();
    }
    let mut third = server.connect();
    third.get("/refused");
    let reply = third.reply();
    assert_eq!((reply.status(), reply.field("retry-after")), (503, Some("1")));
    assert!(third.rest().is_empty());
    assert_eq!(server.seen.refusals(1), [(Some(503), Outcome::Refused)]);
    drop(first);
    wait_for("a place", || {
        let mut fourth = server.connect();
        fourth.get("/in");
        fourth.reply().status() == 200
    });
}

#[test]
fn places_come_back_however_connections_end() {
    let server = Running::start(Limits { connections: NonZeroUsize::new(4), ..short() });
    for turn in 0..40 {
        let mut client = server.connect();
        match turn % 4 {
            0 => drop(client),
            1 => client.send("nonsense\r\n\r\n"),
            2 => client.get("/cut/10"),
            _ => {
                client.get("/fine");
                assert_eq!(client.reply().text(), "/fine");
            }
        }
    }
}
