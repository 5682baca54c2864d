//! TLS for each version of HTTP: who vouches for a server in, connectors out.

use std::sync::{Arc, OnceLock};

use swath_trust::Trust;
use tokio_rustls::TlsConnector;

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
            let http1 = self.trust.config(b"http/1.1").map_err(|error| error.to_string())?;
            let mut http2 = http1.clone();
            http2.alpn_protocols = vec![b"h2".to_vec()];
            let [http1, http2] = [http1, http2].map(|config| TlsConnector::from(Arc::new(config)));
            Ok(Connectors { http1, http2 })
        });
        match ready {
            Ok(connectors) if http2 => Ok(&connectors.http2),
            Ok(connectors) => Ok(&connectors.http1),
            Err(why) => Err(why.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_connector_offers_one_version() {
        let tls = Tls::new(Trust::Anyone);
        for (http2, name) in [(false, &b"http/1.1"[..]), (true, b"h2")] {
            assert_eq!(tls.connector(http2).unwrap().config().alpn_protocols, [name.to_vec()]);
        }
    }
}
