//! One server on the fast path over a directory of its own, with its records kept.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant, SystemTime};

use byteranges::Policy;
use swath_serve::buffers::Buffers;
use swath_serve::exchange::{Exchange, Outcome, Recorder, Sink, Transport};
use swath_serve::limits::Limits;
use swath_serve::server::{Server, ServerOptions};
use swath_serve::store::{Files, FilesOptions, Store};
use swath_serve::{Cors, Service, ServiceOptions};
use tempfile::TempDir;
use tokio::sync::oneshot;

use crate::raw::{PATIENCE, connect};

/// Keeps what was recorded.
#[derive(Default)]
pub(crate) struct Seen(Mutex<Vec<Exchange>>);

impl Sink for Seen {
    fn record(&self, exchange: &Arc<Exchange>) {
        self.0.lock().unwrap().push(Exchange::clone(exchange));
    }
}

/// A server and its files.
pub(crate) struct Site {
    pub(crate) address: SocketAddr,
    files: TempDir,
    seen: Arc<Seen>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Site {
    pub(crate) fn start(limits: Limits) -> Self {
        // Beside the sources: where files are on a disk, not in memory.
        let files = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let seen = Arc::<Seen>::default();
        let service = Service::new(ServiceOptions {
            store: Store::Files(Files::open(FilesOptions::new(files.path())).unwrap()),
            policy: Policy { parts_max: 64, ..Policy::default() },
            cors: Cors::default(),
            site: None,
            check_host: true,
            recorder: Recorder::new(vec![Arc::clone(&seen) as Arc<dyn Sink>], None),
            views: Arc::default(),
            buffers: Arc::new(Buffers::default()),
        });
        let options = ServerOptions {
            listen: vec!["127.0.0.1:0".parse().unwrap()],
            limits,
            threads: std::num::NonZeroUsize::new(1),
            ..ServerOptions::default()
        };
        let bound = Server::bind(options).unwrap();
        let address = bound.addresses().find_map(|address| address.socket_address()).unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let thread = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            let stopped = async {
                let _ = stopped.await;
            };
            runtime.block_on(bound.run(Arc::new(service), stopped)).unwrap();
        });
        Self { address, files, seen, stop: Some(stop), thread: Some(thread) }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.files.path().join(name)
    }

    /// Makes a file of a pattern, settled long ago, so that it has a strong validator.
    pub(crate) fn file(&self, name: &str, length: usize) -> Vec<u8> {
        let octets = pattern(length);
        let path = self.path(name);
        std::fs::write(&path, &octets).unwrap();
        settle(&path);
        octets
    }

    /// Connects and asks for a range of a file, with more fields if wanted.
    pub(crate) fn ask(&self, name: &str, fields: &str) -> TcpStream {
        let mut stream = connect(self.address);
        stream.write_all(format!("GET /{name} HTTP/1.1\r\nHost: a\r\n{fields}\r\n").as_bytes()).unwrap();
        stream
    }

    /// Waits until so many exchanges have ended, and gives how: all on the fast path.
    pub(crate) fn outcomes(&self, count: usize) -> Vec<(Outcome, u64)> {
        let until = Instant::now() + PATIENCE;
        while self.seen.0.lock().unwrap().len() < count {
            assert!(Instant::now() < until, "{count} records: {:?}", self.seen.0.lock().unwrap());
            thread::sleep(Duration::from_millis(5));
        }
        let seen = self.seen.0.lock().unwrap();
        let of_requests = seen.iter().filter(|one| one.method.is_some());
        of_requests.for_each(|one| assert_eq!(one.transport, Transport::FastPath));
        seen.iter().map(|one| (one.outcome, one.bytes_sent)).collect()
    }

    /// Tells it to stop.
    pub(crate) fn stop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.stop();
        if let Some(thread) = self.thread.take() {
            // A failed test has said why already.
            let _ = thread.join();
        }
    }
}

/// Octets of which each place can be told: numbers within blocks, and a number for each block.
pub(crate) fn pattern(length: usize) -> Vec<u8> {
    const BLOCK: usize = 1 << 16;
    let block: Vec<u8> = (0..BLOCK as u64 / 8).flat_map(u64::to_be_bytes).collect();
    let mut octets = block.repeat(length.div_ceil(BLOCK));
    for (number, block) in octets.chunks_mut(BLOCK).enumerate() {
        block[..8].copy_from_slice(&(number as u64 | 1 << 63).to_be_bytes());
    }
    octets.truncate(length);
    octets
}

/// Makes a file look as if it had been left alone for an hour.
///
/// Its ctime is that of this call all the same, so this waits until that is settled too.
pub(crate) fn settle(path: &std::path::Path) {
    let file = File::options().write(true).open(path).unwrap();
    file.set_modified(SystemTime::now() - Duration::from_secs(3600)).unwrap();
    thread::sleep(Duration::from_millis(60));
}

/// Changes an octet in place.
pub(crate) fn poke(path: &std::path::Path, offset: u64) {
    File::options().write(true).open(path).unwrap().write_all_at(b"!", offset).unwrap();
}

/// Reads one head.
pub(crate) fn head(stream: &mut TcpStream) -> String {
    let (mut head, mut octet) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut octet).unwrap();
        head.push(octet[0]);
    }
    String::from_utf8(head).unwrap()
}

/// Reads until the end; says whether that was a reset.
pub(crate) fn rest(stream: &mut TcpStream) -> (Vec<u8>, bool) {
    let (mut all, mut some) = (Vec::new(), vec![0; 1 << 16]);
    loop {
        match stream.read(&mut some) {
            Ok(0) => return (all, false),
            Ok(count) => all.extend_from_slice(&some[..count]),
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => return (all, true),
            Err(error) => panic!("neither an end nor a reset: {error}"),
        }
    }
}
