//! Connections: a target and whom to trust in, an open stream out.

use std::{io, sync::Arc, time::Duration};

use rustls_pki_types::ServerName;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpStream, lookup_host},
    time::timeout,
};
use tokio_rustls::TlsConnector;

use super::Trouble;
use crate::{options::Options, target::Target};

/// The longest wait for one address before the next is tried.
const CONNECT: Duration = Duration::from_secs(5);

/// What both a TCP and a TLS stream do.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Holds an open connection, and what was read from it and not yet used.
pub(crate) struct Link {
    pub(crate) stream: Box<dyn Stream>,
    pub(super) unread: Vec<u8>,
}

/// Opens connections to one target.
pub(super) struct Connector {
    host: String,
    port: u16,
    fixed: Vec<std::net::SocketAddr>,
    tls: Option<(TlsConnector, ServerName<'static>)>,
    /// The same, for HTTP/2 alone.
    tls_h2: Option<TlsConnector>,
}

impl Connector {
    pub(super) fn new(target: &Target, options: &Options) -> Result<Self, Trouble> {
        let (host, port) = (target.host().to_owned(), target.port());
        let bare = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let same = |host: &str| host.trim_matches(['[', ']']).eq_ignore_ascii_case(&bare);
        let fixed = options.resolve.iter().filter(|one| one.port == port && same(&one.host));
        let fixed = fixed.map(|one| one.address).collect();
        let (tls, tls_h2) = match target.is_https() {
            false => (None, None),
            true => {
                let name = ServerName::try_from(bare.clone())
                    .map_err(|_| Trouble::Unreachable(format!("`{host}` cannot stand in a certificate")))?;
                let config = options.trust.config(b"http/1.1");
                let config = config.map_err(|why| Trouble::Unreachable(why.to_string()))?;
                let mut h2 = config.clone();
                h2.alpn_protocols = vec![b"h2".to_vec()];
                (Some((TlsConnector::from(Arc::new(config)), name)), Some(TlsConnector::from(Arc::new(h2))))
            }
        };
        Ok(Self { host: bare, port, fixed, tls, tls_h2 })
    }

    pub(super) async fn connect(&self) -> Result<Link, Trouble> {
        let tcp = self.tcp().await?;
        // Requests are one write each; waiting to fill a packet would only cost time.
        let _ = tcp.set_nodelay(true);
        let stream: Box<dyn Stream> = match &self.tls {
            None => Box::new(tcp),
            Some((tls, name)) => Box::new(tls.connect(name.clone(), tcp).await.map_err(|why| {
                Trouble::Unreachable(format!(
                    "TLS with {}: {why} (--cacert names another authority, --insecure asks none)",
                    self.host
                ))
            })?),
        };
        Ok(Link { stream, unread: Vec::new() })
    }

    /// Connects for HTTP/2; `None` where the server does not offer it.
    pub(super) async fn connect_h2(&self) -> Result<Option<Link>, Trouble> {
        let (Some(tls), Some((_, name))) = (&self.tls_h2, &self.tls) else { return Ok(None) };
        // A server without HTTP/2 breaks the handshake off or agrees on nothing.
        let Ok(stream) = tls.connect(name.clone(), self.tcp().await?).await else { return Ok(None) };
        let agreed = stream.get_ref().1.alpn_protocol() == Some(b"h2");
        Ok(agreed.then(|| Link { stream: Box::new(stream), unread: Vec::new() }))
    }

    async fn tcp(&self) -> Result<TcpStream, Trouble> {
        let addresses = match self.fixed.is_empty() {
            false => self.fixed.clone(),
            true => lookup_host((self.host.as_str(), self.port))
                .await
                .map_err(|why| Trouble::Unreachable(format!("cannot find {}: {why}", self.host)))?
                .collect(),
        };
        let mut last = format!("{} has no address", self.host);
        for address in addresses {
            last = match timeout(CONNECT, TcpStream::connect(address)).await {
                Ok(Ok(stream)) => return Ok(stream),
                Ok(Err(why)) => format!("cannot connect to {address}: {why}"),
                Err(_) => format!("cannot connect to {address}: no answer within {} s", CONNECT.as_secs()),
            };
        }
        Err(Trouble::Unreachable(last))
    }
}

/// A sentence for an error of the socket.
pub(super) fn broken(why: &io::Error) -> Trouble {
    Trouble::Closed(why.to_string())
}
