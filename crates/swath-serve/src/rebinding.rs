//! Whether a request names this machine as only those who mean it do.
//!
//! In: a request's head. Out: yes or no. Listeners that are for this machine's own people ask: a page whose name was
//! pointed at this address after it was loaded (DNS rebinding) asks under its own name, and is refused.

use std::net::IpAddr;

use http::header::HOST;
use http::request::Parts;
use http::uri::Authority;

/// What the refused are told.
pub(crate) const REFUSED: &str =
    "ask by address or as localhost: other names are refused, as a web page could make them up\n";

/// Says whether the request names this machine by an address or as `localhost`.
pub(crate) fn is_addressed_directly(parts: &Parts) -> bool {
    authority(parts).is_some_and(|authority| {
        let host = authority.host();
        let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
        bare.eq_ignore_ascii_case("localhost") || bare.parse::<IpAddr>().is_ok()
    })
}

/// Gives the host and port that the request names, if it names one.
pub(crate) fn authority(parts: &Parts) -> Option<Authority> {
    let mut hosts = parts.headers.get_all(HOST).iter();
    match (parts.uri.authority(), hosts.next(), hosts.next()) {
        (Some(authority), _, None) => Some(authority.clone()),
        (None, Some(host), None) => Authority::try_from(host.as_bytes()).ok(),
        _ => None,
    }
}
