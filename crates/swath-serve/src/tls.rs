//! The certificate, and the TLS that is spoken with it.
//!
//! Comes in: PEM files, or the wish for a certificate of our own. Goes out: the configuration each new
//! connection takes, replaced as a whole when the files change.

use std::fmt;
use std::fs::File;
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use rustls::ServerConfig;
use rustls_pki_types::pem::{self, PemObject};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use sha2::{Digest, Sha256};

/// Where the certificate comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Certificate {
    /// Two PEM files: the chain, the server's own certificate first, and its private key.
    Files {
        /// The chain.
        chain: PathBuf,
        /// The private key (PKCS #8, PKCS #1 or SEC1).
        key: PathBuf,
    },
    /// One made at start, for `localhost`, the loopback addresses and these names; nobody trusts it unless
    /// told to.
    SelfSigned {
        /// Further names and addresses it shall be good for.
        names: Vec<String>,
    },
}

/// Says why there is no certificate to serve with, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file could not be read.
    #[error("cannot read {}: {error}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        error: io::Error,
    },
    /// The file of the chain holds no certificate.
    #[error("{} holds no certificate in PEM form; it should begin with -----BEGIN CERTIFICATE-----", .0.display())]
    NoCertificate(PathBuf),
    /// The file of the key holds no private key.
    #[error("{} holds no private key in PEM form that can be used; keys with a passphrase must be decrypted first", .0.display())]
    NoKey(PathBuf),
    /// A file is not sound PEM.
    #[error("{} is not sound PEM: {error}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        error: pem::Error,
    },
    /// The key is not the certificate's, or is of a kind that cannot be used.
    #[error(
        "the certificate and the key do not go together: {0}; give the key that the certificate was issued for"
    )]
    Mismatch(#[source] rustls::Error),
    /// Our own certificate could not be made.
    #[error("cannot make a certificate: {0}; the names must be host names or addresses")]
    SelfSigned(#[source] rcgen::Error),
}

/// The TLS side of a server; shared by its listeners.
pub struct Tls {
    source: Certificate,
    current: RwLock<Current>,
}

#[derive(Clone)]
struct Current {
    config: Arc<ServerConfig>,
    fingerprint: [u8; 32],
}

impl Tls {
    /// Reads or makes the certificate.
    pub fn new(source: Certificate) -> Result<Tls, TlsError> {
        let current = RwLock::new(load(&source)?);
        Ok(Tls { source, current })
    }

    /// Reads the certificate and key again, for connections accepted from now on.
    ///
    /// On an error everything stays as it was. A certificate of our own is kept.
    pub fn reload(&self) -> Result<(), TlsError> {
        if matches!(self.source, Certificate::SelfSigned { .. }) {
            return Ok(());
        }
        let fresh = load(&self.source)?;
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = fresh;
        Ok(())
    }

    /// Returns the SHA-256 fingerprint of the server's certificate, as browsers and `openssl x509
    /// -fingerprint -sha256` show it.
    pub fn fingerprint(&self) -> String {
        let octets = self.current().fingerprint.map(|octet| format!("{octet:02X}"));
        octets.join(":")
    }

    /// Returns the configuration for one new connection.
    pub(crate) fn config(&self) -> Arc<ServerConfig> {
        self.current().config
    }

    fn current(&self) -> Current {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").field("source", &self.source).finish_non_exhaustive()
    }
}

fn load(source: &Certificate) -> Result<Current, TlsError> {
    let (chain, key) = match source {
        Certificate::Files { chain, key } => (read_chain(chain)?, read_key(key)?),
        Certificate::SelfSigned { names } => self_signed(names)?,
    };
    let fingerprint = chain.first().map(Sha256::digest).unwrap_or_default().into();
    // The provider is named here: which one is compiled in elsewhere must not change what is spoken.
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(TlsError::Mismatch)?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(TlsError::Mismatch)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    // Tickets let a player that reconnects for every seek skip the costly half of the handshake, without
    // state here.
    config.ticketer = rustls::crypto::ring::Ticketer::new().map_err(TlsError::Mismatch)?;
    Ok(Current { config: Arc::new(config), fingerprint })
}

fn open(path: &Path) -> Result<BufReader<File>, TlsError> {
    let file = File::open(path).map_err(|error| TlsError::Unreadable { path: path.to_owned(), error })?;
    Ok(BufReader::new(file))
}

fn damaged(path: &Path, error: pem::Error) -> TlsError {
    match error {
        pem::Error::Io(error) => TlsError::Unreadable { path: path.to_owned(), error },
        error => TlsError::Damaged { path: path.to_owned(), error },
    }
}

fn read_chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let chain: Vec<_> = CertificateDer::pem_reader_iter(open(path)?)
        .collect::<Result<_, _>>()
        .map_err(|error| damaged(path, error))?;
    if chain.is_empty() { Err(TlsError::NoCertificate(path.to_owned())) } else { Ok(chain) }
}

