//! Caps on connections: who waits, who is refused, and that places come back.

use std::io::Read;
use std::num::NonZeroUsize;
use std::time::Duration;

use swath_serve::exchange::Outcome;
use swath_serve::limits::Limits;

use crate::support::{Running, short, wait_for};

fn patient() -> Limits {
    let patient = Duration::from_secs(60);
    Limits { idle_time: patient, head_time: patient, crowded_idle_time: patient, ..short() }
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
fn idle_connections_make_room_when_all_places_are_taken() {
    let crowded_idle_time = Duration::from_millis(300);
    let limits = Limits { connections: NonZeroUsize::new(3), crowded_idle_time, ..patient() };
    let server = Running::start(limits);
    let (mut idle, mut silent, mut busy) = (server.connect(), server.connect(), server.connect());
    idle.get("/idle");
    idle.reply();
    busy.get("/slow/60");
    busy.head();
    // Longer than a crowd allows: without one, nobody is hurried.
    std::thread::sleep(Duration::from_millis(500));
    idle.get("/idle");
    idle.reply();
    let mut waiting = server.connect();
    waiting.get("/waiting");
    assert_eq!(waiting.reply().text(), "/waiting");
    assert!(silent.rest().is_empty());
    busy.stream.read_exact(&mut [0; 60]).unwrap();
    // Once the crowd is over, nobody is hurried again.
    drop((idle, waiting, busy));
    std::thread::sleep(Duration::from_millis(1200));
    let mut calm = server.connect();
    calm.get("/calm");
    calm.reply();
    std::thread::sleep(Duration::from_millis(500));
    calm.get("/calm");
    assert_eq!(calm.reply().text(), "/calm");
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
