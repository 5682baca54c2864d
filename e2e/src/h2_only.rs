//! A server that speaks HTTP/2 over TLS and nothing else.
//!
//! In: octets. Out: a URL, and a certificate to trust. It honours one range a request, and has a strong tag.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use http::{Request, Response};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{TlsAcceptor, rustls};

/// A running server; it ends with the test's process.
pub struct H2Only {
    address: SocketAddr,
    certificate: String,
    requests: Arc<AtomicUsize>,
    connections: Arc<AtomicUsize>,
}

impl H2Only {
    /// Starts one, on a thread of its own.
    ///
    /// # Panics
    /// If no certificate can be made, or no port be had.
    #[must_use]
    pub fn start(content: Bytes) -> Self {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned(), "127.0.0.1".to_owned()])
            .expect("a certificate");
        let key = rustls::pki_types::PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
        let mut config =
            rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
                .with_safe_default_protocol_versions()
                .expect("ring speaks TLS")
                .with_no_client_auth()
                .with_single_cert(vec![made.cert.der().clone()], key.into())
                .expect("a key for its certificate");
        config.alpn_protocols = vec![b"h2".to_vec()];
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        listener.set_nonblocking(true).expect("a socket can be told");
        let address = listener.local_addr().expect("a socket has an address");
        let requests = Arc::new(AtomicUsize::new(0));
        let connections = Arc::new(AtomicUsize::new(0));
        let (count, spoken) = (Arc::clone(&requests), Arc::clone(&connections));
        std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(accept(listener, TlsAcceptor::from(Arc::new(config)), content, count, spoken));
        });
        Self { address, certificate: made.cert.pem(), requests, connections }
    }

    /// The URL of what it serves.
    #[must_use]
    pub fn url(&self) -> String {
        format!("https://{}/file.bin", self.address)
    }

    /// Its certificate in PEM's form.
    #[must_use]
    pub fn certificate(&self) -> &str {
        &self.certificate
    }

    /// How many requests came.
    #[must_use]
    pub fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }

    /// How many connections came to speak HTTP/2.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

async fn accept(
    listener: std::net::TcpListener,
    tls: TlsAcceptor,
    content: Bytes,
    requests: Arc<AtomicUsize>,
    connections: Arc<AtomicUsize>,
) {
    let listener = TcpListener::from_std(listener).expect("within a runtime");
    loop {
        let Ok((stream, _)) = listener.accept().await else { return };
        let (requests, connections) = (Arc::clone(&requests), Arc::clone(&connections));
        tokio::spawn(serve(stream, tls.clone(), content.clone(), requests, connections));
    }
}

/// Serves a connection; whatever goes wrong ends it, and the client sees that.
async fn serve(
    stream: TcpStream,
    tls: TlsAcceptor,
    content: Bytes,
    requests: Arc<AtomicUsize>,
    connections: Arc<AtomicUsize>,
) -> Option<()> {
    let stream = tls.accept(stream).await.ok()?;
    let mut connection = h2::server::handshake(stream).await.ok()?;
    connections.fetch_add(1, Ordering::SeqCst);
    while let Some(exchange) = connection.accept().await {
        let (request, mut respond) = exchange.ok()?;
        requests.fetch_add(1, Ordering::SeqCst);
        let (response, content) = answer(&request, &content);
        let mut stream = respond.send_response(response, false).ok()?;
        stream.send_data(content, true).ok()?;
    }
    Some(())
}

fn answer<B>(request: &Request<B>, content: &Bytes) -> (Response<()>, Bytes) {
    let length = content.len();
    let range = request
        .headers()
        .get("range")
        .and_then(|range| range.to_str().ok()?.strip_prefix("bytes=")?.split_once('-'));
    let response = Response::builder().header("etag", "\"h2\"").header("accept-ranges", "bytes");
    let Some((first, last)) = range.and_then(|(first, last)| {
        let last = if last.is_empty() { length - 1 } else { last.parse::<usize>().ok()?.min(length - 1) };
        first.parse::<usize>().ok().filter(|first| *first <= last).map(|first| (first, last))
    }) else {
        let response = response.status(200).header("content-length", length).body(()).expect("a head");
        return (response, content.clone());
    };
    let part = content.slice(first..=last);
    let response = response
        .status(206)
        .header("content-length", part.len())
        .header("content-range", format!("bytes {first}-{last}/{length}"))
        .body(())
        .expect("a head");
    (response, part)
}
