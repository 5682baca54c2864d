//! A `swath serve` of the test's own.
//!
//! In: what [`Launch`] takes. Out: its addresses once it says that it is ready, its exchange records as they come, and, when it is
//! stopped, all of them.

mod binary;
mod exchange;
mod launch;
mod said;

use std::net::SocketAddr;
use std::path::Path;
use std::process::Child;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use self::said::address_in;
pub use self::{binary::binary, exchange::Exchange, launch::Launch};

/// How long a server may take to say that it is ready, or to leave after SIGTERM beyond its grace.
///
/// Generous: the machine may have two cores and several browsers to feed at the time.
const PATIENCE: Duration = Duration::from_secs(20);

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
        Launch::of(root.as_ref())
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
