//! How a server is started.
//!
//! In: a root, arguments, and at need a program to start it through (`prlimit`, `setpriv`). Out: the server, once it says that it is ready.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use super::{Exchange, Swath, binary, said::follow};

/// What to start: see [`Swath::of`].
pub struct Launch {
    through: Vec<OsString>,
    root: PathBuf,
    listen: Vec<String>,
    arguments: Vec<OsString>,
    logs: Option<PathBuf>,
}

impl Launch {
    pub(super) fn of(root: &Path) -> Self {
        Self {
            through: Vec::new(),
            root: root.to_owned(),
            listen: Vec::new(),
            arguments: Vec::new(),
            logs: None,
        }
    }

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
