//! Starts `swath serve`, waits until it says it is ready, and listens to all it says until it ends.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read},
    net::{SocketAddr, TcpStream},
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc::{self, Receiver, RecvTimeoutError},
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};

/// Nothing here takes longer unless it hangs.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// A server under test; it is killed when dropped.
pub(crate) struct Running {
    child: Child,
    said: Receiver<String>,
    records: Receiver<String>,
    /// Every line on standard error so far.
    pub(crate) heard: Vec<String>,
}

impl Running {
    /// Starts it; it may say things before it is ready.
    pub(crate) fn start(mut command: Command) -> Self {
        let mut child =
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary runs");
        let said = lines(child.stderr.take().expect("piped"));
        let records = lines(child.stdout.take().expect("piped"));
        Self { child, said, records, heard: Vec::new() }
    }

    /// How many descriptors of it lead to this file.
    pub(crate) fn holds(&self, path: &Path) -> usize {
        let path = path.canonicalize().expect("a file");
        let descriptors = fs::read_dir(format!("/proc/{}/fd", self.child.id())).expect("its descriptors");
        descriptors
            .flatten()
            .filter(|one| fs::read_link(one.path()).is_ok_and(|target| target == path))
            .count()
    }

    /// Waits for a line on standard error that holds `part`.
    pub(crate) fn says(&mut self, part: &str) -> String {
        let until = Instant::now() + PATIENCE;
        loop {
            match self.said.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(line) => {
                    self.heard.push(line.clone());
                    if line.contains(part) {
                        return line;
                    }
                }
                Err(error) => panic!("waiting for {part:?}: {error}; heard {:#?}", self.heard),
            }
        }
    }

    /// Waits for the first ready line and gives the address in it.
    pub(crate) fn address(&mut self) -> SocketAddr {
        let line = self.says(" at http");
        let (_, url) = line.split_once("://").expect("a URL");
        url.trim_end_matches('/').parse().expect("an address and a port")
    }

    /// Waits for the line that tells where metrics are; it comes after the ready lines.
    pub(crate) fn metrics(&mut self) -> SocketAddr {
        let line = self.says("metrics at http://");
        let (_, url) = line.split_once("://").expect("a URL");
        url.trim_end_matches("/metrics").parse().expect("an address and a port")
    }

    /// Waits for the next record on standard output.
    pub(crate) fn record(&self) -> String {
        self.records.recv_timeout(PATIENCE).expect("a record")
    }

    /// Its number, for signals after its end may have come.
    pub(crate) fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        let pid = Pid::from_child(&self.child);
        kill_process(pid, signal).expect("it runs");
    }

    /// Waits for its end and gives what else it said on standard error.
    pub(crate) fn wait(mut self) -> (ExitStatus, Vec<String>) {
        let until = Instant::now() + PATIENCE;
        loop {
            match self.said.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(line) => self.heard.push(line),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => panic!("it does not end; heard {:#?}", self.heard),
            }
        }
        (self.child.wait().expect("it can be waited for"), std::mem::take(&mut self.heard))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn lines(from: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(from).lines() {
            if line.is_err() || sender.send(line.unwrap_or_default()).is_err() {
                break;
            }
        }
    });
    receiver
}

/// Sends a request that closes its connection and gives the whole answer.
pub(crate) fn ask(mut stream: impl Read + std::io::Write, target: &str, fields: &str) -> String {
    write!(stream, "GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{fields}\r\n")
        .expect("sent");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("an answer");
    String::from_utf8_lossy(&answer).into_owned()
}

/// Connects with a time limit on every read.
pub(crate) fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).expect("it listens");
    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    stream
}
