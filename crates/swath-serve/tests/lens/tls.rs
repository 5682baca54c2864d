//! An origin that speaks TLS.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use swath_serve::lens::Trust;

use crate::support::{Through, parts, read_head};

#[path = "../../../swath-trust/tests/common/certificate.rs"]
mod certificate;

/// Serves each connection one answer under TLS, with a certificate for 127.0.0.1 that is written to `file`.
fn origin(file: &PathBuf) -> u16 {
    let made = certificate::own_authority("127.0.0.1");
    std::fs::write(file, made.cert.pem()).unwrap();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let (listener, config) = (std::net::TcpListener::bind("127.0.0.1:0").unwrap(), Arc::new(config));
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for socket in listener.incoming() {
            let tls = ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut stream = StreamOwned::new(tls, socket.unwrap());
            // A client that does not believe the certificate sends no head.
            if read_head(&mut stream).is_some() {
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecret");
                stream.conn.send_close_notify();
                let _ = stream.flush();
            }
        }
    });
    port
}

#[test]
fn the_origins_certificate_is_believed_as_told_and_not_otherwise() {
    let directory = tempfile::tempdir().unwrap();
    let (own, others) = (directory.path().join("own.pem"), directory.path().join("others.pem"));
    let port = origin(&own);
    origin(&others);
    for (host, trust, believed) in [
        ("127.0.0.1", Trust::File(own.clone()), true),
        ("127.0.0.1", Trust::File(others), false),
        ("localhost", Trust::File(own), false),
        ("localhost", Trust::Anyone, true),
    ] {
        let lens = Through::with(&format!("https://{host}:{port}/"), trust.clone());
        let answer = lens.ask("GET", "/", "");
        if believed {
            assert_eq!(parts(&answer).1, "secret", "{host} {trust:?}: {answer}");
        } else {
            assert!(
                answer.starts_with("HTTP/1.1 502 ") && answer.contains("TLS: "),
                "{host} {trust:?}: {answer}"
            );
            assert_eq!(lens.record(1).because, Some("origin-unreachable"));
        }
    }
}
