//! Files that change while they are sent, on both versions of HTTP.
//!
//! The peer takes the beginning, the file is changed, and the peer takes the rest: the old representation to its last octet, or a clean abort;
//! never a mixture, never padding.

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use swath_e2e::clients::noise::noise;
use swath_e2e::clients::site::Site;
use swath_e2e::clients::{h2, raw};
use swath_e2e::swath::Swath;
use swath_spec::multipart;

use crate::{PATIENCE, WELL, assert_well, stop};

/// More than what both kernels and the server's buffers hold together, so that most of it is still to be read when the file changes.
const LENGTH: usize = 32 << 20;

/// What becomes of the response.
#[derive(Clone, Copy)]
enum Becomes {
    /// All promised octets of the old representation, and this outcome.
    Complete(&'static str),
    /// An abort with this outcome.
    Aborted(&'static str),
}

/// One way to change a file.
struct Case {
    change: fn(&Path),
    arguments: &'static [&'static str],
    becomes: Becomes,
    /// Whether octets that were sent before the abort are those of the old representation: not promised for a file edited in place.
    keeps_its_octets: bool,
}

impl Case {
    fn new(change: fn(&Path), becomes: Becomes) -> Self {
        Self { change, arguments: &[], becomes, keeps_its_octets: true }
    }
}

fn truncated(path: &Path) {
    File::options().write(true).open(path).and_then(|file| file.set_len(1 << 20)).expect("truncates");
}

fn emptied_and_written_anew(path: &Path) {
    fs::write(path, noise(2, LENGTH)).expect("writes");
}

fn replaced_by_rename(path: &Path) {
    let new = path.with_extension("new");
    fs::write(&new, noise(2, LENGTH)).expect("writes");
    fs::rename(new, path).expect("renames");
}

fn deleted(path: &Path) {
    fs::remove_file(path).expect("removes");
}

fn appended(path: &Path) {
    File::options().append(true).open(path).and_then(|mut file| file.write_all(b"more")).expect("appends");
}

fn edited_in_place(path: &Path) {
    let file = File::options().write(true).open(path).expect("opens");
    file.write_all_at(b"changed", LENGTH as u64 - 100).expect("writes");
}

fn only_its_mode(path: &Path) {
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).expect("chmod");
}

#[test]
fn truncated_is_aborted() {
    both(&Case { keeps_its_octets: false, ..Case::new(truncated, Becomes::Aborted("truncated")) });
}

#[test]
fn written_anew_is_aborted() {
    both(&Case {
        keeps_its_octets: false,
        ..Case::new(emptied_and_written_anew, Becomes::Aborted("changed"))
    });
}

#[test]
fn replaced_by_rename_is_finished_as_it_was() {
    both(&Case::new(replaced_by_rename, Becomes::Complete("finished")));
}

#[test]
fn deleted_is_finished_as_it_was() {
    both(&Case::new(deleted, Becomes::Complete("finished")));
}

#[test]
fn a_change_of_mode_changes_nothing() {
    both(&Case::new(only_its_mode, Becomes::Complete("finished")));
}

#[test]
fn appended_to_under_a_strong_validator_is_aborted() {
    both(&Case::new(appended, Becomes::Aborted("changed")));
}

#[test]
fn appended_to_without_a_strong_validator_is_finished_as_promised() {
    both(&Case { arguments: &["--etag", "none"], ..Case::new(appended, Becomes::Complete("grew")) });
}

#[test]
fn edited_in_place_is_aborted() {
    both(&Case { keeps_its_octets: false, ..Case::new(edited_in_place, Becomes::Aborted("changed")) });
}

/// Says at its end, come how it may, that something is done.
struct Done<'a>(&'a AtomicBool);

