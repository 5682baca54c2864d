//! A connection to the origin.
//!
//! In: the origin. Out: a stream of octets to it, in the clear or under TLS.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use rustls::pki_types::ServerName;
use swath_trust::{Trust, TrustError};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::fault::Fault;
use super::origin::Origin;
use crate::connection::Scheme;

/// Knows the way to the origin, and no other.
pub(super) struct Reach {
    host: String,
    port: u16,
    tls: Option<TlsConnector>,
}

impl Reach {
    pub(super) fn new(origin: &Origin, trust: &Trust) -> Result<Self, TrustError> {
        let tls = match origin.scheme() {
            Scheme::Http => None,
            Scheme::Https => Some(TlsConnector::from(Arc::new(trust.config(b"http/1.1")?))),
        };
        Ok(Self { host: origin.host().to_owned(), port: origin.port(), tls })
    }

    /// Connects.
    pub(super) async fn connect(&self) -> Result<Stream, Fault> {
        let socket = TcpStream::connect((self.host.as_str(), self.port))
            .await
            .map_err(|error| Fault::Unreachable(error.to_string()))?;
        // Heads are written whole; waiting to fill a packet would delay each of them.
        socket.set_nodelay(true).map_err(|error| Fault::Unreachable(error.to_string()))?;
        let Some(tls) = &self.tls else { return Ok(Stream::Clear(socket)) };
        let name = ServerName::try_from(self.host.clone())
            .map_err(|_| Fault::Unreachable(format!("{} is no name for TLS", self.host)))?;
        let secure =
            tls.connect(name, socket).await.map_err(|error| Fault::Unreachable(format!("TLS: {error}")))?;
        Ok(Stream::Tls(Box::new(secure)))
    }
}

impl fmt::Debug for Reach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reach").field("host", &self.host).field("port", &self.port).finish_non_exhaustive()
    }
}

/// The octets to and from the origin.
pub(super) enum Stream {
    Clear(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Stream::Clear(socket) => Pin::new(socket).poll_read(cx, buf),
            Stream::Tls(tls) => Pin::new(tls).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Stream::Clear(socket) => Pin::new(socket).poll_write(cx, buf),
            Stream::Tls(tls) => Pin::new(tls).poll_write(cx, buf),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Stream::Clear(socket) => Pin::new(socket).poll_flush(cx),
            Stream::Tls(tls) => Pin::new(tls).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Stream::Clear(socket) => Pin::new(socket).poll_shutdown(cx),
            Stream::Tls(tls) => Pin::new(tls).poll_shutdown(cx),
        }
    }
}
