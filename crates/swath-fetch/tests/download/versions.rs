//! TLS and versions of HTTP: what a server speaks is found out, and a shared connection carries all lanes.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use byteranges::download::{Assurance, Fault, Lanes};
use bytes::Bytes;
use http::{Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use swath_fetch::{Event, HttpVersions, Job, Trust};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::origin::content;
use crate::sink::{Memory, Seen, fetch};

const LENGTH: usize = 2 << 20;

/// A server of HTTP/2 and nothing else.
struct Second {
    address: SocketAddr,
    connections: Arc<AtomicUsize>,
    _runtime: tokio::runtime::Runtime,
}

impl Second {
    fn new(tls: Option<TlsAcceptor>) -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        let connections: Arc<AtomicUsize> = Arc::default();
        let count = Arc::clone(&connections);
        runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (tls, count) = (tls.clone(), Arc::clone(&count));
                tokio::spawn(async move {
                    match tls {
                        None => speak(stream, &count).await,
                        Some(tls) => {
                            if let Ok(stream) = tls.accept(stream).await {
                                speak(stream, &count).await;
                            }
                        }
                    }
                });
            }
        });
        Self { address, connections, _runtime: runtime }
    }
}

async fn speak(
    stream: impl tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
    count: &AtomicUsize,
) {
    let server = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
    let counted = std::sync::Once::new();
    let service = service_fn(|request: Request<Incoming>| {
        counted.call_once(|| {
            count.fetch_add(1, Ordering::Relaxed);
        });
        let answer = answer(&request);
        async move { Ok::<_, Infallible>(answer) }
    });
    let _ = server.serve_connection(TokioIo::new(stream), service).await;
}

fn answer(request: &Request<Incoming>) -> Response<Full<Bytes>> {
    let range = request.headers()[header::RANGE].to_str().unwrap().strip_prefix("bytes=").unwrap();
    let (first, last) = range.split_once('-').unwrap();
    let first: usize = first.parse().unwrap();
    let last = last.parse().unwrap_or(LENGTH - 1);
    let octets = content(LENGTH)[first..=last].to_vec();
    Response::builder()
        .status(StatusCode::PARTIAL_CONTENT)
        .header(header::ETAG, "\"v1\"")
        .header(header::CONTENT_RANGE, format!("bytes {first}-{last}/{LENGTH}"))
        .body(Full::new(Bytes::from(octets)))
        .unwrap()
}

#[path = "../../../swath-trust/tests/common/certificate.rs"]
mod certificate;

fn acceptor(name: &str) -> (TlsAcceptor, String) {
    let own = certificate::own_authority(name);
    let key = rustls_pki_types::PrivateKeyDer::try_from(own.signing_key.serialize_der()).unwrap();
    let mut config =
        rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![own.cert.der().clone()], key)
            .unwrap();
    config.alpn_protocols = vec![b"h2".to_vec()];
    (TlsAcceptor::from(Arc::new(config)), own.cert.pem())
}

fn lanes(url: &str) -> Job {
    let mut job = Job::new(url.parse().unwrap());
    job.settings.lanes = Lanes::Fixed(4);
    job
}

fn spoken(seen: &Seen) -> Vec<&'static str> {
    let versions = seen.events.iter().filter_map(|event| match event {
        Event::Connected { version, .. } => Some(*version),
        _ => None,
    });
    versions.collect()
}

#[test]
fn a_server_that_speaks_only_http2_is_asked_over_one_connection() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("own.pem");
    let (tls, pem) = acceptor("localhost");
    std::fs::write(&file, pem).unwrap();
    for tls in [None, Some(tls)] {
        let scheme = if tls.is_some() { "https" } else { "http" };
        let server = Second::new(tls);
        let mut job = lanes(&format!("{scheme}://localhost:{}/f", server.address.port()));
        job.trust = Trust::File(file.clone());
        let memory = Memory::with(Default::default());
        let (ended, seen) = fetch(job.clone(), &memory);
        assert_eq!(ended.report.outcome, Ok(Assurance::Pinned), "{ended:?}");
        assert!(memory.kept.lock().unwrap().file == content(LENGTH));
        assert!(spoken(&seen).contains(&"HTTP/2"), "{seen:?}");
        assert_eq!(server.connections.load(Ordering::Relaxed), 1);

        job.versions = HttpVersions::Http1;
        job.settings.retries = 0;
        let (ended, seen) = fetch(job, &Memory::with(Default::default()));
        assert_eq!(ended.report.outcome, Err(Fault::Unreachable), "{ended:?}");
        assert!(!spoken(&seen).contains(&"HTTP/2"));
    }
}

#[test]
fn a_certificate_that_nobody_vouches_for_is_refused_and_the_cure_is_named() {
    let (tls, _) = acceptor("localhost");
    let server = Second::new(Some(tls));
    let mut job = lanes(&format!("https://localhost:{}/f", server.address.port()));
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("other.pem");
    std::fs::write(&file, acceptor("localhost").1).unwrap();
    job.trust = Trust::File(file);
    let (ended, _) = fetch(job.clone(), &Memory::with(Default::default()));
    assert_eq!(ended.report.outcome, Err(Fault::Unreachable), "{ended:?}");
    let why = ended.trouble.unwrap();
    assert!(why.contains("--cacert") && why.contains("--insecure"), "{why}");
    assert_eq!(ended.report.counts.requests, 1, "trying again would end alike");

    // The certificate is the one that the user names, and the server another one.
    let (tls, pem) = acceptor("elsewhere.example");
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("own.pem");
    std::fs::write(&file, pem).unwrap();
    let misnamed = Second::new(Some(tls));
    let mut elsewhere = lanes(&format!("https://localhost:{}/f", misnamed.address.port()));
    elsewhere.trust = Trust::File(file);
    let (ended, _) = fetch(elsewhere, &Memory::with(Default::default()));
    assert_eq!(ended.report.outcome, Err(Fault::Unreachable), "{ended:?}");

    job.trust = Trust::Anyone;
    let (ended, _) = fetch(job, &Memory::with(Default::default()));
    assert_eq!(ended.report.outcome, Ok(Assurance::Pinned), "{ended:?}");
}
