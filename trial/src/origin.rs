//! The origin: listens, counts, and lets a row answer.
//!
//! In: a row. Out: a URL, and counts of what was asked.

use std::collections::HashMap;
use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use crate::{connection, content::content, pace::RATE, row::Row};

/// What the connections of one origin share.
pub(crate) struct Site {
    pub(crate) row: Row,
    pub(crate) stopped: AtomicBool,
    pub(crate) rate: u64,
    phase: AtomicUsize,
    requests: AtomicUsize,
    open: AtomicUsize,
    most: AtomicUsize,
    sent: AtomicU64,
    tallies: Mutex<HashMap<String, usize>>,
    asked: Mutex<Vec<String>>,
}

impl Site {
    pub(crate) fn new(row: &Row, rate: u64) -> Self {
        Self {
            row: *row,
            stopped: AtomicBool::new(false),
            rate,
            phase: AtomicUsize::new(0),
            requests: AtomicUsize::new(0),
            open: AtomicUsize::new(0),
            most: AtomicUsize::new(0),
            sent: AtomicU64::new(0),
            tallies: Mutex::default(),
            asked: Mutex::default(),
        }
    }

    /// Counts a connection that was opened.
    pub(crate) fn open_one(&self) {
        let open = self.open.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(open, Ordering::SeqCst);
    }

    /// Takes the next number, from 0, of the requests that count: those for content.
    pub(crate) fn number(&self, counts: bool) -> usize {
        if counts {
            self.requests.fetch_add(1, Ordering::SeqCst)
        } else {
            self.requests.load(Ordering::SeqCst)
        }
    }

    /// Says how often this was asked before under the same key.
    pub(crate) fn tally(&self, key: &str) -> usize {
        let mut tallies = self.tallies.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let count = tallies.entry(key.to_owned()).or_default();
        *count += 1;
        *count - 1
    }

    /// Says how often [`Origin::advance`] was called.
    pub(crate) fn phase(&self) -> usize {
        self.phase.load(Ordering::SeqCst)
    }

    /// Says how many connections are open.
    pub(crate) fn open(&self) -> usize {
        self.open.load(Ordering::SeqCst)
    }

    pub(crate) fn sent(&self, octets: usize) {
        self.sent.fetch_add(octets as u64, Ordering::Relaxed);
    }

    pub(crate) fn note(&self, request: String) {
        self.asked.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(request);
    }
}

/// What an origin saw.
#[derive(Clone, Debug)]
pub struct Counts {
    /// Requests for content.
    pub requests: usize,
    /// The most connections that were open at once.
    pub connections: usize,
    /// Octets of content that were sent.
    pub sent: u64,
    /// Each request: its connection, method, target, and what it said about ranges.
    pub asked: Vec<String>,
}

/// An origin on a free port of the loopback; stopped when it is dropped.
pub struct Origin {
    site: Arc<Site>,
    address: SocketAddr,
    listening: Option<JoinHandle<()>>,
}

impl Origin {
    /// Starts one.
    ///
    /// # Errors
    /// When the loopback has no free port.
    pub fn start(row: &Row) -> io::Result<Self> {
        Self::paced(row, RATE)
    }

    /// Starts one that sends so many octets a second over each connection.
    ///
    /// # Errors
    /// As [`Origin::start`].
    pub fn paced(row: &Row, rate: u64) -> io::Result<Self> {
        // Made before anybody waits for it.
        let _ = content();
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let address = listener.local_addr()?;
        let site = Arc::new(Site::new(row, rate));
        let ours = Arc::clone(&site);
        let listening = Some(std::thread::spawn(move || accept(&listener, &ours)));
        Ok(Self { site, address, listening })
    }

    /// The URL of the file.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}/file.bin", self.address)
    }

    /// Enters the next phase of its row: what happens to the file between two runs of a program.
    pub fn advance(&self) {
        self.site.phase.fetch_add(1, Ordering::SeqCst);
    }

    /// What it saw until now.
    #[must_use]
    pub fn counts(&self) -> Counts {
        Counts {
            requests: self.site.requests.load(Ordering::SeqCst),
            connections: self.site.most.load(Ordering::SeqCst),
            sent: self.site.sent.load(Ordering::SeqCst),
            asked: self.site.asked.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone(),
        }
    }
}

impl Drop for Origin {
    fn drop(&mut self) {
        self.site.stopped.store(true, Ordering::SeqCst);
        // Wakes the thread that waits for the next connection.
        drop(TcpStream::connect(self.address));
        if let Some(listening) = self.listening.take() {
            drop(listening.join());
        }
    }
}

fn accept(listener: &TcpListener, site: &Arc<Site>) {
    for (number, stream) in listener.incoming().enumerate() {
        if site.stopped.load(Ordering::SeqCst) {
            return;
        }
        let Ok(stream) = stream else { continue };
        let ours = Arc::clone(site);
        site.open_one();
        std::thread::spawn(move || {
            connection::serve(stream, &ours, number);
            ours.open.fetch_sub(1, Ordering::SeqCst);
        });
    }
}
