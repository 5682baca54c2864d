//! Peers that stop reading, and peers that vanish.

use swath_e2e::clients::h2;
use swath_e2e::clients::raw::{End, Raw};
use swath_e2e::clients::site::Site;
use swath_e2e::swath::{Exchange, Swath};

use crate::{PATIENCE, WELL, assert_well, stop};

const LENGTH: usize = 32 << 20;

fn site() -> Site {
    let site = Site::new();
    std::fs::write(site.file("well.txt"), WELL).expect("writes");
    site.noise("data.bin", LENGTH);
    site
}

/// Waits for the record of the large file, checks that it was cut short with this outcome, and that the server goes on.
#[track_caller]
fn assert_cut(server: Swath, outcome: &str) -> Exchange {
    let ended = |records: &[Exchange]| records.iter().any(|record| record.is_for("/data.bin"));
    let _ = server.wait_for("record of the large file", PATIENCE, ended);
    assert_well(&server);
    let mut records = stop(server);
    assert_eq!(records.len(), 1, "{records:#?}");
    let record = records.remove(0);
    assert_eq!(record.outcome, outcome, "{record:#?}");
    assert_eq!((record.status, record.bytes_planned), (Some(200), LENGTH as u64));
    assert!(record.bytes_sent < record.bytes_planned, "{record:#?}");
    record
}

#[test]
fn a_peer_that_stops_reading_is_cut_off() {
    let site = site();
    let server = site.serve().args(["--stall-timeout", "1s"]).start();
    let mut raw = Raw::connect_with_buffer(server.address(), 64 * 1024);
    raw.get("/data.bin", "");
    assert_eq!(raw.head().expect("a head").status, 200);
    let record = assert_cut(server, "stalled");
    assert!(record.millis >= 900.0 && record.millis < 10_000.0, "{record:#?}");
    let (octets, end) = raw.rest();
    assert_eq!(end, End::Reset, "a cut answer must not look complete ({} octets)", octets.len());
}

#[test]
fn a_stream_that_is_not_read_is_reset_and_its_connection_goes_on() {
    let site = site();
    let server = site.serve().args(["--stall-timeout", "1s"]).start();
    h2::block_on(async {
        let mut connection = h2::Connection::to(server.address()).await;
        let mut stalled = connection.get("/data.bin", &[]).await.into_body();
        let piece = h2::first_piece(&mut stalled).await;
        let (poll, well) = (std::time::Duration::from_millis(20), std::time::Instant::now());
        while server.records().is_empty() && well.elapsed() < PATIENCE {
            tokio::time::sleep(poll).await;
        }
        let (rest, end) = h2::rest(&mut stalled, piece.len()).await;
        assert!(matches!(end, h2::End::Reset(_)), "{end:?} after {} octets", rest.len());
        let mut again = connection.get("/well.txt", &[]).await.into_body();
        assert_eq!(h2::rest(&mut again, 0).await, (WELL.to_vec(), h2::End::Finished));
    });
    let _ = assert_cut(server, "stalled");
}

#[test]
fn a_peer_that_vanishes_in_the_middle_is_recorded_as_such() {
    let site = site();
    let server = site.serve().start();
    let mut raw = Raw::connect_with_buffer(server.address(), 64 * 1024);
    raw.get("/data.bin", "");
    assert_eq!(raw.head().expect("a head").status, 200);
    let _ = raw.exactly(100_000).expect("some of the content");
    drop(raw);
    let record = assert_cut(server, "aborted-by-peer");
    assert!(record.bytes_sent >= 100_000, "{record:#?}");
}

#[test]
fn a_stream_that_the_peer_resets_is_recorded_and_its_connection_goes_on() {
    let site = site();
    let server = site.serve().start();
    h2::block_on(async {
        let mut connection = h2::Connection::to(server.address()).await;
        let mut content = connection.get("/data.bin", &[]).await.into_body();
        let _ = h2::first_piece(&mut content).await;
        // RST_STREAM with CANCEL.
        drop(content);
        let mut again = connection.get("/well.txt", &[]).await.into_body();
        assert_eq!(h2::rest(&mut again, 0).await, (WELL.to_vec(), h2::End::Finished));
    });
    let _ = assert_cut(server, "aborted-by-peer");
}

#[test]
fn a_connection_of_many_streams_that_vanishes_leaves_a_record_of_each() {
    const STREAMS: usize = 20;
    let site = site();
    let server = site.serve().start();
    h2::block_on(async {
        let mut connection = h2::Connection::to(server.address()).await;
        let mut held = Vec::new();
        for _ in 0..STREAMS {
            held.push(connection.get("/data.bin", &[]).await);
        }
    });
    let records = server.wait_for("record of each stream", PATIENCE, |records| records.len() >= STREAMS);
    assert!(records.iter().all(|record| record.outcome == "aborted-by-peer"), "{records:#?}");
    assert_well(&server);
    assert_eq!(stop(server).len(), STREAMS);
}

#[test]
fn peers_that_leave_without_waiting_for_an_answer_do_no_harm() {
    let site = site();
    let server = site.serve().start();
    for _ in 0..50 {
        let mut raw = Raw::connect(server.address());
        raw.get("/data.bin", "");
        drop(raw);
        drop(Raw::connect(server.address()));
    }
    assert_well(&server);
    let records = stop(server);
    assert!(records.len() <= 50 && records.iter().all(|record| record.outcome != "finished"), "{records:#?}");
}
