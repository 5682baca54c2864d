//! Where is listened, with which certificate, and whose word is taken for who asks.
//!
//! In: the settings about listening. Out: [`ListenSettings`].

use swath_serve::{
    connection::{ForwardedField, Scheme, TrustedProxies},
    listen::ListenAddress,
};

use super::{
    super::{ListenSettings, TlsSettings, table},
    reader::{Reader, parse_sentence},
};

pub(super) fn listening(reader: &Reader<'_>) -> ListenSettings {
    let addresses = reader.sentences(&table::LISTEN, parse_sentence::<ListenAddress>);
    let tls = tls(reader);
    let wants_https =
        |address: &&ListenAddress| matches!(address, ListenAddress::Tcp { scheme: Some(Scheme::Https), .. });
    if let (Some(address), TlsSettings::None) = (addresses.iter().find(wants_https), &tls) {
        let origin = reader.layers.find(&table::LISTEN).origin;
        reader.complain(format!(
            "{origin}: {address} needs a certificate: give --tls-cert and --tls-key, or --tls-self-signed"
        ));
    }
    ListenSettings {
        addresses,
        given: reader.layers.find(&table::LISTEN).origin.is_given(),
        tls,
        fast_path: reader.word(&table::FAST_PATH) == "on",
        trusted_proxies: TrustedProxies {
            proxies: reader.sentences(&table::TRUSTED_PROXY, parse_sentence),
            field: match reader.word(&table::FORWARDED_FIELD) {
                "forwarded" => ForwardedField::Forwarded,
                _ => ForwardedField::XForwardedFor,
            },
        },
    }
}

fn tls(reader: &Reader<'_>) -> TlsSettings {
    let origin = |setting| reader.layers.find(setting).origin;
    let pair = (reader.path(&table::TLS_CERT), reader.path(&table::TLS_KEY));
    match (pair, reader.switch(&table::TLS_SELF_SIGNED)) {
        ((None, None), false) => TlsSettings::None,
        ((None, None), true) => TlsSettings::SelfSigned,
        ((Some(cert), Some(key)), false) => TlsSettings::Files { cert, key },
        ((Some(_), None), _) => {
            reader.complain(format!(
                "{}: a certificate needs its key: give --tls-key",
                origin(&table::TLS_CERT)
            ));
            TlsSettings::None
        }
        ((None, Some(_)), _) => {
            reader.complain(format!(
                "{}: a key needs its certificate: give --tls-cert",
                origin(&table::TLS_KEY)
            ));
            TlsSettings::None
        }
        ((Some(_), Some(_)), true) => {
            let (made, given) = (origin(&table::TLS_SELF_SIGNED), origin(&table::TLS_CERT));
            reader.complain(format!(
                "{made}: a certificate is given already, by {given}; leave one of them out"
            ));
            TlsSettings::None
        }
    }
}
