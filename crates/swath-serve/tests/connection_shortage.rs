//! Want of descriptors: the server waits, says so once, and goes on when there are some again.
//!
//! A program of its own, as it lowers its own limit.

#[path = "connection/support/mod.rs"]
#[allow(dead_code, unused_imports)]
mod support;

use std::fs::File;
use std::io::Read;
use std::num::NonZeroUsize;
use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use support::{Running, short, wait_for};
use swath_serve::limits::Limits;

/// Descriptors this program has open.
fn open() -> u64 {
    std::fs::read_dir("/proc/self/fd").unwrap().count() as u64
}

#[test]
fn want_of_descriptors_is_survived() {
    // More connections than the descriptors allow, as when files take their share.
    let connections = NonZeroUsize::new(10_000);
    let patient = Duration::from_secs(60);
    let server = Running::start(Limits { connections, idle_time: patient, head_time: patient, ..short() });
    let mut before = server.connect();
    before.get("/before");
    before.reply();
    // It is known to have been accepted: otherwise it would take the one descriptor that is left below.
    let mut waiting = server.connect();
    waiting.get("/accepted");
    waiting.reply();
    let hard = getrlimit(Resource::Nofile).maximum;
    setrlimit(Resource::Nofile, Rlimit { current: Some(open() + 20), maximum: hard }).unwrap();
    let mut hogs = Vec::new();
    while let Ok(hog) = File::open("/dev/null") {
        hogs.push(hog);
    }
    // The kernel completes this connection from the backlog; the server has no descriptor for it.
    hogs.pop();
    let mut late = server.connect();
    late.get("/late");
    wait_for("the notice", || {
        server.notices.lock().unwrap().iter().any(|notice| notice.contains("Too many open files"))
    });
    // Whoever is inside is served as before.
    before.get("/inside");
    assert_eq!(before.reply().text(), "/inside");
    waiting.get("/waiting");
    late.stream.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
    assert!(late.stream.read(&mut [0]).is_err(), "served without a descriptor");
    drop(hogs);
    late.stream.set_read_timeout(Some(support::PATIENCE)).unwrap();
    assert_eq!(late.reply().text(), "/late");
    assert_eq!(waiting.reply().text(), "/waiting");
    let notices = server.notices.lock().unwrap().clone();
    assert_eq!(notices.len(), 2, "{notices:?}");
    assert_eq!(notices[1], "connections are accepted again");
}
