//! A process that is killed while it writes: what it said was written, is.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use bytes::Bytes;
use swath_fetch::Sink;
use swath_fetch::disk::Disk;

use crate::journal_text::Lines;
use crate::{about, open, place};

const CHILD: &str = "SWATH_TEST_KILLED_CHILD";
const PIECE: u64 = 8 * 1024;
const PIECES: u64 = 4096;

fn piece(number: u64) -> Bytes {
    let octets: Vec<u8> = (0..PIECE).map(|at| u8::try_from((number * 31 + at * 7) % 251).unwrap()).collect();
    Bytes::from(octets)
}

#[test]
fn what_was_written_and_recorded_survives_a_kill() {
    for delay in [0, 3, 11, 23] {
        let directory = tempfile::tempdir().unwrap();
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "killed::child", "--nocapture"])
            .env(CHILD, directory.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let mut told: Vec<String> =
            lines.by_ref().find(|line| line.starts_with("written ")).into_iter().collect();
        std::thread::sleep(Duration::from_millis(delay));
        child.kill().unwrap();
        child.wait().unwrap();
        told.extend(lines.filter(|line| line.ends_with('.')));
        check(directory.path(), &told);
    }
}

fn check(directory: &Path, told: &[String]) {
    let numbers = |word: &str| -> Vec<u64> {
        told.iter().filter_map(|line| line.strip_prefix(word)?.strip_suffix('.')?.parse().ok()).collect()
    };
    let (disk, found) = open(directory);
    let journal = found.journal.expect("a journal from the first moment on");
    let written = numbers("written ");
    assert!(!written.is_empty());
    for number in written {
        assert!(disk.equals(1, number * PIECE, &[piece(number)]).unwrap(), "piece {number}");
    }
    assert!(journal.held.len() >= numbers("recorded ").len(), "a record was lost");
    for held in &journal.held {
        for number in held.range.first() / PIECE..=held.range.last() / PIECE {
            assert!(disk.equals(1, number * PIECE, &[piece(number)]).unwrap(), "held piece {number}");
        }
    }
}

/// Writes until it is killed, and tells each step after it was done; by itself it does nothing.
#[test]
fn child() {
    let Some(directory) = std::env::var_os(CHILD) else { return };
    let (disk, _) = Disk::open(place(Path::new(&directory))).unwrap();
    let (mut lines, head) = Lines::head(1, PIECES * PIECE);
    disk.start(1, &head, Some(PIECES * PIECE), false, &about()).unwrap();
    let mut out = std::io::stdout().lock();
    for number in 0..PIECES {
        disk.write(1, number * PIECE, &[piece(number)]).unwrap();
        writeln!(out, "written {number}.").unwrap();
        if number % 16 == 15 {
            disk.sync(1).unwrap();
            disk.record(1, &lines.held((number - 15) * PIECE, (number + 1) * PIECE - 1)).unwrap();
            writeln!(out, "recorded {number}.").unwrap();
        }
    }
    std::thread::sleep(Duration::from_secs(10));
}
