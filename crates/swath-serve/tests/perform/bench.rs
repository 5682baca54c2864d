//! A file to send, a body that sends it, and what was recorded of it.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use byteranges::{ByteRange, Content, Piece};
use bytes::Bytes;
use http_body_util::BodyExt;
use swath_serve::buffers::Buffers;
use swath_serve::exchange::{Exchange, Outcome, Received, Record, Recorder, Sink, Wire};
use swath_serve::facts::Facts;
use swath_serve::perform::{Aborted, ContentBody};
use swath_serve::source::{OpenFile, Source};

/// One turn of a body.
pub(crate) const TURN: usize = 256 << 10;

/// Longer than any clock tick a file system counts times in, so that two changes have two times.
pub(crate) const TICK: Duration = Duration::from_millis(20);

/// Keeps what is recorded.
#[derive(Clone, Default)]
pub(crate) struct Seen(Arc<Mutex<Vec<Arc<Exchange>>>>);

impl Sink for Seen {
    fn record(&self, exchange: &Arc<Exchange>) {
        self.0.lock().expect("seen").push(Arc::clone(exchange));
    }
}

impl Seen {
    /// Opens a record that ends here.
    pub(crate) fn open(&self) -> Record {
        let (parts, ()) = http::Request::new(()).into_parts();
        Recorder::new(vec![Arc::new(self.clone())], None).open(Received::now(None, &parts), Wire::Unknown)
    }

    /// Gives how the one exchange ended and how much it sent; there must be exactly one.
    pub(crate) fn only(&self) -> (Outcome, u64) {
        let seen = self.0.lock().expect("seen");
        assert_eq!(seen.len(), 1, "one exchange each");
        (seen[0].outcome, seen[0].bytes_sent)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.lock().expect("seen").is_empty()
    }
}

/// Gives the directories to test in: the build's, and one that lives in memory where there is one.
///
/// They differ in how they are read: tmpfs refuses reads that must not wait.
pub(crate) fn places() -> Vec<tempfile::TempDir> {
    let shm = Path::new("/dev/shm");
    let mut places = vec![tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a directory")];
    if shm.is_dir() {
        places.extend(tempfile::tempdir_in(shm));
    }
    places
}

/// Gives octets in which every place can be told from every other nearby.
pub(crate) fn octets(length: usize) -> Vec<u8> {
    let word = |at: usize| (at as u32).wrapping_mul(0x9e37_79b9).to_le_bytes();
    (0..length).map(|at| word(at / 4)[at % 4]).collect()
}

/// Holds a file that is old enough for its next change to have another time.
pub(crate) struct Served {
    pub(crate) path: PathBuf,
    pub(crate) octets: Vec<u8>,
}

impl Served {
    pub(crate) fn new(directory: &Path, length: usize) -> io::Result<Self> {
        let path = directory.join("clip.mp4");
        let octets = octets(length);
        fs::write(&path, &octets)?;
        std::thread::sleep(TICK);
        Ok(Self { path, octets })
    }

    /// Opens it as the store does.
    pub(crate) fn open(&self, strong: bool) -> io::Result<OpenFile> {
        let file = File::open(&self.path)?;
        let promised = Facts::of(&file)?;
        Ok(OpenFile::new(file, promised, strong))
    }

    /// Begins to send all of it.
    pub(crate) fn send(&self, strong: bool, seen: &Seen, buffers: &Arc<Buffers>) -> io::Result<ContentBody> {
        let whole = ByteRange::whole(self.octets.len() as u64).expect("not empty");
        let source = Source::File(self.open(strong)?);
        Ok(ContentBody::new(Content::range(whole), Some(source), seen.open(), Arc::clone(buffers)))
    }
}

/// Takes the next chunk of a body; `None` at its end.
pub(crate) async fn next(body: &mut ContentBody) -> Option<Result<Bytes, Aborted>> {
    Some(body.frame().await?.map(|frame| frame.into_data().expect("data only")))
}

/// Takes the rest of a body, letting go of each chunk before the next as a socket does.
pub(crate) async fn rest(body: &mut ContentBody) -> (Vec<u8>, Option<Outcome>) {
    let mut all = Vec::new();
    while let Some(chunk) = next(body).await {
        match chunk {
            Ok(octets) => all.extend_from_slice(&octets),
            Err(aborted) => {
                assert!(next(body).await.is_none(), "nothing follows an abort");
                return (all, Some(aborted.outcome()));
            }
        }
    }
    (all, None)
}

/// Does what an answer's content says the slow and obvious way.
pub(crate) fn brute_force(content: &Content, file: &[u8]) -> Vec<u8> {
    let mut all = Vec::new();
    for piece in content.pieces() {
        match piece {
            Piece::Literal(octets) => all.extend_from_slice(octets),
            Piece::Range(range) => {
                all.extend((range.first()..=range.last()).map(|position| file[position as usize]));
            }
        }
    }
    all
}

/// Runs a test's future on one thread, as the server does.
pub(crate) fn run<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    runtime.block_on(async { tokio::time::timeout(Duration::from_secs(60), future).await.expect("in time") })
}
