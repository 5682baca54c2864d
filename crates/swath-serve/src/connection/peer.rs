//! Whom a request comes from, when it comes through proxies.
//!
//! Comes in: the socket's peer, the request's fields, and the proxies that are trusted. Goes out: whom to
//! name in logs. Pure.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use http::HeaderMap;
use http::header::{FORWARDED, HeaderName};
use ipnet::IpNet;

use super::respond::Peer;

/// The field in which proxies without a standard name their peers.
const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Which proxies are believed, and in which field they say whom they stand for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustedProxies {
    /// The proxies.
    pub proxies: Vec<TrustedProxy>,
    /// The field; only one is read, as a proxy passes the others on as its client wrote them.
    pub field: ForwardedField,
}

/// A proxy that is believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrustedProxy {
    /// Those of this network; written `10.0.0.0/8`, or as one address.
    Network(IpNet),
    /// Whoever may connect to our Unix sockets; written `unix`.
    Unix,
}

/// The field that names a proxy's peers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ForwardedField {
    /// `X-Forwarded-For`, which most proxies write.
    #[default]
    XForwardedFor,
    /// `Forwarded` (RFC 7239).
    Forwarded,
}

/// Says that a trusted proxy could not be read, and what to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseProxyError(String);

impl fmt::Display for ParseProxyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` is not a proxy to trust: write a network such as 10.0.0.0/8, an address, or unix",
            self.0
        )
    }
}

impl std::error::Error for ParseProxyError {}

impl FromStr for TrustedProxy {
    type Err = ParseProxyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "unix" {
            return Ok(TrustedProxy::Unix);
        }
        let network = text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
        network.map(TrustedProxy::Network).map_err(|_| ParseProxyError(text.to_owned()))
    }
}

impl TrustedProxies {
    /// Returns whom a request stands for: the rightmost address that is not a trusted proxy's.
    ///
    /// Each proxy adds its peer at the end, so what stands right of the first untrusted address was written
    /// by trusted hands, and what stands left of it by anybody.
    pub fn client(&self, peer: Peer, fields: &HeaderMap) -> Peer {
        if !self.trusts(peer) {
            return peer;
        }
        let mut client = peer;
        for hop in self.hops(fields).into_iter().rev() {
            // A hop without an address hides whoever came before it.
            let Some(hop) = hop else { return client };
            client = hop;
            if !self.trusts(hop) {
                return client;
            }
        }
        client
    }

    /// Says whether what this peer says of others is believed.
    pub(crate) fn trusts(&self, peer: Peer) -> bool {
        self.proxies.iter().any(|proxy| match proxy {
            TrustedProxy::Unix => peer == Peer::Unix,
            TrustedProxy::Network(network) => peer.ip().is_some_and(|address| network.contains(&address)),
        })
    }

    /// Reads the field's hops, in order; `None` for one that names no address.
    fn hops(&self, fields: &HeaderMap) -> Vec<Option<Peer>> {
        let name = match self.field {
            ForwardedField::XForwardedFor => X_FORWARDED_FOR,
            ForwardedField::Forwarded => FORWARDED,
        };
        let lines = fields.get_all(name).into_iter();
        let members = lines.flat_map(|line| line.to_str().unwrap_or("?").split(','));
        members.map(|member| self.hop(member.trim())).collect()
    }

    fn hop(&self, member: &str) -> Option<Peer> {
        match self.field {
            ForwardedField::XForwardedFor => node(member),
            ForwardedField::Forwarded => member.split(';').find_map(|pair| {
                let (name, value) = pair.split_once('=')?;
                name.trim().eq_ignore_ascii_case("for").then(|| node(value.trim().trim_matches('"')))?
            }),
        }
    }
}

/// Reads an address, with or without a port; an IPv6 address with or without brackets.
fn node(text: &str) -> Option<Peer> {
    if let Ok(address) = text.parse::<SocketAddr>() {
        return Some(Peer::Tcp(address));
    }
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    bare.parse::<IpAddr>().ok().map(Peer::Named)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxies(list: &[&str], field: ForwardedField) -> TrustedProxies {
        TrustedProxies { proxies: list.iter().map(|text| text.parse().unwrap()).collect(), field }
    }

    fn client(trusted: &TrustedProxies, peer: Peer, name: &'static str, lines: &[&str]) -> String {
        let mut fields = HeaderMap::new();
        for line in lines {
            fields.append(name, line.parse().unwrap());
        }
        trusted.client(peer, &fields).to_string()
    }

    fn tcp(address: &str) -> Peer {
        Peer::Tcp(address.parse().unwrap())
    }

    #[test]
    fn the_rightmost_untrusted_address_is_named() {
        let trusted = proxies(&["10.0.0.0/8", "2001:db8::/32"], ForwardedField::XForwardedFor);
        let cases: &[(&str, &[&str], &str)] = &[
            // Nobody vouches for what an untrusted peer says.
            ("192.0.2.1:5", &["198.51.100.9"], "192.0.2.1:5"),
            ("10.0.0.1:5", &["198.51.100.9"], "198.51.100.9"),
            ("10.0.0.1:5", &["203.0.113.66, 198.51.100.9"], "198.51.100.9"),
            ("10.0.0.1:5", &["198.51.100.9, 10.1.1.1"], "198.51.100.9"),
            ("10.0.0.1:5", &["198.51.100.9", "10.1.1.1,2001:db8::7"], "198.51.100.9"),
            ("10.0.0.1:5", &["198.51.100.9:4711"], "198.51.100.9:4711"),
            ("[::ffff:10.0.0.1]:5", &["[2001:db9::1]:80"], "[2001:db9::1]:80"),
            ("10.0.0.1:5", &["[2001:db9::1]"], "2001:db9::1"),
            // All trusted: the one furthest away.
            ("10.0.0.1:5", &["10.2.2.2, 10.1.1.1"], "10.2.2.2"),
            // Hidden or damaged hops end the search.
            ("10.0.0.1:5", &["198.51.100.9, unknown, 10.1.1.1"], "10.1.1.1"),
            ("10.0.0.1:5", &["198.51.100.9, "], "10.0.0.1:5"),
            ("10.0.0.1:5", &[], "10.0.0.1:5"),
        ];
        for (peer, lines, expected) in cases {
            assert_eq!(client(&trusted, tcp(peer), "x-forwarded-for", lines), *expected, "{peer} {lines:?}");
        }
    }

    #[test]
    fn forwarded_is_read_when_it_is_the_field() {
        let trusted = proxies(&["127.0.0.1", "unix"], ForwardedField::Forwarded);
        let cases: &[(&[&str], &str)] = &[
            (&["for=192.0.2.60;proto=http;by=203.0.113.43"], "192.0.2.60"),
            (&["For=\"[2001:db8:cafe::17]:4711\""], "[2001:db8:cafe::17]:4711"),
            (&["for=192.0.2.43, for=198.51.100.17"], "198.51.100.17"),
            (&["for=_hidden"], "unix"),
            (&["proto=https"], "unix"),
        ];
        for (lines, expected) in cases {
            assert_eq!(client(&trusted, Peer::Unix, "forwarded", lines), *expected, "{lines:?}");
        }
        // The other field is whatever the client wrote.
        assert_eq!(client(&trusted, Peer::Unix, "x-forwarded-for", &["198.51.100.17"]), "unix");
    }

    #[test]
    fn without_trust_the_peer_is_the_client() {
        let nobody = TrustedProxies::default();
        assert_eq!(client(&nobody, tcp("127.0.0.1:9"), "x-forwarded-for", &["198.51.100.9"]), "127.0.0.1:9");
    }

    #[test]
    fn a_proxy_that_cannot_be_read_says_what_to_write() {
        let error = "10.0.0.0/33".parse::<TrustedProxy>().unwrap_err().to_string();
        assert!(error.starts_with("`10.0.0.0/33` is not a proxy to trust: write"), "{error}");
    }
}
