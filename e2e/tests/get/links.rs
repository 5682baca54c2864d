//! Two links of 100 and 10 Mbit/s between two hosts: together they bring what they can, and when one is cut the other goes on.
//!
//! Needs root, for network namespaces. Without it the tests say so, and fail where `CI` is set: there they have to run.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use swath_e2e::{
    clients::noise::noise,
    links::{LINKS, Links, SERVER},
    place::program,
    swath::{Swath, binary},
};

use super::asked::Getting;

/// How often both links are tried together.
const TRIES: usize = 5;
const RATES: [&str; 2] = ["100mbit", "10mbit"];
/// The same in octets a second, as TCP brings them.
const BRINGS: [u64; 2] = [11_900_000, 1_190_000];
const PORT: u16 = 8080;
/// What 110 Mbit/s bring in twelve seconds.
const LENGTH: usize = 165_000_000;

/// Builds the links, or says why that cannot be done.
fn links() -> Option<Links> {
    match Links::build(RATES) {
        Ok(links) => Some(links),
        Err(why) => {
            assert!(
                std::env::var_os("CI").is_none(),
                "the links were not built, and in CI they have to be: {why}"
            );
            // To the stream itself: what the macros print is kept back for tests that pass.
            drop(writeln!(std::io::stderr(), "NOT RUN: two links need root and network namespaces: {why}"));
            None
        }
    }
}

/// Starts a `swath serve` on the server's host.
fn serve(links: &Links, root: &Path) -> Swath {
    Swath::of(root).through(&links.to_server()).listen(&format!("{SERVER}:{PORT}")).start()
}

fn url() -> String {
    format!("http://{SERVER}:{PORT}/file.bin")
}

/// Octets a second that curl gets over one link within some seconds.
fn measured(links: &Links, link: &str) -> f64 {
    let words = [
        "-qs",
        "--interface",
        &format!("if!{link}"),
        "--max-time",
        "4",
        "-o",
        "/dev/null",
        "-w",
        "%{speed_download}",
        &url(),
    ];
    let output = links.on_client(program("curl")).args(words).output().expect("curl runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.trim().parse().unwrap_or_else(|_| panic!("curl over {link} said {text:?}"))
}

fn get(links: &Links, file: &Path) -> Command {
    let mut command = links.on_client(binary());
    command
        .args(["get", "--progress", "json", "--interface", LINKS[0], "--interface", LINKS[1], "-o"])
        .arg(file)
        .arg(url());
    command
}

#[test]
fn two_links_add_up() {
    let Some(links) = links() else { return };
    let root = tempfile::tempdir().expect("a folder");
    let content = noise(7, LENGTH);
    fs::write(root.path().join("file.bin"), &content).expect("a file");
    std::thread::sleep(Duration::from_millis(60));
    let _server = serve(&links, root.path());
    let file = root.path().join("got.bin");
    // Whatever else the machine does only takes away: the best of some runs is what the links and swath can.
    let share = (0..TRIES).map(|_| together(&links, &file, &content)).find(|(share, said)| {
        println!("{said}");
        *share >= 0.95
    });
    assert!(share.is_some(), "{TRIES} times less than 95 % of the sum");
}

/// What both links bring together, of what they bring one after the other; and the same in words.
fn together(links: &Links, file: &Path, content: &[u8]) -> (f64, String) {
    drop(fs::remove_file(file));
    let alone: Vec<f64> = LINKS.iter().map(|link| measured(links, link)).collect();
    let start = Instant::now();
    let output = get(links, file).output().expect("swath runs");
    let time = start.elapsed();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(fs::read(file).expect("a file") == content, "the octets are others");
    let together = LENGTH as f64 / time.as_secs_f64();
    let share = together / alone.iter().sum::<f64>();
    assert!(time >= Duration::from_secs(10), "too short to say anything: {time:?}");
    let percent = share * 100.0;
    let said =
        format!("alone {alone:.0?} B/s, together {together:.0} B/s in {time:.1?}: {percent:.1} % of the sum");
    (share, said)
}

/// After how long a link that fell silent has cost its part at the latest.
const SILENT: Duration = Duration::from_secs(10);
/// The same for a link whose device says that it has no carrier.
const UNPLUGGED: Duration = Duration::from_secs(5);

#[test]
fn a_link_that_is_cut_costs_its_ranges_and_no_restart() {
    println!("the fast one cut: over {:?} later", lose(0, Links::cut, SILENT));
    println!("the slow one cut: over {:?} later", lose(1, Links::cut, SILENT));
}

#[test]
fn a_cable_that_is_pulled_costs_its_ranges_and_no_restart() {
    println!("the fast one pulled: over {:?} later", lose(0, Links::pull, UNPLUGGED));
    println!("the slow one pulled: over {:?} later", lose(1, Links::pull, UNPLUGGED));
}

/// Fetches over both links, one of which is lost midway; how long it took from then on, if it could be tried.
///
/// That is at most what the other link needs for the rest, and `beyond`.
fn lose(lost: usize, how: fn(&Links, &str), beyond: Duration) -> Option<Duration> {
    let (links, link) = (links()?, LINKS[lost]);
    let root = tempfile::tempdir().expect("a folder");
    let content = noise(8, LENGTH / 8);
    fs::write(root.path().join("file.bin"), &content).expect("a file");
    std::thread::sleep(Duration::from_millis(60));
    let _server = serve(&links, root.path());
    let file = root.path().join("got.bin");
    let mut getting = Getting::start(&mut get(&links, &file));
    let held = getting.holds(content.len() as u64 / 4);
    how(&links, link);
    let start = Instant::now();
    let status = getting.end();
    let (time, story) = (start.elapsed(), getting.story());
    let limit = beyond + Duration::from_secs((content.len() as u64 - held) / BRINGS[1 - lost] + 1);
    assert!(time <= limit, "{link}: {time:?} later, limit {limit:?}: {story}");
    assert!(status.success(), "{link}: {story}");
    assert!(fs::read(&file).expect("a file") == content, "{link}: the octets are others");
    assert_eq!(story.matches("\"event\":\"began\"").count(), 1, "{link}: begun anew: {story}");
    Some(time)
}
