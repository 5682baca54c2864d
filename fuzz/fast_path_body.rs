//! What the fast path takes, it answers as the engine does. In: anything; out: nothing, or a panic that says where they differ.
//!
//! What it declines is not sent anywhere: the engine has it then in both cases.

#[path = "alike.rs"]
pub mod alike;

use std::io::{Read as _, Write as _};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock};
use std::time::{Duration, SystemTime};

use bytes::BytesMut;
use swath_serve::buffers::Buffers;
use swath_serve::exchange::Recorder;
use swath_serve::fast_path::request::{Reading, read};
use swath_serve::server::{Server, ServerOptions};
use swath_serve::store::{Files, FilesOptions, Store};
use swath_serve::{Cors, Service, ServiceOptions, Site};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// The sockets of two servers over the same files, with the fast path and without it; they end with the process.
static SERVERS: LazyLock<[PathBuf; 2]> = LazyLock::new(|| {
    // Ends with the process as well, and stays behind where that is killed.
    let directory = tempfile::tempdir().expect("a directory").keep();
    let root = directory.join("root");
    std::fs::create_dir(&root).expect("a root");
    for (name, length) in [("a", 10), ("b.txt", 5_000), ("c.mp4", 0)] {
        std::fs::write(root.join(name), vec![b'x'; length]).expect("a file");
        let file = std::fs::File::options().write(true).open(root.join(name)).expect("a file");
        file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000)).expect("a time");
    }
    // Until the files are settled: a young one has other validators from one moment to the next.
    std::thread::sleep(Duration::from_millis(2_600));
    let service = Arc::new(Service::new(ServiceOptions {
        store: Store::Files(Files::open(FilesOptions::new(&root)).expect("the root")),
        policy: byteranges::Policy::default(),
        cors: Cors::Any,
        site: Some(Site::default()),
        check_host: true,
        recorder: Recorder::none(),
        views: Arc::default(),
        buffers: Arc::new(Buffers::default()),
    }));
    [true, false].map(|fast_path| {
        let path = directory.join(if fast_path { "fast" } else { "engine" });
        let options = ServerOptions {
            listen: vec![format!("unix:{}", path.display()).parse().expect("an address")],
            fast_path,
            threads: std::num::NonZeroUsize::new(1),
            ..ServerOptions::default()
        };
        let bound = Server::bind(options).expect("a socket");
        let service = Arc::clone(&service);
        std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(bound.run(service, std::future::pending())).expect("to serve");
        });
        path
    })
});

/// Reads a head as the fast path does; if it takes it, both ways have to answer it alike.
pub fn fast_path(octets: &[u8]) {
    let mut rest = BytesMut::from(octets);
    let Reading::Request(heard) = read(&mut rest, 100, Vec::new) else {
        assert_eq!(rest, octets, "what is not taken is kept");
        return;
    };
    let (head, rest) = octets.split_at(octets.len() - rest.len());
    assert!(octets.ends_with(rest));
    for end in [head.len() / 2, head.len() - 1] {
        let mut part = BytesMut::from(&head[..end]);
        assert!(matches!(read(&mut part, 100, Vec::new), Reading::Partial), "ended before its end");
    }
    // Twice, so that the end of the first answer shows as well.
    let twice = [head, head].concat();
    let [fast, engine] = [0, 1].map(|which| converse(&SERVERS[which], &twice));
    // The page of a player holds a token that is drawn for it.
    if !heard.target().windows(4).any(|octets| octets == b"play") {
        assert_eq!(fast, engine, "{}", head.escape_ascii());
    }
}

/// Sends octets and gives all that comes back.
fn converse(path: &PathBuf, octets: &[u8]) -> String {
    let mut stream = UnixStream::connect(path).expect("a server");
    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    // A server that closes after the first answer does not take the rest.
    let _ = stream.write_all(octets);
    let _ = stream.shutdown(Shutdown::Write);
    let mut answers = Vec::new();
    // Where the server closes with octets unread, the end comes as an error, or not, as chance will have it.
    let _ = stream.read_to_end(&mut answers);
    assert!(answers.starts_with(b"HTTP/1.1 "), "no answer to {}", octets.escape_ascii());
    alike::alike(&answers)
}
