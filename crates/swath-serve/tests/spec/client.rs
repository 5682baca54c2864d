//! A client of one connection: in: method, target, fields; out: the answer as it was seen.

use std::net::SocketAddr;
use std::sync::Arc;

use http::{HeaderName, HeaderValue, Request, Response, Version};
use http_body_util::{BodyExt as _, Empty};
use hyper::body::{Body, Bytes};
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls_pki_types::{CertificateDer, ServerName};
use swath_serve::ServeDir;
use swath_spec::Observed;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tower_service::Service as _;

/// The most octets of one answer that are read; no case of the tables is answered with more.
const CONTENT_MAX: usize = 1 << 20;

/// Names a way of asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Way {
    /// HTTP/1.1 in the clear: by the fast path, as far as it goes.
    Http1,
    /// The same with the fast path off.
    Engine,
    Http2,
    TlsHttp1,
    TlsHttp2,
    /// A call of the tower service, without a socket.
    Tower,
}

impl Way {
    pub(crate) const ALL: [Self; 6] =
        [Self::Http1, Self::Engine, Self::Http2, Self::TlsHttp1, Self::TlsHttp2, Self::Tower];

    pub(crate) fn is_tls(self) -> bool {
        matches!(self, Self::TlsHttp1 | Self::TlsHttp2)
    }

    fn is_http2(self) -> bool {
        matches!(self, Self::Http2 | Self::TlsHttp2)
    }
}

/// Holds one connection, opened again if the server has closed it.
pub(crate) struct Connection {
    way: Way,
    address: SocketAddr,
    certificate: CertificateDer<'static>,
    sender: Sender,
    opened: usize,
}

enum Sender {
    Http1(http1::SendRequest<Empty<Bytes>>),
    Http2(http2::SendRequest<Empty<Bytes>>),
    Tower(ServeDir),
}

impl Connection {
    pub(crate) async fn open(way: Way, address: SocketAddr, certificate: CertificateDer<'static>) -> Self {
        let sender = connect(way, address, &certificate).await;
        Self { way, address, certificate, sender, opened: 1 }
    }

    /// Asks a tower service; the address is only what it is told as Host.
    pub(crate) fn to_service(
        service: ServeDir,
        address: SocketAddr,
        certificate: CertificateDer<'static>,
    ) -> Self {
        Self { way: Way::Tower, address, certificate, sender: Sender::Tower(service), opened: 1 }
    }

    /// Counts how often the connection had to be opened.
    pub(crate) fn opened(&self) -> usize {
        self.opened
    }

    pub(crate) async fn ask(&mut self, method: &str, target: &str, fields: &[(&str, Vec<u8>)]) -> Observed {
        let mut request = Request::builder().method(method).body(Empty::new()).unwrap();
        let authority = self.address.to_string();
        if self.way.is_http2() {
            let scheme = if self.way.is_tls() { "https" } else { "http" };
            *request.uri_mut() = format!("{scheme}://{authority}{target}").parse().unwrap();
            *request.version_mut() = Version::HTTP_2;
        } else {
            *request.uri_mut() = target.parse().unwrap();
            request.headers_mut().insert("host", authority.parse().unwrap());
        }
        for (name, value) in fields {
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            request.headers_mut().append(name, HeaderValue::from_bytes(value).unwrap());
        }
        if !self.is_ready().await {
            self.sender = connect(self.way, self.address, &self.certificate).await;
            self.opened += 1;
        }
        match &mut self.sender {
            Sender::Http1(sender) => observe(sender.send_request(request).await.unwrap()).await,
            Sender::Http2(sender) => observe(sender.send_request(request).await.unwrap()).await,
            Sender::Tower(service) => observe(service.call(request).await.unwrap()).await,
        }
    }

    async fn is_ready(&mut self) -> bool {
        match &mut self.sender {
            Sender::Http1(sender) => sender.ready().await.is_ok(),
            Sender::Http2(sender) => sender.ready().await.is_ok(),
            Sender::Tower(_) => true,
        }
    }
}

async fn connect(way: Way, address: SocketAddr, certificate: &CertificateDer<'static>) -> Sender {
    let stream = TcpStream::connect(address).await.unwrap();
    if !way.is_tls() {
        return shake_hands(way, TokioIo::new(stream)).await;
    }
    let mut roots = rustls::RootCertStore::empty();
    roots.add(certificate.clone()).unwrap();
    let mut config = rustls::ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    let protocol: &[u8] = if way.is_http2() { b"h2" } else { b"http/1.1" };
    config.alpn_protocols = vec![protocol.to_vec()];
    let name = ServerName::try_from("localhost").unwrap();
    let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(protocol));
    shake_hands(way, TokioIo::new(stream)).await
}

async fn shake_hands<Io>(way: Way, io: Io) -> Sender
where
    Io: hyper::rt::Read + hyper::rt::Write + Unpin + Send + 'static,
{
    if way.is_http2() {
        let (sender, connection) = http2::handshake(TokioExecutor::new(), io).await.unwrap();
        tokio::spawn(connection);
        Sender::Http2(sender)
    } else {
        let (sender, connection) = http1::handshake(io).await.unwrap();
        tokio::spawn(connection);
        Sender::Http1(sender)
    }
}

/// Reads the whole answer; content that ends before its Content-Length is an error here already.
async fn observe<B>(response: Response<B>) -> Observed
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: std::fmt::Debug,
{
    let (head, mut body) = response.into_parts();
    let fields =
        head.headers.iter().map(|(name, value)| (name.to_string(), value.as_bytes().to_vec())).collect();
    let mut content = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.unwrap();
        content.extend_from_slice(frame.data_ref().expect("no trailers are sent"));
        if content.len() > CONTENT_MAX {
            break;
        }
    }
    Observed::new(head.status.as_u16(), fields, content)
}
