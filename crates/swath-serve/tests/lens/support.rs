//! An origin that answers with given octets, a lens before it, and a client of raw octets.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use swath_serve::buffers::Buffers;
use swath_serve::exchange::{Exchange, Recorder, Sink};
use swath_serve::lens::{Lens, LensOptions, Trust};
use swath_serve::limits::Limits;
use swath_serve::server::{Server, ServerOptions};
use tokio::sync::oneshot;

/// How long anything is waited for before a test fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// How long the lens waits for its origin here.
pub(crate) const ORIGIN_PATIENCE: Duration = Duration::from_millis(500);

/// What was recorded.
#[derive(Default)]
struct Seen(Mutex<Vec<Exchange>>);

impl Sink for Seen {
    fn record(&self, exchange: &Arc<Exchange>) {
        self.0.lock().unwrap().push(Exchange::clone(exchange));
    }
}

/// Listens, and does the same with each connection, on a thread of its own: `serve` gets the request's head.
pub(crate) fn origin(serve: impl Fn(TcpStream, String) + Send + Sync + 'static) -> Origin {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (heads, asked) = mpsc::channel();
    let connections = Arc::new(AtomicUsize::new(0));
    let (serve, counted) = (Arc::new(serve), Arc::clone(&connections));
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut stream, serve, heads) = (stream.unwrap(), Arc::clone(&serve), heads.clone());
            counted.fetch_add(1, Ordering::SeqCst);
            thread::spawn(move || {
                stream.set_read_timeout(Some(PATIENCE)).unwrap();
                let Some(head) = read_head(&mut stream) else { return };
                // The test may not want to know.
                let _ = heads.send(head.clone());
                serve(stream, head);
            });
        }
    });
    Origin { address, asked, connections }
}

/// An origin that answers each request with these octets and closes.
pub(crate) fn saying(octets: impl AsRef<[u8]>) -> Origin {
    let octets = octets.as_ref().to_vec();
    origin(move |mut stream, _| {
        // A lens that has seen enough may have let go.
        let _ = stream.write_all(&octets);
    })
}

/// The origin, as a test sees it.
pub(crate) struct Origin {
    pub(crate) address: SocketAddr,
    asked: Receiver<String>,
    pub(crate) connections: Arc<AtomicUsize>,
}

impl Origin {
    /// The head of the next request that reached it.
    pub(crate) fn asked(&self) -> String {
        self.asked.recv_timeout(PATIENCE).unwrap()
    }
}

pub(crate) fn read_head(stream: &mut impl Read) -> Option<String> {
    let (mut head, mut octet) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        if stream.read(&mut octet).ok()? == 0 {
            return None;
        }
        head.push(octet[0]);
    }
    String::from_utf8(head).ok()
}

/// A lens that runs until it is dropped.
pub(crate) struct Through {
    pub(crate) address: SocketAddr,
    seen: Arc<Seen>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<io::Result<()>>>,
}

impl Through {
    /// Before the origin's root.
    pub(crate) fn to(origin: &Origin) -> Through {
        Through::with(&format!("http://{}/", origin.address), Trust::System)
    }

    pub(crate) fn with(url: &str, trust: Trust) -> Through {
        let seen = Arc::new(Seen::default());
        let lens = Lens::new(LensOptions {
            origin: url.parse().unwrap(),
            trust,
            patience: ORIGIN_PATIENCE,
            recorder: Recorder::new(vec![Arc::clone(&seen) as Arc<dyn Sink>], None),
            buffers: Arc::new(Buffers::default()),
        });
        let lens = Arc::new(lens.unwrap());
        let bound = Server::bind(ServerOptions {
            listen: vec!["127.0.0.1:0".parse().unwrap()],
            limits: Limits { grace: Duration::from_millis(200), ..Limits::default() },
            threads: std::num::NonZeroUsize::new(1),
            ..ServerOptions::default()
        })
        .unwrap();
        let address = bound.addresses().find_map(|address| address.socket_address()).unwrap();
        let (stop, stopped) = oneshot::channel();
        let thread = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(bound.run(lens, async {
                let _ = stopped.await;
            }))
        });
        Through { address, seen, stop: Some(stop), thread: Some(thread) }
    }

    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    /// Sends a request's head and reads until the end, or the reset.
    pub(crate) fn exchange(&self, head: &str) -> (String, io::Result<()>) {
        let mut stream = self.connect();
        stream.write_all(head.as_bytes()).unwrap();
        let mut octets = Vec::new();
        let end = stream.read_to_end(&mut octets).map(drop);
        (String::from_utf8_lossy(&octets).into_owned(), end)
    }

    /// Asks for a path, with these further fields, and reads the whole answer.
    pub(crate) fn ask(&self, method: &str, target: &str, fields: &str) -> String {
        let head = format!("{method} {target} HTTP/1.1\r\nHost: lens\r\nConnection: close\r\n{fields}\r\n");
        let (answer, end) = self.exchange(&head);
        end.unwrap();
        answer
    }

    /// Waits until this many exchanges were recorded, and gives the last of them.
    pub(crate) fn record(&self, count: usize) -> Exchange {
        wait_for("a record", || self.seen.0.lock().unwrap().len() >= count);
        self.seen.0.lock().unwrap()[count - 1].clone()
    }
}

impl Drop for Through {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        // A failed test has said why already.
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

pub(crate) fn wait_for(what: &str, mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < PATIENCE, "waited for {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

/// Head and content of an answer.
pub(crate) fn parts(answer: &str) -> (&str, &str) {
    answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no head: {answer:?}"))
}

/// The field lines of an answer's head.
pub(crate) fn fields(answer: &str) -> Vec<&str> {
    parts(answer).0.lines().skip(1).collect()
}
