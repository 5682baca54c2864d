//! A screen of our own for browsers that cannot do without one.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use crate::{place, process::Started};

/// How long Xvfb may take to open its display.
const READY: Duration = Duration::from_secs(20);

/// An X server without a screen, on a display number that was free.
#[derive(Debug)]
pub struct Display {
    _server: Started,
    name: String,
}

impl Display {
    /// Starts Xvfb and waits until it says which display it took.
    pub fn open(logs: &Path) -> Self {
        let log = logs.join("xvfb.log");
        let errors = std::fs::File::create(&log).unwrap_or_else(|error| panic!("{}: {error}", log.display()));
        let mut command = Command::new(place::program("Xvfb"));
        // It picks the number itself and writes it when it accepts clients; nothing listens on TCP.
        command.args(["-displayfd", "1", "-screen", "0", "1280x900x24", "-nolisten", "tcp", "-noreset"]);
        command.stdout(Stdio::piped()).stderr(errors);
        let mut server = Started::spawn_with(&mut command, "Xvfb", log);
        let stdout = server.child().stdout.take().expect("standard output is piped");
        let (said, number) = mpsc::channel();
        thread::spawn(move || {
            let mut line = String::new();
            drop(BufReader::new(stdout).read_line(&mut line));
            drop(said.send(line.trim().to_owned()));
        });
        match number.recv_timeout(READY) {
            Ok(number) if !number.is_empty() => Self { _server: server, name: format!(":{number}") },
            _ => panic!("Xvfb opened no display: {}", server.describe()),
        }
    }

    /// Gives its name, for `DISPLAY`.
    pub fn name(&self) -> &str {
        &self.name
    }
}
