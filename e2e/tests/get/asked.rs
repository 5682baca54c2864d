//! What `swath get --progress json` tells, read back.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::{Command, ExitStatus};
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::Value;
use swath_e2e::{
    clients::program::{PATIENCE, command},
    swath::binary,
};
use swath_trial::run::Running;
use tempfile::NamedTempFile;

/// `swath get --progress json`, with the words of the test and at last the URL.
pub(crate) fn get(words: &[&str], file: &Path, url: &str) -> Command {
    let mut command = command(binary(), ["get", "--progress", "json"]);
    command.args(words).arg("-o").arg(file).arg(url);
    command
}

/// The events of a run: lines that are JSON.
pub(crate) fn events(output: &[u8]) -> Vec<Value> {
    String::from_utf8_lossy(output).lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

/// Octets of content that came in a run, by its own last line.
pub(crate) fn received(events: &[Value]) -> Option<u64> {
    events.iter().rev().find(|event| event["event"] == "done")?["received"].as_u64()
}

/// A command of swath with words of the test.
pub(crate) fn swath<A: AsRef<OsStr>>(words: impl IntoIterator<Item = A>) -> Command {
    command(binary(), words)
}

/// A `swath get` under way, and what it has told so far.
pub(crate) struct Getting {
    running: Running,
    said: NamedTempFile,
}

impl Getting {
    /// Starts a command of [`get`].
    pub(crate) fn start(command: &mut Command) -> Self {
        let said = NamedTempFile::new().expect("a file");
        Self { running: Running::start(command, said.path()).expect("swath starts"), said }
    }

    /// All that it has told.
    pub(crate) fn story(&self) -> String {
        fs::read_to_string(self.said.path()).expect("what it told can be read")
    }

    /// Waits until it holds so many octets by its own account; gives how many those are.
    pub(crate) fn holds(&self, least: u64) -> u64 {
        let start = Instant::now();
        loop {
            let story = self.story();
            let held = |event: &Value| event["held"].as_u64().filter(|held| *held >= least);
            if let Some(held) = events(story.as_bytes()).iter().rev().find_map(held) {
                return held;
            }
            assert!(start.elapsed() < PATIENCE, "{least} octets are not there after {PATIENCE:?}:\n{story}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        self.running.signal(signal);
    }

    /// Waits for its end.
    pub(crate) fn end(&mut self) -> ExitStatus {
        let ended = self.running.look_for(PATIENCE).expect("a child can be waited for");
        ended.unwrap_or_else(|| panic!("not over after {PATIENCE:?}:\n{}", self.story()))
    }
}
