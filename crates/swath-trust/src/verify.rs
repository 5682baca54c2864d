//! Certificates that are judged otherwise than by the system's authorities.
//!
//! In: what a server shows. Out: whether it is believed.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::{
    CryptoProvider, WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature,
};
use rustls::server::ParsedCertificate;
use rustls::{DigitallySignedStruct, RootCertStore, SignatureScheme};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};

/// How the library says that a server shows a certificate of an authority as its own.
const AUTHORITY_AS_SERVER: &str = "CaUsedAsEndEntity";

/// Judges certificates as the user asked; that the key of the one shown signed the handshake is checked in any case.
#[derive(Debug)]
pub(super) struct Judge {
    algorithms: WebPkiSupportedAlgorithms,
    /// Whose certificates are believed; `None` for anyone's.
    own: Option<Own>,
}

impl Judge {
    /// Believes these authorities, and no others.
    pub(super) fn of(
        certificates: Vec<CertificateDer<'static>>,
        provider: Arc<CryptoProvider>,
    ) -> Result<Self, String> {
        let algorithms = provider.signature_verification_algorithms;
        Ok(Self { algorithms, own: Some(Own::new(certificates, provider)?) })
    }

    /// Takes every certificate.
    pub(super) fn of_anyone(provider: &CryptoProvider) -> Self {
        Self { algorithms: provider.signature_verification_algorithms, own: None }
    }
}

/// Believes the authorities that the user names, and each of their certificates as a server's own too: `openssl req -x509`
/// makes an authority unless it is told otherwise, and that is how most people make a certificate for one server.
#[derive(Debug)]
struct Own {
    authorities: Arc<WebPkiServerVerifier>,
    certificates: Vec<CertificateDer<'static>>,
}

impl Own {
    fn new(
        certificates: Vec<CertificateDer<'static>>,
        provider: Arc<CryptoProvider>,
    ) -> Result<Self, String> {
        let mut roots = RootCertStore::empty();
        for certificate in &certificates {
            roots.add(certificate.clone()).map_err(|error| error.to_string())?;
        }
        let authorities = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build();
        Ok(Self { authorities: authorities.map_err(|error| error.to_string())?, certificates })
    }
}

impl ServerCertVerifier for Judge {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let Some(own) = &self.own else { return Ok(ServerCertVerified::assertion()) };
        let judged = own.authorities.verify_server_cert(end_entity, intermediates, server_name, ocsp, now);
        match judged {
            // Its dates were looked at before that.
            Err(error)
                if error.to_string().contains(AUTHORITY_AS_SERVER)
                    && own.certificates.iter().any(|own| own == end_entity) =>
            {
                verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
                Ok(ServerCertVerified::assertion())
            }
            judged => judged,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
