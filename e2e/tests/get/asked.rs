//! What `swath get --progress json` tells, read back.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use swath_e2e::{clients::program::command, swath::binary};

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