impl Drop for Done<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn while_a_file_is_replaced_again_and_again_each_answer_is_of_one_version() {
    const LENGTH: usize = 300_000;
    let site = Site::new();
    fs::write(site.file("well.txt"), WELL).expect("writes");
    let versions = [noise(1, LENGTH), noise(2, LENGTH)];
    let replace = |round: usize| {
        fs::write(site.file("next"), &versions[round % 2]).expect("writes");
        fs::rename(site.file("next"), site.file("data.bin")).expect("renames");
    };
    replace(0);
    let server = site.serve().start();
    let done = AtomicBool::new(false);
    let (seen, cuts) = std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut round = 1;
            while !done.load(Ordering::Relaxed) {
                replace(round);
                round += 1;
            }
        });
        // A failure below ends the replacing too, or it would never be told.
        let _done = Done(&done);
        let mut seen = [0; 2];
        let mut peer = raw::Raw::connect(server.address());
        // A file that is opened in the very moment in which it loses its name may be cut off: one in thousands, more where the server loses
        // the processor in that moment; never a mixture.
        let mut cuts = 0;
        while seen[0] + seen[1] < 200 {
            peer.get("/data.bin", "Range: bytes=0-99,100000-100099,-100\r\n");
            let answers = peer.answer().and_then(|parts| {
                peer.get("/data.bin", "");
                Ok((parts, peer.answer()?))
            });
            let Ok((parts, whole)) = answers else {
                cuts += 1;
                assert!(cuts <= 20, "answers are cut off");
                peer = raw::Raw::connect(server.address());
                continue;
            };
            assert_eq!(parts.status, 206);
            let version = versions
                .iter()
                .position(|version| *version == whole.content)
                .expect("one version, not a mixture");
            seen[version] += 1;
            let of = |version: &[u8]| {
                [&version[..100], &version[100_000..100_100], &version[LENGTH - 100..]].map(<[u8]>::to_vec)
            };
            let boundary = multipart::boundary(parts.field("content-type").unwrap_or_default().as_bytes())
                .expect("parts");
            let read = multipart::read(&parts.content, boundary).expect("parts");
            let octets: Vec<_> = read.iter().map(|part| part.octets.to_vec()).collect();
            assert!(versions.iter().any(|version| octets == of(version)), "all parts of one version");
        }
        (seen, cuts)
    });
    assert!(seen.iter().all(|count| *count > 0), "both versions were met: {seen:?}");
    let records = stop(server);
    let unfinished: Vec<_> = records.iter().filter(|record| record.outcome != "finished").collect();
    assert!(unfinished.iter().all(|record| record.outcome == "changed"), "{unfinished:#?}");
    assert_eq!(unfinished.len(), cuts, "{unfinished:#?}");
}

fn both(case: &Case) {
    over(case, "HTTP/1.1", http_1);
    over(case, "HTTP/2", http_2);
}

/// What a peer got: octets, and whether they were declared complete.
type Got = (Vec<u8>, bool);

fn over(case: &Case, version: &str, exchange: impl FnOnce(&Swath, &dyn Fn()) -> Got) {
    let site = Site::new();
    fs::write(site.file("well.txt"), WELL).expect("writes");
    let octets = site.noise("data.bin", LENGTH);
    if case.arguments.contains(&"none") {
        // Without an entity tag an old date would be a strong validator; one of tomorrow is none.
        let tomorrow = SystemTime::now() + Duration::from_secs(86_400);
        File::options()
            .write(true)
            .open(site.file("data.bin"))
            .and_then(|file| file.set_modified(tomorrow))
            .expect("dates");
    }
    let server = site.serve().args(case.arguments).start();
    let (got, complete) = exchange(&server, &|| (case.change)(&site.file("data.bin")));
    if case.keeps_its_octets {
        assert!(octets.starts_with(&got), "{version}: each octet is one of the old representation");
    }
    let outcome = match case.becomes {
        Becomes::Complete(outcome) => {
            assert!(complete && got.len() == LENGTH, "{version}: complete, not {} octets", got.len());
            outcome
        }
        Becomes::Aborted(outcome) => {
            assert!(
                !complete && got.len() < LENGTH,
                "{version}: aborted, not {} octets that look complete",
                got.len()
            );
            outcome
        }
    };
    let _ = server.wait_for("record of the file", PATIENCE, |records| {
        records.iter().any(|record| record.is_for("/data.bin"))
    });
    assert_well(&server);
    let records = stop(server);
    assert_eq!(records.len(), 1, "{version}: {records:#?}");
    assert_eq!(
        (records[0].outcome.as_str(), records[0].bytes_planned),
        (outcome, LENGTH as u64),
        "{version}: {records:#?}"
    );
    assert_eq!(records[0].bytes_sent == records[0].bytes_planned, complete, "{version}: {records:#?}");
}

fn http_1(server: &Swath, change: &dyn Fn()) -> Got {
    let mut peer = raw::Raw::connect_with_buffer(server.address(), 64 * 1024);
    peer.get("/data.bin", "Connection: close\r\n");
    assert_eq!(peer.head().expect("a head").status, 200);
    let mut octets = peer.exactly(50_000).expect("the beginning");
    change();
    let (rest, end) = peer.rest();
    octets.extend(rest);
    let complete = octets.len() == LENGTH;
    assert_eq!(
        end,
        if complete { raw::End::Closed } else { raw::End::Reset },
        "after {} octets",
        octets.len()
    );
    (octets, complete)
}

fn http_2(server: &Swath, change: &dyn Fn()) -> Got {
    h2::block_on(async {
        let mut connection = h2::Connection::to(server.address()).await;
        let mut content = connection.get("/data.bin", &[]).await.into_body();
        let piece = h2::first_piece(&mut content).await;
        change();
        let (rest, end) = h2::rest(&mut content, piece.len()).await;
        // One stream's end is not the connection's.
        let mut again = connection.get("/well.txt", &[]).await.into_body();
        assert_eq!(h2::rest(&mut again, 0).await, (WELL.to_vec(), h2::End::Finished));
        ([&piece[..], &rest].concat(), end == h2::End::Finished)
    })
}
