//! The servers under test: one for each setting, all over the same files, each in the clear and under TLS.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use byteranges::Policy;
use rustls_pki_types::CertificateDer;
use swath_serve::buffers::Buffers;
use swath_serve::exchange::{Exchange, Recorder, Sink, Transport};
use swath_serve::server::{Server, ServerOptions};
use swath_serve::store::{EtagMode, Files, FilesOptions, Settle, Store};
use swath_serve::tls::{Certificate, Tls};
use swath_serve::{Cors, ServeDir, Service, ServiceOptions, Site};
use tempfile::TempDir;
use tokio::sync::oneshot;

use crate::client::{Connection, Way};

/// A time that no test takes.
const HOUR: Duration = Duration::from_secs(3_600);

/// Longer than a change rests before its validators are strong on any file system.
const REST: Duration = Duration::from_millis(2_600);

/// Names a way to set a server up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Setting {
    Default,
    /// `--etag none`
    NoTags,
    /// `--no-ranges`
    NoRanges,
    /// Takes every change of the last hour for young.
    Patient,
}

/// Holds running servers and the files they serve.
pub(crate) struct Servers {
    running: HashMap<Setting, Running>,
    counts: Arc<Counts>,
    certificate: CertificateDer<'static>,
    root: PathBuf,
    _files: TempDir,
}

struct Running {
    plain: SocketAddr,
    tls: SocketAddr,
    /// In the clear too, without the fast path.
    engine: SocketAddr,
    stops: [Stop; 2],
}

/// Counts what went over each transport.
#[derive(Default)]
struct Counts(Mutex<HashMap<Transport, usize>>);

impl Sink for Counts {
    fn record(&self, exchange: &Arc<Exchange>) {
        *self.0.lock().unwrap().entry(exchange.transport).or_default() += 1;
    }
}

impl Servers {
    pub(crate) fn start() -> Self {
        let files = tempfile::tempdir().unwrap();
        let root = files.path().join("root");
        std::fs::create_dir(&root).unwrap();
        swath_spec::disk::lay_out(&root).unwrap();
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let (chain, key) = (files.path().join("chain.pem"), files.path().join("key.pem"));
        std::fs::write(&chain, made.cert.pem()).unwrap();
        std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
        thread::sleep(REST);
        let counts = Arc::<Counts>::default();
        let settings = [Setting::Default, Setting::NoTags, Setting::NoRanges, Setting::Patient];
        let start = |setting| {
            let certificate = Certificate::Files { chain: chain.clone(), key: key.clone() };
            let tls = Arc::new(Tls::new(certificate).unwrap());
            let service = Arc::new(service(setting, &root, Arc::clone(&counts)));
            let all = ["http://127.0.0.1:0", "https://127.0.0.1:0"];
            let (addresses, first) = serve(&service, &tls, &all, true);
            let (engine, second) = serve(&service, &tls, &all[..1], false);
            (
                setting,
                Running { plain: addresses[0], tls: addresses[1], engine: engine[0], stops: [first, second] },
            )
        };
        let running = settings.into_iter().map(start).collect();
        Self { running, counts, certificate: made.cert.der().clone(), root, _files: files }
    }

    pub(crate) async fn connect(&self, setting: Setting, way: Way) -> Connection {
        if way == Way::Tower {
            let service = self.serve_dir(setting);
            return Connection::to_service(service, self.plain(setting), self.certificate.clone());
        }
        let address = match way {
            Way::Engine => self.engine(setting),
            _ if way.is_tls() => self.running[&setting].tls,
            _ => self.plain(setting),
        };
        Connection::open(way, address, self.certificate.clone()).await
    }

    /// The address at which a setting is served in the clear.
    pub(crate) fn plain(&self, setting: Setting) -> SocketAddr {
        self.running[&setting].plain
    }

    /// The address at which it is served in the clear without the fast path.
    pub(crate) fn engine(&self, setting: Setting) -> SocketAddr {
        self.running[&setting].engine
    }

    /// How many exchanges have ended that went over a transport.
    pub(crate) fn count(&self, transport: Transport) -> usize {
        self.counts.0.lock().unwrap().get(&transport).copied().unwrap_or_default()
    }

    /// The same files and settings as a tower service, without a server.
    fn serve_dir(&self, setting: Setting) -> ServeDir {
        let (files, policy) = options(setting, &self.root);
        ServeDir::builder(&self.root).files(|own| *own = files).policy(policy).build().unwrap()
    }

    /// Stops all servers in order.
    pub(crate) fn stop(self) {
        for running in self.running.into_values() {
            for (stop, thread) in running.stops {
                stop.send(()).unwrap();
                thread.join().unwrap();
            }
        }
    }
}

/// What a setting means to the store and to decisions.
fn options(setting: Setting, root: &Path) -> (FilesOptions, Policy) {
    let mut files = FilesOptions { precompressed: true, ..FilesOptions::new(root) };
    let mut policy = Policy::default();
    match setting {
        Setting::Default => {}
        Setting::NoTags => files.etag = EtagMode::None,
        Setting::NoRanges => policy.ranges = false,
        Setting::Patient => {
            files.settle = Settle { fine: HOUR, coarse: HOUR };
            policy.date_settle = HOUR;
        }
    }
    (files, policy)
}

fn service(setting: Setting, root: &Path, counts: Arc<Counts>) -> Service {
    let (files, policy) = options(setting, root);
    Service::new(ServiceOptions {
        store: Store::Files(Files::open(files).unwrap()),
        policy,
        cors: Cors::default(),
        site: Some(Site::default()),
        check_host: true,
        recorder: Recorder::new(vec![counts], None),
        views: Arc::default(),
        buffers: Arc::new(Buffers::default()),
    })
}

type Stop = (oneshot::Sender<()>, JoinHandle<()>);

fn serve(
    service: &Arc<Service>,
    tls: &Arc<Tls>,
    listen: &[&str],
    fast_path: bool,
) -> (Vec<SocketAddr>, Stop) {
    let options = ServerOptions {
        listen: listen.iter().map(|address| address.parse().unwrap()).collect(),
        tls: Some(Arc::clone(tls)),
        fast_path,
        threads: std::num::NonZeroUsize::new(1),
        ..ServerOptions::default()
    };
    let bound = Server::bind(options).unwrap();
    let addresses: Vec<_> = bound.addresses().filter_map(|address| address.socket_address()).collect();
    let (stop, stopped) = oneshot::channel();
    let service = Arc::clone(service);
    let thread = thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let stopped = async {
            let _ = stopped.await;
        };
        runtime.block_on(bound.run(service, stopped)).unwrap();
    });
    (addresses, (stop, thread))
}