fn read_key(path: &Path) -> Result<PrivateKeyDer<'static>, TlsError> {
    PrivateKeyDer::from_pem_reader(open(path)?).map_err(|error| match error {
        pem::Error::NoItemsFound => TlsError::NoKey(path.to_owned()),
        error => damaged(path, error),
    })
}

type Pair = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

fn self_signed(names: &[String]) -> Result<Pair, TlsError> {
    let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    let mut all: Vec<String> = ["localhost", "127.0.0.1", "::1"].map(str::to_owned).into();
    // A machine's name may be no host name at all; then it is left out, where a name that was asked for is
    // an error.
    if rustls_pki_types::DnsName::try_from(host.as_str()).is_ok() {
        all.push(host);
    }
    all.extend(names.iter().cloned());
    all.dedup();
    let made = rcgen::generate_simple_self_signed(all).map_err(TlsError::SelfSigned)?;
    let key = PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into());
    Ok((vec![made.cert.der().clone()], key))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Files {
        _directory: tempfile::TempDir,
        chain: PathBuf,
        key: PathBuf,
    }

    impl Files {
        fn new() -> Files {
            let directory = tempfile::tempdir().unwrap();
            let (chain, key) = (directory.path().join("chain.pem"), directory.path().join("key.pem"));
            let files = Files { _directory: directory, chain, key };
            files.write(&made(), &made());
            files
        }

        fn write(&self, chain: &(String, String), key: &(String, String)) {
            std::fs::write(&self.chain, &chain.0).unwrap();
            std::fs::write(&self.key, &key.1).unwrap();
        }

        fn source(&self) -> Certificate {
            Certificate::Files { chain: self.chain.clone(), key: self.key.clone() }
        }
    }

    fn made() -> (String, String) {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        (made.cert.pem(), made.signing_key.serialize_pem())
    }

    #[test]
    fn a_certificate_of_our_own_has_a_fingerprint_and_outlives_reload() {
        let tls = Tls::new(Certificate::SelfSigned { names: vec!["films.example".to_owned()] }).unwrap();
        let fingerprint = tls.fingerprint();
        assert_eq!(fingerprint.len(), 32 * 3 - 1);
        tls.reload().unwrap();
        assert_eq!(tls.fingerprint(), fingerprint);
    }

    #[test]
    fn a_new_pair_is_taken_and_a_bad_one_is_not() {
        let files = Files::new();
        let pair = made();
        files.write(&pair, &pair);
        let tls = Tls::new(files.source()).unwrap();
        let first = tls.fingerprint();
        // The key of another certificate.
        files.write(&made(), &made());
        assert!(matches!(tls.reload(), Err(TlsError::Mismatch(_))));
        assert_eq!(tls.fingerprint(), first);
        let pair = made();
        files.write(&pair, &pair);
        tls.reload().unwrap();
        assert_ne!(tls.fingerprint(), first);
    }

    #[test]
    fn files_that_cannot_serve_say_why() {
        let files = Files::new();
        std::fs::write(&files.chain, "no PEM here").unwrap();
        assert!(matches!(Tls::new(files.source()), Err(TlsError::NoCertificate(_))));
        let pair = made();
        files.write(&pair, &(String::new(), pair.0.clone()));
        assert!(matches!(Tls::new(files.source()), Err(TlsError::NoKey(_))));
        std::fs::write(&files.chain, "-----BEGIN CERTIFICATE-----\n*\n-----END CERTIFICATE-----\n").unwrap();
        assert!(matches!(Tls::new(files.source()), Err(TlsError::Damaged { .. })));
        std::fs::remove_file(&files.chain).unwrap();
        let error = Tls::new(files.source()).unwrap_err();
        assert!(matches!(error, TlsError::Unreadable { .. }));
        assert!(error.to_string().contains("chain.pem"));
    }

    #[test]
    fn a_name_that_is_none_is_refused() {
        let source = Certificate::SelfSigned { names: vec!["not a näme".to_owned()] };
        assert!(matches!(Tls::new(source), Err(TlsError::SelfSigned(_))));
    }
}
