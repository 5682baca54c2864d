//! A `swath serve` of the test's own.
//!
//! In: a root, arguments, and at need a program to start it through (`prlimit`, `setpriv`).
//! Out: its addresses once it says that it is ready, its exchange records as they come, and, when it is stopped, all of them.
//!
//! The binary is the release build in the target folder of the running test (or `SWATH_BIN`); it is never built from here.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// How long a server may take to say that it is ready, or to leave after SIGTERM beyond its grace.
///
/// Generous: the machine may have two cores and several browsers to feed at the time.
const PATIENCE: Duration = Duration::from_secs(20);

/// One line of `--log json`.
#[derive(Clone, Debug, serde::Deserialize)]
pub struct Exchange {
    /// When the request came, as the log writes it.
    #[serde(default)]
    pub time: serde_json::Value,
    /// Who asked, as the log names them.
    pub peer: String,
    /// The request's method; absent for a head that could not be read.
    #[serde(default)]
    pub method: Option<String>,
    /// The request's target; absent for a head that could not be read.
    #[serde(default)]
    pub target: Option<String>,
    /// The Range field as it was received.
    #[serde(default)]
    pub range: Option<String>,
    /// The If-Range field as it was received.
    #[serde(default)]
    pub if_range: Option<String>,
    /// The status of the answer; absent where none was sent.
    #[serde(default)]
    pub status: Option<u16>,
    /// The Content-Range field of the answer.
    #[serde(default)]
    pub content_range: Option<String>,
    /// The key of the reason for the decision.
    #[serde(default)]
    pub because: Option<String>,
    /// Octets of content that the answer promised.
    #[serde(default)]
    pub bytes_planned: u64,
    /// Octets of content that were handed over.
    #[serde(default)]
    pub bytes_sent: u64,
    /// How the exchange ended.
    pub outcome: String,
    /// How long it took.
    #[serde(default)]
    pub millis: f64,
}

impl Exchange {
    /// Tells whether the target, without its query, is `path`.
    #[must_use]
    pub fn is_for(&self, path: &str) -> bool {
        self.target.as_deref().is_some_and(|target| target.split('?').next() == Some(path))
    }
}

/// What to start: see [`Swath::of`].
pub struct Launch {
    through: Vec<OsString>,
    root: PathBuf,
    listen: Vec<String>,
    arguments: Vec<OsString>,
    logs: Option<PathBuf>,
}

impl Launch {
    /// Adds one argument.
    #[must_use]
    pub fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.arguments.push(argument.as_ref().to_owned());
        self
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<A: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.arguments.extend(arguments.into_iter().map(|argument| argument.as_ref().to_owned()));
        self
    }

    /// Listens on `address` (repeatable; without one, on a free port of 127.0.0.1).
    #[must_use]
    pub fn listen(mut self, address: &str) -> Self {
        self.listen.push(address.to_owned());
        self
    }

    /// Starts the server by way of a program that executes its arguments, `prlimit` or `setpriv` for example.
    #[must_use]
    pub fn through(mut self, words: &[&str]) -> Self {
        self.through = words.iter().map(OsString::from).collect();
        self
    }

    /// Also writes what the server says into `folder`: `records.jsonl` and `swath.log`, for people to read when a test fails.
    #[must_use]
    pub fn logs(mut self, folder: &Path) -> Self {
        self.logs = Some(folder.to_owned());
        self
    }

    /// Starts the server and waits until it is ready.
    ///
    /// # Panics
    ///
    /// With everything the server said, if it ends or stays silent instead.
    #[must_use]
    pub fn start(self) -> Swath {
        let listeners = self.listen.len().max(1);
        let mut child = self.command().spawn().expect("the server starts");
        let records = Arc::new(Mutex::new(Vec::new()));
        let notes = Arc::new(Mutex::new(Vec::new()));
        let readers = vec![
            follow(
                child.stdout.take().expect("stdout is piped"),
                &records,
                self.log("records.jsonl"),
                |line| {
                    serde_json::from_str::<Exchange>(&line)
                        .unwrap_or_else(|why| panic!("a record that is none ({why}): {line}"))
                },
            ),
            follow(child.stderr.take().expect("stderr is piped"), &notes, self.log("swath.log"), |line| line),
        ];
        let mut swath = Swath { child, addresses: Vec::new(), records, notes, readers };
        swath.await_ready(listeners);
        swath
    }

    fn log(&self, name: &str) -> Option<File> {
        let path = self.logs.as_ref()?.join(name);
        Some(File::create(&path).unwrap_or_else(|why| panic!("{}: {why}", path.display())))
    }

    fn command(&self) -> Command {
        let mut words: Vec<OsString> = self.through.clone();
        words.push(binary().into_os_string());
        words.push("serve".into());
        words.extend(["--log", "json"].map(OsString::from));
        if self.listen.is_empty() {
            words.extend(["--listen", "127.0.0.1:0"].map(OsString::from));
        }
        for address in &self.listen {
            words.extend(["--listen".into(), OsString::from(address)]);
        }
        words.extend(self.arguments.iter().cloned());
        if !self.root.as_os_str().is_empty() {
            words.push(self.root.clone().into_os_string());
        }
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        for (name, _) in std::env::vars_os() {
            // Settings of whoever runs the tests must not leak into the server under test.
            if name.to_string_lossy().starts_with("SWATH_") {
                command.env_remove(name);
            }
        }
        command
    }
}

