//! What the system refuses the server: permission, and descriptors.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use swath_e2e::clients::raw::Raw;
use swath_e2e::clients::site::Site;

use crate::{WELL, assert_well, stop};

fn site() -> Site {
    let site = Site::new();
    fs::write(site.file("well.txt"), WELL).expect("writes");
    site
}

fn forbid(path: &Path) {
    fs::set_permissions(path, fs::Permissions::from_mode(0o000)).expect("chmod");
}

#[test]
fn what_may_not_be_read_is_forbidden() {
    let site = site();
    site.noise("data.bin", 1000);
    fs::create_dir(site.file("closed")).expect("a folder");
    fs::write(site.file("closed/inner.txt"), "inner").expect("writes");
    forbid(&site.file("data.bin"));
    forbid(&site.file("closed"));
    let launch = site.serve();
    // Root reads everything, unless it gives up the two capabilities that let it.
    let launch = if rustix::process::geteuid().is_root() {
        launch.through(&["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--"])
    } else {
        launch
    };
    let server = launch.start();
    for target in ["/data.bin", "/closed/", "/closed/inner.txt"] {
        let mut raw = Raw::connect(server.address());
        raw.get(target, "Range: bytes=0-9\r\nConnection: close\r\n");
        let answer = raw.answer().expect("an answer");
        assert_eq!(answer.status, 403, "{target}: {:?}", answer.fields);
        assert_eq!(answer.field("cache-control"), Some("no-store"), "{target}");
    }
    assert_well(&server);
    let records = stop(server);
    assert_eq!(records.len(), 3);
    assert!(
        records.iter().all(|record| record.status == Some(403) && record.outcome == "finished"),
        "{records:#?}"
    );
    // So that the folder can be removed by whoever runs the tests.
    fs::set_permissions(site.file("closed"), fs::Permissions::from_mode(0o700)).expect("chmod");
}

/// The descriptors that the starved server may open.
const DESCRIPTORS: usize = 64;

#[test]
fn descriptors_run_out_and_come_back() {
    let site = site();
    let octets = site.noise("data.bin", 1000);
    let limit = format!("--nofile={DESCRIPTORS}:{DESCRIPTORS}");
    // More connections than descriptors, against all advice: the shortage must then show, and do no lasting harm.
    let server = site.serve().args(["--connections-max", "1000"]).through(&["prlimit", &limit, "--"]).start();
    let mut peers: Vec<Raw> = (0..2 * DESCRIPTORS)
        .filter_map(|_| Raw::try_connect(server.address()).ok())
        .map(|raw| raw.patient_for(Duration::from_millis(300)))
        .collect();
    let (mut served, mut overloaded, mut waiting) = (0, 0, 0);
    for peer in &mut peers {
        if peer.send("GET /data.bin HTTP/1.1\r\nHost: a\r\n\r\n").is_err() {
            continue;
        }
        match peer.answer() {
            Ok(answer) if answer.status == 200 => {
                assert!(answer.content == octets);
                served += 1;
            }
            Ok(answer) => {
                assert_eq!(answer.status, 503, "the answer to a shortage");
                overloaded += 1;
            }
            Err(why) => {
                assert!(matches!(why.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut), "{why}");
                waiting += 1;
            }
        }
        // Half a minute of silence in all is enough; what waits shows after a few.
        if waiting > 5 {
            break;
        }
    }
    assert!(
        waiting + overloaded > 0,
        "{served} served: {DESCRIPTORS} descriptors were enough for twice as many connections"
    );
    drop(peers);
    let start = Instant::now();
    loop {
        let mut raw = Raw::connect(server.address()).patient_for(Duration::from_secs(2));
        raw.get("/well.txt", "Connection: close\r\n");
        if raw.answer().is_ok_and(|answer| answer.status == 200) {
            break;
        }
        assert!(
            start.elapsed() < crate::PATIENCE,
            "no answer after the shortage; stderr: {}",
            server.notes()
        );
    }
    let spent = cpu_time(server.process());
    assert!(spent < Duration::from_secs(3), "{spent:?} of CPU: a server short of descriptors must not spin");
    let records = stop(server);
    // Those who waited and left may have been answered in vain.
    let refused = records.iter().filter(|record| record.status == Some(503)).count();
    assert!(refused >= overloaded, "{refused} records of 503 for {overloaded} answers: {records:#?}");
}

/// The CPU time that a process has used, from /proc/PID/stat.
fn cpu_time(process: u32) -> Duration {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).expect("the server runs");
    // The command's name, in parentheses, may hold anything; utime and stime are fields 14 and 15.
    let after = stat.rsplit_once(')').expect("a name in parentheses").1;
    let ticks: u64 =
        after.split_whitespace().skip(11).take(2).map(|field| field.parse::<u64>().expect("ticks")).sum();
    // USER_HZ is 100 on every Linux that Rust supports.
    Duration::from_millis(ticks * 10)
}
