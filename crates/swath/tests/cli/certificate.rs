//! Which certificate a server shows, seen by a client that believes any; and how one is made.

use std::{net::SocketAddr, sync::Arc};

use rustls::{ClientConnection, StreamOwned, pki_types::ServerName};
use swath_fetch::Trust;

use crate::{
    harness::Swath,
    running::{ask, connect},
};

#[path = "../../../swath-trust/tests/common/certificate.rs"]
mod made;

pub(crate) use made::own_authority;

/// Asks over TLS and gives the certificate shown with the answer.
pub(crate) fn shown_and_answered(address: SocketAddr, target: &str) -> (Vec<u8>, String) {
    let config = Trust::Anyone.config(b"http/1.1").expect("a client's settings");
    let name = ServerName::try_from("localhost").expect("a name");
    let client = ClientConnection::new(Arc::new(config), name).expect("a client");
    let mut stream = StreamOwned::new(client, connect(address));
    let answer = ask(&mut stream, target, "");
    let certificate = stream.conn.peer_certificates().and_then(<[_]>::first).expect("a certificate");
    (certificate.to_vec(), answer)
}

/// Puts a fresh certificate and its key into the directory.
pub(crate) fn certified(swath: Swath) -> Swath {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    swath.file("cert.pem", made.cert.pem()).file("key.pem", made.signing_key.serialize_pem())
}
