//! `swath-serve` over the fixtures, in the clear and under TLS.

use std::{
    net::SocketAddr,
    num::NonZeroUsize,
    path::PathBuf,
    sync::Arc,
    thread::{self, JoinHandle},
    time::Duration,
};

use byteranges::Policy;
use swath_serve::{
    Cors, Service, ServiceOptions, Site,
    buffers::Buffers,
    exchange::Recorder,
    server::{Server as Serve, ServerOptions},
    store::{Files, FilesOptions, Store},
    tls::{Certificate, Tls},
};
use tempfile::TempDir;
use tokio::sync::oneshot;

#[path = "../../../swath-trust/tests/common/certificate.rs"]
mod certificate;

/// Longer than a change rests before its validators are strong on any file system.
const REST: Duration = Duration::from_millis(2_600);

/// A running server; dropping it stops it.
pub(crate) struct Server {
    pub(crate) plain: String,
    pub(crate) tls: String,
    pub(crate) certificate: PathBuf,
    stop: Option<(oneshot::Sender<()>, JoinHandle<()>)>,
    _files: TempDir,
}

impl Server {
    pub(crate) fn start() -> Self {
        let files = tempfile::tempdir().unwrap();
        let root = files.path().join("root");
        std::fs::create_dir(&root).unwrap();
        swath_spec::disk::lay_out(&root).unwrap();
        let made = certificate::own_authority("127.0.0.1");
        let (chain, key) = (files.path().join("chain.pem"), files.path().join("key.pem"));
        std::fs::write(&chain, made.cert.pem()).unwrap();
        std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
        thread::sleep(REST);
        let service = Service::new(ServiceOptions {
            store: Store::Files(
                Files::open(FilesOptions { precompressed: true, ..FilesOptions::new(&root) }).unwrap(),
            ),
            policy: Policy::default(),
            cors: Cors::Any,
            site: Some(Site::default()),
            check_host: true,
            recorder: Recorder::none(),
            views: Arc::default(),
            buffers: Arc::new(Buffers::default()),
        });
        let tls = Tls::new(Certificate::Files { chain: chain.clone(), key }).unwrap();
        let listen = ["http://127.0.0.1:0", "https://127.0.0.1:0"].map(|address| address.parse().unwrap());
        let bound = Serve::bind(ServerOptions {
            listen: listen.to_vec(),
            tls: Some(Arc::new(tls)),
            threads: NonZeroUsize::new(1),
            ..ServerOptions::default()
        })
        .unwrap();
        let addresses: Vec<SocketAddr> =
            bound.addresses().filter_map(|address| address.socket_address()).collect();
        let (stop, stopped) = oneshot::channel();
        let thread = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            let stopped = async {
                let _ = stopped.await;
            };
            runtime.block_on(bound.run(Arc::new(service), stopped)).unwrap();
        });
        Self {
            plain: format!("http://{}", addresses[0]),
            tls: format!("https://{}", addresses[1]),
            certificate: chain,
            stop: Some((stop, thread)),
            _files: files,
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some((stop, thread)) = self.stop.take() {
            let _ = stop.send(());
            thread.join().unwrap();
        }
    }
}
