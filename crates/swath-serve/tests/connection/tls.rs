//! TLS: what is negotiated, what is refused, and a certificate that changes.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::pki_types::{CertificateDer, ServerName, pem::PemObject};
use rustls::{ClientConfig, RootCertStore};
use swath_serve::exchange::Outcome;
use swath_serve::limits::Limits;
use swath_serve::server::ServerOptions;
use swath_serve::tls::{Certificate, Tls};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::http2::{ask, read, run, speak};
use crate::support::{Running, short};

/// A certificate in files, and a server that speaks with it.
struct Secure {
    _directory: tempfile::TempDir,
    chain: PathBuf,
    key: PathBuf,
    tls: Arc<Tls>,
    server: Running,
}

impl Secure {
    fn start(limits: Limits) -> Secure {
        let directory = tempfile::tempdir().unwrap();
        let (chain, key) = (directory.path().join("chain.pem"), directory.path().join("key.pem"));
        write_pair(&chain, &key);
        let files = Certificate::Files { chain: chain.clone(), key: key.clone() };
        let tls = Arc::new(Tls::new(files).unwrap());
        let options = ServerOptions { tls: Some(Arc::clone(&tls)), limits, ..ServerOptions::default() };
        Secure { _directory: directory, chain, key, tls, server: Running::with(options) }
    }

    /// Shakes hands, trusting only what the files hold now.
    async fn shake(&self, protocols: &[&str]) -> std::io::Result<TlsStream<TcpStream>> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(&self.chain).unwrap()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let versions = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let mut config = versions.unwrap().with_root_certificates(roots).with_no_client_auth();
        config.alpn_protocols = protocols.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
        let socket = TcpStream::connect(self.server.address).await?;
        TlsConnector::from(Arc::new(config)).connect(ServerName::try_from("localhost").unwrap(), socket).await
    }
}

fn write_pair(chain: &PathBuf, key: &PathBuf) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    std::fs::write(chain, made.cert.pem()).unwrap();
    std::fs::write(key, made.signing_key.serialize_pem()).unwrap();
}

async fn get(stream: &mut TlsStream<TcpStream>, path: &str) -> String {
    let request = format!("GET {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut reply = Vec::new();
    // Without a closure alert this fails: an answer over TLS ends as it should.
    stream.read_to_end(&mut reply).await.unwrap();
    String::from_utf8(reply).unwrap()
}

#[test]
fn both_versions_are_negotiated() {
    let secure = Secure::start(short());
    run(async {
        let stream = secure.shake(&["h2", "http/1.1"]).await.unwrap();
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
        let (mut client, _) = speak(stream).await;
        let (_, content) = ask(&mut client, "/bytes/3000000").await;
        assert_eq!(read(content).await.unwrap(), 3_000_000);

        let mut stream = secure.shake(&["http/1.1"]).await.unwrap();
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
        assert!(get(&mut stream, "/one").await.ends_with("\r\n\r\n/one"));

        // Without ALPN it is HTTP/1.1.
        let mut stream = secure.shake(&[]).await.unwrap();
        assert_eq!(stream.get_ref().1.alpn_protocol(), None);
        assert!(get(&mut stream, "/bytes/3000000").await.len() > 3_000_000);
    });
    let sent: Vec<_> = secure.server.seen.exchanges(3);
    assert_eq!(
        sent,
        [(Outcome::Finished, 3_000_000), (Outcome::Finished, 4), (Outcome::Finished, 3_000_000)]
    );
}

#[test]
fn http_in_the_clear_is_told_to_use_https() {
    let secure = Secure::start(short());
    let mut client = secure.server.connect();
    client.get("/");
    let reply = client.reply();
    assert_eq!(reply.status(), 400);
    assert!(reply.text().contains("https"), "{}", reply.text());
    assert!(client.rest().is_empty());
    assert_eq!(secure.server.seen.refusals(1), [(Some(400), Outcome::BadHead)]);
}

#[test]
fn a_handshake_that_does_not_come_is_cut_off_in_time() {
    let secure = Secure::start(Limits { handshake_time: Duration::from_millis(300), ..short() });
    for first in [&b""[..], b"\x16\x03\x01"] {
        let mut client = secure.server.connect();
        client.send(first);
        let start = Instant::now();
        client.until_reset();
        let took = start.elapsed();
        assert!(took >= Duration::from_millis(250) && took < Duration::from_secs(8), "{took:?}");
    }
}

#[test]
fn deadlines_hold_under_tls() {
    let secure = Secure::start(short());
    run(async {
        // Idle after the handshake, and part of a head.
        for (part, expected) in [("", 0), ("GET / HT", 408)] {
            let mut stream = secure.shake(&["http/1.1"]).await.unwrap();
            stream.write_all(part.as_bytes()).await.unwrap();
            let mut reply = Vec::new();
            stream.read_to_end(&mut reply).await.unwrap();
            let status =
                reply.get(9..12).map_or(0, |digits| std::str::from_utf8(digits).unwrap().parse().unwrap());
            assert_eq!(status, expected);
        }
        // A peer that stops reading.
        let mut stream = secure.shake(&["http/1.1"]).await.unwrap();
        stream.write_all(b"GET /bytes/1000000000 HTTP/1.1\r\nHost: test\r\n\r\n").await.unwrap();
        secure.server.seen.exchanges(1);
        let mut received = vec![0; 65_536];
        loop {
            match stream.read(&mut received).await {
                Ok(0) => panic!("a response that was cut looked complete"),
                Ok(_) => {}
                Err(error) => {
                    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
                    break;
                }
            }
        }
    });
    assert_eq!(secure.server.seen.exchanges(1)[0].0, Outcome::Stalled);
}

#[test]
fn a_certificate_is_replaced_while_serving() {
    let secure = Secure::start(short());
    run(async {
        let mut before = secure.shake(&["http/1.1"]).await.unwrap();
        let first = secure.tls.fingerprint();
        write_pair(&secure.chain, &secure.key);
        // The files changed, and nothing else did: whoever trusts the new ones alone is not served yet.
        assert!(secure.shake(&["http/1.1"]).await.is_err());
        secure.tls.reload().unwrap();
        assert_ne!(secure.tls.fingerprint(), first);
        let mut after = secure.shake(&["http/1.1"]).await.unwrap();
        assert!(get(&mut after, "/after").await.ends_with("/after"));
        // A connection that was open goes on.
        assert!(get(&mut before, "/before").await.ends_with("/before"));
        // A key that is not the certificate's is refused, and the last pair serves on.
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        std::fs::write(&secure.key, made.signing_key.serialize_pem()).unwrap();
        secure.tls.reload().unwrap_err();
        assert!(get(&mut secure.shake(&["http/1.1"]).await.unwrap(), "/still").await.ends_with("/still"));
    });
}

#[test]
fn a_response_cut_under_tls_gives_no_closure_alert() {
    let secure = Secure::start(short());
    run(async {
        let mut stream = secure.shake(&["http/1.1"]).await.unwrap();
        stream.write_all(b"GET /cut/300000 HTTP/1.1\r\nHost: test\r\n\r\n").await.unwrap();
        assert!(
            stream.read_to_end(&mut Vec::new()).await.is_err(),
            "a response that was cut looked complete"
        );
    });
}
