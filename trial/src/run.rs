//! One program, one row, one verdict.
//!
//! In: a command and an origin. Out: how it ended, what it left, how long it took.

use std::fs;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

use crate::{Counts, Ending, Origin, Row, content, programs::Program};

/// How long a program may take before it counts as one that hangs: ten times what its slowest honest row needs.
pub const PATIENCE: Duration = Duration::from_secs(25);

/// How often a program is looked at: finer than what the table shows.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Exit code 0, and the file is one whole representation.
    Whole(Ending),
    /// Exit code 0, and the file is none, or none that the origin ever had.
    Silent,
    /// Another exit code.
    Failed(i32),
    /// It was ended after its time.
    Hung,
}

/// What one program made of one row.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// How it ended.
    pub outcome: Outcome,
    /// After how long.
    pub time: Duration,
    /// What the origin saw.
    pub counts: Counts,
    /// What the program said.
    pub said: String,
}

impl Verdict {
    /// Says whether a row allows for such an ending of swath.
    #[must_use]
    pub fn is_right(&self, row: &Row) -> bool {
        row.right.iter().any(|ending| match (ending, self.outcome) {
            (Ending::Failed(codes), Outcome::Failed(code)) => codes.contains(&code),
            (ending, Outcome::Whole(which)) => *ending == which,
            _ => false,
        })
    }
}

/// Runs a program against an origin of its own.
///
/// # Errors
/// When there is no port, no folder, or no such program.
pub fn fetch(program: &Program, row: &Row) -> io::Result<Verdict> {
    let folder = tempfile::Builder::new().prefix("swath-trial-").tempdir()?;
    let file = folder.path().join("got.bin");
    let origin = Origin::start(row)?;
    let command = &mut program.command(program.fetch, &origin.url(), &file);
    let said = folder.path().join("said.txt");
    let start = Instant::now();
    let ended = Running::start(command, &said)?.wait(PATIENCE)?;
    let time = start.elapsed();
    let outcome = judge(ended, &file);
    Ok(Verdict {
        outcome,
        time,
        counts: origin.counts(),
        said: fs::read_to_string(&said).unwrap_or_default(),
    })
}

/// What an exit status and a file amount to.
#[must_use]
pub fn judge(ended: Option<ExitStatus>, file: &Path) -> Outcome {
    match ended.map(|status| status.code().unwrap_or(-1)) {
        None => Outcome::Hung,
        Some(0) => which(file).map_or(Outcome::Silent, Outcome::Whole),
        Some(code) => Outcome::Failed(code),
    }
}

/// Which representation a file is.
fn which(file: &Path) -> Option<Ending> {
    let octets = fs::read(file).ok()?;
    let held = content();
    let known = [
        (&held.first, Ending::First),
        (&held.second, Ending::Second),
        (&held.shorter, Ending::Shorter),
        (&held.grown, Ending::Grown),
        (&held.coded, Ending::Coded),
    ];
    known.into_iter().find(|(version, _)| version.content == octets).map(|(_, ending)| ending)
}

/// A program that runs, in a process group of its own; ended when dropped.
pub struct Running {
    child: Child,
}

impl Running {
    /// Starts it, what it says going to a file.
    ///
    /// # Errors
    /// When there is no such program.
    pub fn start(command: &mut Command, said: &Path) -> io::Result<Self> {
        let said = fs::File::create(said)?;
        let child = command
            .stdin(Stdio::null())
            .stdout(said.try_clone()?)
            .stderr(said)
            .process_group(0)
            .spawn()
            .map_err(|why| io::Error::new(why.kind(), format!("{command:?}: {why}")))?;
        Ok(Self { child })
    }

    /// Waits for its end, for so long; then it is killed, with what it started.
    ///
    /// # Errors
    /// When the system does not say how it ended.
    pub fn wait(mut self, patience: Duration) -> io::Result<Option<ExitStatus>> {
        self.look_for(patience)
    }

    /// Looks for its end, for so long.
    ///
    /// # Errors
    /// As [`Running::wait`].
    pub fn look_for(&mut self, patience: Duration) -> io::Result<Option<ExitStatus>> {
        let start = Instant::now();
        while start.elapsed() < patience {
            if let Some(status) = self.child.try_wait()? {
                return Ok(Some(status));
            }
            std::thread::sleep(LOOK_EVERY);
        }
        Ok(None)
    }

    /// Sends a signal to it and what it started.
    pub fn signal(&self, signal: Signal) {
        let group = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        // It may be over already, which is what a signal is for here.
        let _ = group.map(|group| kill_process_group(group, signal));
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if !matches!(self.child.try_wait(), Ok(Some(_))) {
            self.signal(Signal::KILL);
            drop(self.child.wait());
        }
    }
}
