//! A stream to a server: the link it leaves by, the proxy between, TLS on top.
//!
//! In: a URL. Out: a stream over which HTTP is spoken, and what has to be known about it.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::{HeaderValue, Uri};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::{SocksV4, SocksV5, Tunnel};
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use hyper_util::rt::TokioIo;
use rustls::AlertDescription;
use rustls_pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tower_service::Service;
use url::Url;

use super::names::Names;
use super::request::without_secrets;
use super::trust::Tls;
use crate::fault::{Error, Trouble, sentence};
use crate::job::{Job, Proxy};

/// Time between probes of a silent connection: a link that died without a word is noticed, also by the kernel.
const KEEPALIVE: Duration = Duration::from_secs(15);

/// What a connection is made of: TCP, or TLS over something.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {
    /// The other end of the TCP connection below.
    fn peer(&self) -> Option<SocketAddr>;
}

impl Stream for TcpStream {
    fn peer(&self) -> Option<SocketAddr> {
        self.peer_addr().ok()
    }
}

impl Stream for TlsStream<BoxStream> {
    fn peer(&self) -> Option<SocketAddr> {
        self.get_ref().0.peer()
    }
}

pub(crate) type BoxStream = Box<dyn Stream>;

/// Holds a stream that is ready for HTTP.
pub(crate) struct Reached {
    pub(crate) stream: BoxStream,
    /// Whether the other end is a proxy that takes requests for others, and what it wants to know about the user.
    pub(crate) forward: Option<Option<HeaderValue>>,
    /// Whether TLS agreed on HTTP/2.
    pub(crate) http2: bool,
}

/// Opens streams that leave by one link.
#[derive(Clone)]
pub(crate) struct Reach {
    http: HttpConnector<Names>,
    proxies: Arc<Matcher>,
    tls: Arc<Tls>,
    timeout: Duration,
}

impl Reach {
    pub(crate) fn new(job: &Job, interface: Option<&str>, tls: Arc<Tls>) -> Result<Self, Error> {
        let mut http = HttpConnector::new_with_resolver(Names::new(interface));
        http.enforce_http(false);
        http.set_nodelay(true);
        http.set_keepalive(Some(KEEPALIVE));
        http.set_keepalive_interval(Some(KEEPALIVE));
        http.set_connect_timeout(Some(job.limits.connect_timeout));
        if let Some(name) = interface {
            http.set_interface(name);
        }
        Ok(Self { http, proxies: Arc::new(proxies(&job.proxy)?), tls, timeout: job.limits.connect_timeout })
    }

    /// Opens a stream for this URL; with `http2`, TLS offers that and nothing else.
    pub(crate) async fn reach(&self, url: &Url, http2: bool) -> Result<Reached, Trouble> {
        let work = self.reach_in_time(url, http2);
        tokio::time::timeout(self.timeout, work).await.unwrap_or_else(|_| {
            let limit = self.timeout.as_secs_f32();
            Err(Trouble::connect(format!("no connection to {} within {limit} s", place(url))))
        })
    }

    async fn reach_in_time(&self, url: &Url, http2: bool) -> Result<Reached, Trouble> {
        let uri: Uri = without_secrets(url)
            .as_str()
            .parse()
            .map_err(|error| Trouble::connect(format!("cannot connect to {}: {error}", place(url))))?;
        let secure = url.scheme() == "https";
        let Some(proxy) = self.proxies.intercept(&uri) else {
            let stream =
                self.dial(&uri).await.map_err(|why| Trouble::connect(format!("{}: {why}", place(url))))?;
            return self.secure(stream, url, secure, http2).await;
        };
        let failed = |why: String| {
            Trouble::connect(format!(
                "{} by the proxy {}: {why}",
                place(url),
                proxy.uri().host().unwrap_or("")
            ))
        };
        match proxy.uri().scheme_str() {
            // Proxies that take requests for others take them in HTTP/1.1; HTTP/2 goes through a tunnel, as TLS does.
            Some("http" | "https") if !secure && !http2 => {
                let stream = self.dial_proxy(proxy.uri()).await.map_err(failed)?;
                let forward = Some(proxy.basic_auth().cloned());
                Ok(Reached { stream, forward, http2: false })
            }
            _ => {
                let stream = self.through(&proxy, uri).await.map_err(failed)?;
                self.secure(stream, url, secure, http2).await
            }
        }
    }

    /// Has a proxy pass octets on.
    async fn through(&self, proxy: &Intercept, target: Uri) -> Result<BoxStream, String> {
        let dial = Dial(self.clone());
        let at = proxy.uri().clone();
        let stream = match at.scheme_str() {
            Some("socks5" | "socks5h") => {
                let local = at.scheme_str() == Some("socks5");
                let mut socks = SocksV5::new(at, dial).local_dns(local);
                if let Some((user, password)) = proxy.raw_auth() {
                    socks = socks.with_auth(user.to_owned(), password.to_owned());
                }
                socks.call(with_port(target)).await.map_err(|error| sentence(&error))?
            }
            Some("socks4" | "socks4a") => {
                let local = at.scheme_str() == Some("socks4");
                let mut socks = SocksV4::new(at, dial).local_dns(local);
                socks.call(with_port(target)).await.map_err(|error| sentence(&error))?
            }
            _ => {
                let mut tunnel = Tunnel::new(at, dial);
                if let Some(authorization) = proxy.basic_auth() {
                    tunnel = tunnel.with_auth(authorization.clone());
                }
                tunnel.call(with_port(target)).await.map_err(|error| sentence(&error))?
            }
        };
        Ok(stream.into_inner())
    }

