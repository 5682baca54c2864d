//! Downloads that are interrupted and taken up again, while the file is what it was, or not.
//!
//! In: a program, a case. Out: a verdict about the second run. The origin is slow here, so that there is something to interrupt.

use std::fs;
use std::io;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::{
    Answer, Ending, Origin, Row, Turn, Verdict, content,
    programs::Program,
    run::{PATIENCE, Running, judge},
};

/// Octets a second over one connection: eight of them need one second.
const SLOW: u64 = 2 << 20;

/// When the first run ends.
const INTERRUPTED: Duration = Duration::from_millis(500);

/// How the first run ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// By what a terminal's Ctrl-C sends: a program may save what it knows.
    Interrupted,
    /// By SIGKILL.
    Killed,
}

const EITHER: &[Ending] = &[Ending::First, Ending::Second, Ending::Shorter, Ending::Grown];

/// What becomes of the file between the runs.
pub const CASES: &[Row] = &[
    case("unchanged", "unchanged", |turn| turn.honest()),
    case("replaced", "replaced, same length, another strong ETag", |turn| {
        turn.about(if turn.phase() == 0 { &content().first } else { &content().second })
    }),
    case("replaced-untagged", "replaced, same length, another date, no ETag", |turn| {
        turn.about(&if turn.phase() == 0 { &content().first } else { &content().second }.tagged(None))
    }),
    case("replaced-unmarked", "replaced, same length, no validators", |turn| {
        turn.about(
            &if turn.phase() == 0 { &content().first } else { &content().second }.tagged(None).undated(),
        )
    }),
    case("shorter", "replaced by a shorter one", |turn| {
        turn.about(if turn.phase() == 0 { &content().first } else { &content().shorter })
    }),
    case("grown", "grown by 1 MiB", |turn| {
        turn.about(if turn.phase() == 0 { &content().first } else { &content().grown })
    }),
];

/// A file that is replaced, to and fro, each time the origin advances.
pub const REPLACED_NOW_AND_THEN: Row = case("replaced-now-and-then", "replaced now and then", |turn| {
    turn.about(if turn.phase() % 2 == 0 { &content().first } else { &content().second })
});

const fn case(key: &'static str, says: &'static str, answer: fn(&Turn<'_>) -> Answer) -> Row {
    Row::new(key, says, answer).ending(EITHER)
}

/// Runs a program, interrupts it, lets the file become what the case says, and runs it again.
///
/// # Errors
/// When there is no port, no folder, or no such program.
pub fn resume(program: &Program, case: &Row, how: How) -> io::Result<Verdict> {
    let folder = tempfile::Builder::new().prefix("swath-trial-").tempdir()?;
    let file = folder.path().join("got.bin");
    let said = folder.path().join("said.txt");
    let origin = Origin::paced(case, SLOW)?;
    let url = origin.url();
    let first = Running::start(&mut program.command(program.resume, &url, &file), &said)?;
    std::thread::sleep(INTERRUPTED);
    first.signal(if how == How::Killed { Signal::KILL } else { Signal::INT });
    // A program that saves what it knows ends soon after.
    first.wait(Duration::from_secs(5))?;
    origin.advance();
    let before = origin.counts().sent;
    let start = Instant::now();
    let ended = Running::start(&mut program.command(program.resume, &url, &file), &said)?.wait(PATIENCE)?;
    let time = start.elapsed();
    let outcome = judge(ended, &file);
    let mut counts = origin.counts();
    counts.sent -= before;
    Ok(Verdict { outcome, time, counts, said: fs::read_to_string(&said).unwrap_or_default() })
}
