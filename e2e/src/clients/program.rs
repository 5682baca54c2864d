//! One program, run to its end within a time.
//!
//! In: a command. Out: its exit status, stdout and stderr. A program that overstays is killed, by its own handle, and the test fails.

use std::ffi::OsStr;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How long a client may take: many times what any of them needs on a machine that is busy.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// What a program left behind.
#[derive(Debug)]
pub struct Finished {
    /// The command, for messages.
    pub command: String,
    /// How it ended.
    pub status: ExitStatus,
    /// What it wrote to stdout.
    pub stdout: Vec<u8>,
    /// What it wrote to stderr, as text.
    pub stderr: String,
}

impl Finished {
    /// Asserts that the program succeeded, and gives its stdout.
    ///
    /// # Panics
    ///
    /// With the command and all of its words, if it failed.
    #[must_use]
    pub fn succeeded(self) -> Vec<u8> {
        assert!(self.status.success(), "{}: {}\n{}", self.command, self.status, self.stderr);
        self.stdout
    }

    /// The same, with stdout as text.
    ///
    /// # Panics
    ///
    /// As [`Finished::succeeded`], or if stdout is not UTF-8.
    #[must_use]
    pub fn text(self) -> String {
        String::from_utf8(self.succeeded()).expect("the program writes UTF-8")
    }

    /// The exit code.
    ///
    /// # Panics
    ///
    /// If a signal ended the program.
    #[must_use]
    pub fn code(&self) -> i32 {
        self.status
            .code()
            .unwrap_or_else(|| panic!("{} was ended by a signal: {}", self.command, self.stderr))
    }
}

/// Builds a command from a program and its arguments.
pub fn command<A: AsRef<OsStr>>(
    program: impl AsRef<OsStr>,
    arguments: impl IntoIterator<Item = A>,
) -> Command {
    let mut command = Command::new(program);
    command.args(arguments);
    // A proxy in the environment would stand between the client and the server under test.
    for name in ["http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"] {
        command.env_remove(name);
    }
    command
}

/// Runs a program to its end.
///
/// # Panics
///
/// If it cannot be started (it is missing: `e2e/setup.sh` installs it), or does not end within [`PATIENCE`].
pub fn run<A: AsRef<OsStr>>(program: impl AsRef<OsStr>, arguments: impl IntoIterator<Item = A>) -> Finished {
    run_command(&mut command(program, arguments))
}

/// Runs a command to its end; see [`run`].
///
/// # Panics
///
/// As [`run`].
pub fn run_command(command: &mut Command) -> Finished {
    run_command_within(PATIENCE, command)
}

/// Runs a command to its end, for so long: for those with more to do than others.
///
/// # Panics
///
/// As [`run`], after a time of its own.
pub fn run_command_within(patience: Duration, command: &mut Command) -> Finished {
    let words = format!("{command:?}");
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|why| panic!("{words}: {why} (e2e/setup.sh installs what the tests need)"));
    let stdout = collect(child.stdout.take().expect("stdout is piped"));
    let stderr = collect(child.stderr.take().expect("stderr is piped"));
    let status = await_end(&mut child, &words, patience);
    let stdout = stdout.join().expect("a collector does not panic");
    let stderr = String::from_utf8_lossy(&stderr.join().expect("a collector does not panic")).into_owned();
    Finished { command: words, status, stdout, stderr }
}

/// The `node` scripts of these tests.
#[must_use]
pub fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("js").join(name)
}

/// The Python of the tests' own virtual environment, and a script of theirs.
#[must_use]
pub fn python(name: &str) -> (PathBuf, PathBuf) {
    let home = Path::new(env!("CARGO_MANIFEST_DIR"));
    (home.join(".work/venv/bin/python"), home.join("py").join(name))
}

fn await_end(child: &mut Child, words: &str, patience: Duration) -> ExitStatus {
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait().expect("a child can be asked") {
            return status;
        }
        if start.elapsed() > patience {
            let _ = child.kill();
            let _ = child.wait();
            panic!("{words}: still running after {patience:?}");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn collect(mut stream: impl Read + Send + 'static) -> JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut octets = Vec::new();
        // What was read before an error is still worth showing.
        let _ = stream.read_to_end(&mut octets);
        octets
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_and_code_come_back() {
        let finished = run("sh", ["-c", "echo out; echo err >&2; exit 3"]);
        assert_eq!(
            (finished.code(), finished.stdout.as_slice(), finished.stderr.as_str()),
            (3, &b"out\n"[..], "err\n")
        );
    }
}