/// A running `swath serve`; killed if it is dropped before [`Swath::stop`].
pub struct Swath {
    child: Child,
    addresses: Vec<String>,
    records: Arc<Mutex<Vec<Exchange>>>,
    notes: Arc<Mutex<Vec<String>>>,
    readers: Vec<JoinHandle<()>>,
}

impl Swath {
    /// Prepares to serve `root`, with the log in JSON, on a free port of 127.0.0.1 unless told otherwise.
    ///
    /// An empty path gives no root argument at all, for `--demo`.
    #[must_use]
    pub fn of(root: impl AsRef<Path>) -> Launch {
        Launch {
            through: Vec::new(),
            root: root.as_ref().to_owned(),
            listen: Vec::new(),
            arguments: Vec::new(),
            logs: None,
        }
    }

    /// The base of the first listener, without a final slash: `http://127.0.0.1:40001`.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.addresses[0]
    }

    /// The bases of all listeners, in the order in which the server named them.
    #[must_use]
    pub fn bases(&self) -> &[String] {
        &self.addresses
    }

    /// The URL of `path` (which starts with a slash) at the first listener.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base())
    }

    /// The socket address of the first listener.
    ///
    /// # Panics
    ///
    /// If it is not a literal address.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        let authority = self.base().split("://").nth(1).expect("a base has a scheme");
        authority.parse().unwrap_or_else(|why| panic!("{authority}: {why}"))
    }

    /// The server's process, for looks into /proc.
    #[must_use]
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// The records so far.
    ///
    /// # Panics
    ///
    /// If the reader of records has panicked.
    #[must_use]
    pub fn records(&self) -> Vec<Exchange> {
        self.records.lock().expect("records are readable").clone()
    }

    /// All that the server has said on stderr so far.
    ///
    /// # Panics
    ///
    /// If the reader of stderr has panicked.
    #[must_use]
    pub fn notes(&self) -> String {
        self.notes.lock().expect("notes are readable").join("\n")
    }

    /// Waits until the records satisfy `enough`, and gives them.
    ///
    /// # Panics
    ///
    /// If they do not within `patience`; says what was awaited and what was there.
    pub fn wait_for(
        &self,
        what: &str,
        patience: Duration,
        enough: impl Fn(&[Exchange]) -> bool,
    ) -> Vec<Exchange> {
        let start = Instant::now();
        loop {
            let records = self.records();
            if enough(&records) {
                return records;
            }
            assert!(
                start.elapsed() < patience,
                "no {what} within {patience:?}; records: {records:#?}\nstderr: {}",
                self.notes()
            );
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Tells whether the process still runs.
    ///
    /// # Panics
    ///
    /// If its state cannot be asked.
    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().expect("the child can be asked").is_none()
    }

    /// Sends SIGTERM, waits for the end, asserts exit code 0, and gives every record.
    ///
    /// # Panics
    ///
    /// If the server has to be killed or ends with another code.
    #[must_use]
    pub fn stop(mut self) -> Vec<Exchange> {
        assert!(self.is_running(), "the server had ended before it was stopped; stderr: {}", self.notes());
        kill_process(Pid::from_child(&self.child), Signal::TERM).expect("SIGTERM is delivered to the child");
        let start = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("the child can be asked") {
                break status;
            }
            assert!(
                start.elapsed() < PATIENCE,
                "no end within {PATIENCE:?} of SIGTERM; stderr: {}",
                self.notes()
            );
            std::thread::sleep(Duration::from_millis(5));
        };
        for reader in self.readers.drain(..) {
            reader.join().expect("a reader of the server's output had no cause to panic");
        }
        assert!(status.success(), "SIGTERM ends in exit 0, not {status}; stderr: {}", self.notes());
        self.records()
    }

    fn await_ready(&mut self, listeners: usize) {
        let start = Instant::now();
        while self.addresses.len() < listeners {
            let ended = self.child.try_wait().expect("the child can be asked");
            self.addresses = self
                .notes
                .lock()
                .expect("notes are readable")
                .iter()
                .filter_map(|line| address_in(line))
                .collect();
            if self.addresses.len() >= listeners {
                return;
            }
            assert!(
                ended.is_none(),
                "the server ended ({ended:?}) before it was ready; stderr: {}",
                self.notes()
            );
            assert!(start.elapsed() < PATIENCE, "not ready within {PATIENCE:?}; stderr: {}", self.notes());
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Swath {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

/// Reads lines on a thread of their own until the stream ends; a copy goes to a file, if there is one.
fn follow<T: Send + 'static>(
    stream: impl Read + Send + 'static,
    into: &Arc<Mutex<Vec<T>>>,
    mut copy: Option<File>,
    read: impl Fn(String) -> T + Send + 'static,
) -> JoinHandle<()> {
    let into = Arc::clone(into);
    std::thread::spawn(move || {
        for line in BufReader::new(stream).lines() {
            let line = line.expect("the server writes UTF-8");
            if let Some(copy) = &mut copy {
                writeln!(copy, "{line}").expect("a log can be written");
            }
            let line = read(line);
            into.lock().expect("no holder of the lock panics").push(line);
        }
    })
}

/// The base URL in a ready line, `swath: serving ROOT at http://…/`.
fn address_in(line: &str) -> Option<String> {
    let rest = line.strip_prefix("swath: serving ")?;
    let (_, address) = rest.rsplit_once(" at ")?;
    Some(address.trim_end_matches('/').to_owned())
}

/// Where the binary under test lies: the release build, since sizes and times of a debug build say nothing.
pub fn binary() -> PathBuf {
    if let Some(path) = std::env::var_os("SWATH_BIN") {
        return path.into();
    }
    let test = std::env::current_exe().expect("the running test has a path");
    // target/PROFILE/deps/test-hash → target/release/swath
    let target = test.ancestors().nth(3).expect("a test lies three levels below the target folder");
    let binary = target.join("release/swath");
    assert!(binary.is_file(), "{} is missing: `make e2e` builds it", binary.display());
    binary
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ready_line_gives_the_base() {
        assert_eq!(
            address_in("swath: serving /srv/a at b at http://127.0.0.1:8206/").as_deref(),
            Some("http://127.0.0.1:8206")
        );
        assert_eq!(address_in("swath: warning: nothing"), None);
    }

    #[test]
    fn a_record_without_optional_fields_is_read() {
        let line = r#"{"time":"2026-01-01T00:00:00Z","peer":"127.0.0.1:1","outcome":"bad-head"}"#;
        let record: Exchange = serde_json::from_str(line).expect("reads");
        assert_eq!(record.outcome, "bad-head");
        assert_eq!(record.status, None);
    }
}
