//! Certificates for tests, also those of other crates: a name in, a certificate with its key out.

/// Makes a certificate that vouches for itself and says that it is an authority, as `openssl req -x509` makes it.
pub(crate) fn own_authority(name: &str) -> rcgen::CertifiedKey<rcgen::KeyPair> {
    let signing_key = rcgen::KeyPair::generate().unwrap();
    let mut parameters = rcgen::CertificateParams::new([name.to_owned()]).unwrap();
    parameters.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let cert = parameters.self_signed(&signing_key).unwrap();
    rcgen::CertifiedKey { cert, signing_key }
}
