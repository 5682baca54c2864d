//! Who vouches for a server: a choice in, TLS as a client out.
//!
//! What fetches, what audits and what stands as a lens before another server ask this one piece, so that a certificate that one of
//! them believes the others believe too.

mod verify;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::crypto::ring;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;

use verify::Judge;

/// Says who vouches for a server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Trust {
    /// The authorities that this system trusts.
    #[default]
    System,
    /// The authorities in this PEM file, and no others; a server may show one of them as its own.
    File(PathBuf),
    /// Nobody has to: the octets are kept from listeners, not from whoever stands between.
    Anyone,
}

/// Says why TLS could not be set up so, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// The file of certificates cannot be used.
    #[error("cannot trust in {}: {reason}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The system has no authorities.
    #[error(
        "this system trusts no certificate authority: install ca-certificates, or name a file of certificates"
    )]
    NoSystem,
    /// The TLS library refuses.
    #[error("cannot set up TLS: {0}")]
    Tls(#[source] rustls::Error),
}

impl Trust {
    /// Sets up TLS as a client that trusts so, and speaks `protocol` (as ALPN names it) and no other.
    ///
    /// Reading a system's authorities takes some milliseconds.
    ///
    /// # Errors
    /// The file cannot be read or holds no certificate, or the system has none.
    pub fn config(&self, protocol: &[u8]) -> Result<ClientConfig, TrustError> {
        let provider = Arc::new(ring::default_provider());
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(TrustError::Tls)?;
        let judge = match self {
            Trust::System => None,
            Trust::File(path) => {
                Some(Judge::of(in_file(path)?, provider).map_err(|reason| wrong(path, reason))?)
            }
            Trust::Anyone => Some(Judge::of_anyone(&provider)),
        };
        let mut config = match judge {
            None => builder.with_root_certificates(system()?),
            Some(judge) => builder.dangerous().with_custom_certificate_verifier(Arc::new(judge)),
        }
        .with_no_client_auth();
        config.alpn_protocols = vec![protocol.to_vec()];
        Ok(config)
    }
}

fn system() -> Result<RootCertStore, TrustError> {
    let mut roots = RootCertStore::empty();
    // One that cannot be read is passed over: a server that needs it is refused by name later.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() { Err(TrustError::NoSystem) } else { Ok(roots) }
}

fn in_file(path: &Path) -> Result<Vec<CertificateDer<'static>>, TrustError> {
    let read = CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let certificates = read.map_err(|error| wrong(path, error.to_string()))?;
    match certificates.is_empty() {
        true => Err(wrong(path, "it holds no certificate in PEM form".to_owned())),
        false => Ok(certificates),
    }
}

fn wrong(path: &Path, reason: String) -> TrustError {
    TrustError::File { path: path.to_owned(), reason }
}
