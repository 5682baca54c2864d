//! Which server is believed by whom: real handshakes, in memory.

#[path = "common/certificate.rs"]
mod certificate;

use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::{PrivateKeyDer, ServerName};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ClientConnection, ServerConfig, ServerConnection};
use swath_trust::Trust;

use certificate::own_authority;

type Made = rcgen::CertifiedKey<rcgen::KeyPair>;

/// Speaks TLS with a server that shows this certificate; what the client says of it.
fn shake_hands(trust: &Trust, made: &Made, name: &str) -> Result<(), String> {
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let key = rustls::crypto::ring::sign::any_supported_type(&key).unwrap();
    // Whether the key is that of the certificate is for the client to find out.
    let shown = CertifiedKey::new(vec![made.cert.der().clone()], key);
    let server = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(SingleCertAndKey::from(shown)));
    let mut server = ServerConnection::new(Arc::new(server)).unwrap();
    let config = trust.config(b"http/1.1").unwrap();
    let mut client =
        ClientConnection::new(Arc::new(config), ServerName::try_from(name.to_owned()).unwrap()).unwrap();
    // A handshake takes two turns; more would mean that it goes nowhere.
    for _ in 0..8 {
        let mut wire = Vec::new();
        client.write_tls(&mut wire).unwrap();
        server.read_tls(&mut &wire[..]).unwrap();
        // Where the client refuses, the server hears of that, and there is nothing to add.
        let _ = server.process_new_packets();
        wire.clear();
        server.write_tls(&mut wire).unwrap();
        client.read_tls(&mut &wire[..]).unwrap();
        client.process_new_packets().map_err(|error| error.to_string())?;
        if !client.is_handshaking() {
            return Ok(());
        }
    }
    panic!("the handshake does not end");
}

fn in_file(directory: &Path, name: &str, pems: &[String]) -> Trust {
    let path = directory.join(name);
    std::fs::write(&path, pems.concat()).unwrap();
    Trust::File(path)
}

#[test]
fn a_server_is_believed_for_what_the_file_holds_and_for_its_name() {
    let directory = tempfile::tempdir().unwrap();
    let plain = rcgen::generate_simple_self_signed(["a.example".to_owned()]).unwrap();
    let authority = own_authority("a.example");
    let key = rcgen::KeyPair::generate().unwrap();
    let parameters = rcgen::CertificateParams::new(["a.example".to_owned()]).unwrap();
    // An issuer is known by its name and its key; this is the name that the library gives all.
    let issuer = rcgen::Issuer::from_params(&parameters, &authority.signing_key);
    let issued = Made { cert: parameters.signed_by(&key, &issuer).unwrap(), signing_key: key };
    let other = own_authority("a.example");
    let both = in_file(directory.path(), "both.pem", &[plain.cert.pem(), authority.cert.pem()]);
    for (trust, made, name, believed) in [
        (&both, &plain, "a.example", true),
        (&both, &authority, "a.example", true),
        (&both, &issued, "a.example", true),
        (&both, &other, "a.example", false),
        (&both, &authority, "b.example", false),
        (&both, &plain, "b.example", false),
        (&both, &issued, "b.example", false),
        (&Trust::Anyone, &other, "b.example", true),
    ] {
        let told = shake_hands(trust, made, name);
        assert_eq!(told.is_ok(), believed, "{trust:?} {name}: {told:?}");
    }
}

#[test]
fn whose_key_did_not_sign_the_handshake_is_never_believed() {
    let directory = tempfile::tempdir().unwrap();
    let (own, other) = (own_authority("a.example"), own_authority("a.example"));
    let trust = in_file(directory.path(), "own.pem", &[own.cert.pem()]);
    // Somebody who shows the certificate, and has another key.
    let thief = Made { cert: own.cert, signing_key: other.signing_key };
    for trust in [trust, Trust::Anyone] {
        assert!(shake_hands(&trust, &thief, "a.example").is_err(), "{trust:?}");
    }
}

#[test]
fn a_file_without_certificates_is_named_and_so_is_the_reason() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("authorities.pem");
    for content in [None, Some("no certificate\n")] {
        if let Some(content) = content {
            std::fs::write(&path, content).unwrap();
        }
        let why = Trust::File(path.clone()).config(b"h2").unwrap_err().to_string();
        assert!(why.contains("authorities.pem"), "{why}");
    }
}

#[test]
fn one_protocol_is_offered() {
    for protocol in [&b"http/1.1"[..], b"h2"] {
        assert_eq!(Trust::Anyone.config(protocol).unwrap().alpn_protocols, [protocol.to_vec()]);
    }
}