    /// Connects to the host of this URI.
    async fn dial(&self, uri: &Uri) -> Result<BoxStream, String> {
        let stream = self.http.clone().call(uri.clone()).await.map_err(|error| sentence(&error))?;
        Ok(Box::new(stream.into_inner()))
    }

    /// Connects to a proxy, by TLS where its scheme says so.
    async fn dial_proxy(&self, uri: &Uri) -> Result<BoxStream, String> {
        let stream = self.dial(uri).await?;
        if uri.scheme_str() != Some("https") {
            return Ok(stream);
        }
        let host = uri.host().unwrap_or("").trim_matches(['[', ']']);
        let secured = handshake(self.tls.connector(false)?, host, stream).await;
        Ok(Box::new(secured.map_err(|error| format!("TLS: {}", sentence(&error)))?))
    }

    async fn secure(
        &self,
        stream: BoxStream,
        url: &Url,
        secure: bool,
        http2: bool,
    ) -> Result<Reached, Trouble> {
        if !secure {
            return Ok(Reached { stream, forward: None, http2: false });
        }
        let connector = self.tls.connector(http2).map_err(Trouble::hopeless)?;
        let host = url.host_str().unwrap_or("").trim_matches(['[', ']']);
        let stream = handshake(connector, host, stream).await.map_err(|error| {
            let at = place(url);
            match tls_error(&error) {
                None => Trouble::connect(format!("TLS with {at}: {}", sentence(&error))),
                Some(rustls::Error::AlertReceived(AlertDescription::NoApplicationProtocol)) => {
                    Trouble::hopeless(format!("TLS with {at}: it speaks no version of HTTP that was offered"))
                        .of_another_version()
                }
                Some(rustls::Error::InvalidCertificate(_)) => Trouble::hopeless(format!(
                    "TLS with {at}: {} (--cacert names another authority, --insecure asks none)",
                    sentence(&error)
                )),
                Some(_) => Trouble::hopeless(format!("TLS with {at}: {}", sentence(&error))),
            }
        })?;
        let agreed = stream.get_ref().1.alpn_protocol() == Some(b"h2");
        Ok(Reached { stream: Box::new(stream), forward: None, http2: agreed })
    }
}

async fn handshake(
    connector: &TlsConnector,
    host: &str,
    stream: BoxStream,
) -> std::io::Result<TlsStream<BoxStream>> {
    let name = ServerName::try_from(host.to_owned()).map_err(std::io::Error::other)?;
    connector.connect(name, stream).await
}

/// What TLS itself says, where it is not the connection below that broke: the same handshake would end alike again.
fn tls_error(error: &std::io::Error) -> Option<&rustls::Error> {
    error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>())
}

/// Host and port, for sentences.
fn place(url: &Url) -> String {
    let host = url.host_str().unwrap_or("");
    url.port_or_known_default().map_or(host.to_owned(), |port| format!("{host}:{port}"))
}

/// Proxies are told a port in any case.
fn with_port(uri: Uri) -> Uri {
    let Some(authority) = uri.authority().filter(|authority| authority.port().is_none()) else { return uri };
    let port = if uri.scheme_str() == Some("https") { 443 } else { 80 };
    let full = format!("{}://{authority}:{port}/", uri.scheme_str().unwrap_or("http"));
    full.parse().unwrap_or(uri)
}

fn proxies(choice: &Proxy) -> Result<Matcher, Error> {
    match choice {
        Proxy::Environment => Ok(Matcher::from_env()),
        Proxy::None => Ok(Matcher::builder().build()),
        Proxy::By(text) => {
            let matcher = Matcher::builder().all(text.as_str()).build();
            let known = matcher.intercept(&Uri::from_static("http://a.example/")).is_some();
            known.then_some(matcher).ok_or_else(|| {
                Error::Misuse(format!("`{text}` is no proxy; write http://HOST:PORT, https:// or socks5://"))
            })
        }
    }
}

/// The connector that the proxies of the library stand on.
#[derive(Clone)]
struct Dial(Reach);

impl Service<Uri> for Dial {
    type Response = TokioIo<BoxStream>;
    type Error = std::io::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let reach = self.0.clone();
        Box::pin(async move { reach.dial_proxy(&uri).await.map(TokioIo::new).map_err(std::io::Error::other) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_that_makes_no_sense_is_refused_before_anything_is_sent() {
        for good in ["http://p:3128", "p:3128", "https://p", "socks5://u:p@p:1080"] {
            assert!(proxies(&Proxy::By(good.to_owned())).is_ok(), "{good}");
        }
        for bad in ["", "ftp://p:21", "http://"] {
            assert!(proxies(&Proxy::By(bad.to_owned())).is_err(), "{bad}");
        }
    }

    #[test]
    fn proxies_are_told_a_port() {
        for (uri, expected) in [
            ("https://a.example/f", "https://a.example:443/"),
            ("http://a.example/f", "http://a.example:80/"),
            ("http://[::1]/f", "http://[::1]:80/"),
            ("http://a.example:81/f", "http://a.example:81/f"),
        ] {
            assert_eq!(with_port(uri.parse().unwrap()), expected);
        }
    }
}
