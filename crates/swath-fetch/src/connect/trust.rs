//! Who vouches for a server: a choice in, TLS as a client out.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use rustls::crypto::ring;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use tokio_rustls::TlsConnector;

use super::verify::{Anyone, Own};
use crate::job::Trust;

/// Holds TLS for each version of HTTP; set up when it is first needed, since reading a system's roots takes a while.
pub(crate) struct Tls {
    trust: Trust,
    ready: OnceLock<Result<Connectors, String>>,
}

struct Connectors {
    http1: TlsConnector,
    http2: TlsConnector,
}

impl Tls {
    pub(crate) fn new(trust: Trust) -> Self {
        Self { trust, ready: OnceLock::new() }
    }

    /// The connector that offers this version of HTTP and no other: which one is spoken is never left to chance.
    pub(crate) fn connector(&self, http2: bool) -> Result<&TlsConnector, String> {
        let ready = self.ready.get_or_init(|| {
            let config = config(&self.trust)?;
            let offering = |protocol: &[u8]| {
                let mut config = config.clone();
                config.alpn_protocols = vec![protocol.to_vec()];
                TlsConnector::from(Arc::new(config))
            };
            Ok(Connectors { http1: offering(b"http/1.1"), http2: offering(b"h2") })
        });
        match ready {
            Ok(connectors) if http2 => Ok(&connectors.http2),
            Ok(connectors) => Ok(&connectors.http1),
            Err(why) => Err(why.clone()),
        }
    }
}

fn config(trust: &Trust) -> Result<ClientConfig, String> {
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| format!("cannot set up TLS: {error}"))?;
    Ok(match trust {
        Trust::System => builder.with_root_certificates(system()?).with_no_client_auth(),
        Trust::File(path) => {
            let own = Own::new(in_file(path)?, provider).map_err(|why| wrong(path, &why))?;
            builder.dangerous().with_custom_certificate_verifier(Arc::new(own)).with_no_client_auth()
        }
        Trust::Anyone => builder
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Anyone(provider)))
            .with_no_client_auth(),
    })
}

fn system() -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    // One that cannot be read is passed over: a server that needs it is refused by name later.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    match roots.is_empty() {
        true => {
            Err("this system trusts no certificate authority: install ca-certificates, or name a file with \
             --cacert"
                .to_owned())
        }
        false => Ok(roots),
    }
}

fn in_file(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let read = CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let certificates = read.map_err(|error| wrong(path, &error.to_string()))?;
    match certificates.is_empty() {
        true => Err(wrong(path, "it holds no certificate in PEM form")),
        false => Ok(certificates),
    }
}

fn wrong(path: &Path, why: &str) -> String {
    format!("cannot trust in {}: {why}", path.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_certificates_is_named_and_so_is_the_reason() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("authorities.pem");
        for content in [None, Some("no certificate\n")] {
            if let Some(content) = content {
                std::fs::write(&path, content).unwrap();
            }
            let why = Tls::new(Trust::File(path.clone())).connector(false).err().unwrap();
            assert!(why.contains("authorities.pem"), "{why}");
        }
    }

    #[test]
    fn each_connector_offers_one_version() {
        let tls = Tls::new(Trust::Anyone);
        for (http2, name) in [(false, &b"http/1.1"[..]), (true, b"h2")] {
            assert_eq!(tls.connector(http2).unwrap().config().alpn_protocols, [name.to_vec()]);
        }
    }
}
