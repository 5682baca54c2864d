//! Programs the tests start, each with its log, each ended with all that it started in turn.

use std::{
    fs::{self, File},
    net::TcpListener,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};

/// How often a condition that no file descriptor announces is looked at.
pub const LOOK_EVERY: Duration = Duration::from_millis(50);

/// A program that a test started, its output in a log file.
///
/// Dropping it kills it and every process descended from it: a browser puts its parts in process groups of their
/// own, so a group is not enough, and a name would hit processes that are not ours.
#[derive(Debug)]
pub struct Started {
    child: Child,
    name: String,
    log: PathBuf,
}

impl Started {
    /// Starts `command`, its standard output and error in `LOGS/NAME.log` unless the caller piped them.
    pub fn spawn(command: &mut Command, name: &str, logs: &Path) -> Self {
        let log = logs.join(format!("{name}.log"));
        let file =
            File::create(&log).unwrap_or_else(|error| panic!("cannot write {}: {error}", log.display()));
        let copy = file.try_clone().expect("a log's descriptor can be copied");
        Self::spawn_with(command.stdout(file).stderr(copy), name, log)
    }

    /// Starts `command` with the streams its caller chose; `log` is where a person should look when it fails.
    pub fn spawn_with(command: &mut Command, name: &str, log: PathBuf) -> Self {
        let child = command
            .stdin(Stdio::null())
            .process_group(0)
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {name} ({command:?}): {error}"));
        Self { child, name: name.to_owned(), log }
    }

    /// The process itself, for its pipes.
    pub fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Says whether it has ended, and how.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("a child can be waited for")
    }

    /// Asks it to end (SIGTERM) and waits at most `patience`; gives its exit status, or nothing if it went on.
    pub fn terminate(&mut self, patience: Duration) -> Option<ExitStatus> {
        signal(self.child.id(), Signal::TERM);
        let deadline = Instant::now() + patience;
        loop {
            if let Some(status) = self.ended() {
                return Some(status);
            }
            if Instant::now() >= deadline {
                return None;
            }
            std::thread::sleep(LOOK_EVERY);
        }
    }

    /// Gives its name and the end of its log, for the sentence of a failure.
    pub fn describe(&self) -> String {
        let text = fs::read(&self.log).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let tail: Vec<&str> = text.lines().rev().take(12).collect();
        let tail: Vec<&str> = tail.into_iter().rev().collect();
        format!("{} (log: {})\n{}", self.name, self.log.display(), tail.join("\n"))
    }

    /// Says of it and all that it started, a line each, what the first thread does or waits for: who stands still when nobody answers.
    pub fn stand(&self) -> String {
        let read = |id: u32, name: &str| fs::read_to_string(format!("/proc/{id}/{name}")).unwrap_or_default();
        let stand = |id: u32| {
            let (name, stat, waits) = (read(id, "comm"), read(id, "stat"), read(id, "wchan"));
            let state = stat.rsplit_once(") ").and_then(|(_, rest)| rest.chars().next()).unwrap_or('?');
            format!("  {id} {} {state} {waits}", name.trim())
        };
        family(self.child.id()).into_iter().map(stand).collect::<Vec<_>>().join("\n")
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        if self.ended().is_some() {
            return;
        }
        for id in family(self.child.id()) {
            signal(id, Signal::KILL);
        }
        drop(self.child.wait());
    }
}

/// Gives `id` and every process descended from it, the eldest first.
fn family(id: u32) -> Vec<u32> {
    let parents = parents();
    let mut family = vec![id];
    let mut next = 0;
    while let Some(&parent) = family.get(next) {
        family.extend(parents.iter().filter(|(_, of)| *of == parent).map(|(child, _)| *child));
        next += 1;
    }
    family
}

/// Reads (process, its parent) for all processes from `/proc`.
fn parents() -> Vec<(u32, u32)> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    entries.flatten().filter_map(|entry| parent_of(&entry.path())).collect()
}

fn parent_of(process: &Path) -> Option<(u32, u32)> {
    let id = process.file_name()?.to_str()?.parse().ok()?;
    let stat = fs::read_to_string(process.join("stat")).ok()?;
    // The second field is the program's name in brackets and may hold spaces and brackets: count from the last one.
    let (_, rest) = stat.rsplit_once(')')?;
    let parent = rest.split_whitespace().nth(1)?.parse().ok()?;
    Some((id, parent))
}

fn signal(id: u32, signal: Signal) {
    if let Some(pid) = i32::try_from(id).ok().and_then(Pid::from_raw) {
        // It may have ended in the meantime, which is what was wanted.
        let _ = kill_process(pid, signal);
    }
}

/// Gives a TCP port of the loopback that is free at this moment.
///
/// For programs that cannot be told to pick one and say which: they may still lose the race for it, so start
/// them again with another.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("the loopback has a free port");
    listener.local_addr().expect("a bound socket has an address").port()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dropping_ends_what_was_started_in_turn() {
        let logs = tempfile::tempdir().unwrap();
        let script = "setsid sleep 600 & echo $!; wait";
        let started = Started::spawn(Command::new("sh").args(["-c", script]), "parent", logs.path());
        let log = logs.path().join("parent.log");
        let deadline = Instant::now() + Duration::from_secs(10);
        let grandchild: u32 = loop {
            // The line is whole once its newline is there.
            if let Some(Ok(id)) = fs::read_to_string(&log).unwrap().strip_suffix('\n').map(str::parse) {
                break id;
            }
            assert!(Instant::now() < deadline, "the shell said nothing");
            std::thread::sleep(LOOK_EVERY);
        };
        assert!(family(started.id()).contains(&grandchild));
        drop(started);
        let gone = || {
            let stat = fs::read_to_string(format!("/proc/{grandchild}/stat"));
            // Until somebody reaps it, a killed orphan stays as a zombie.
            stat.map_or(true, |stat| stat.rsplit_once(')').is_some_and(|(_, rest)| rest.starts_with(" Z")))
        };
        while !gone() {
            assert!(Instant::now() < deadline, "process {grandchild} lives on");
            std::thread::sleep(LOOK_EVERY);
        }
    }
}
