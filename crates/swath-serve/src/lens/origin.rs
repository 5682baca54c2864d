//! The server before which the lens stands.
//!
//! In: a URL; targets of requests; the origin's Location. Out: targets beneath the URL's path, and references that
//! lead back to the lens.

use std::fmt;
use std::str::FromStr;

use http::uri::{Authority, PathAndQuery, Uri};
use http::{HeaderValue, header};

use super::dots;
use crate::connection::Scheme;

/// The origin: its scheme, its host and port, and the path beneath which the lens looks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    scheme: Scheme,
    authority: Authority,
    /// Begins and ends with a slash.
    path: String,
}

/// Says why a URL names no origin, and what to write.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OriginError {
    /// It is no http or https URL.
    #[error("`{0}` is no URL of an origin: write http://HOST[:PORT]/PATH/ or https://HOST[:PORT]/PATH/")]
    NotAUrl(String),
    /// It has more than an origin's URL may have.
    #[error("`{url}`: {excess} has no place in an origin's URL: leave it out")]
    Excess {
        /// The URL.
        url: String,
        /// What is too much.
        excess: &'static str,
    },
    /// Its path climbs.
    #[error("`{0}`: write the path without . and ..")]
    Climbs(String),
}

impl Origin {
    /// Says whether a text is meant as a URL of an origin, and so as no path.
    #[must_use]
    pub fn is_url(text: &str) -> bool {
        text.split_once("://").is_some_and(|(scheme, _)| {
            scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https")
        })
    }

    /// Whether the origin speaks TLS.
    #[must_use]
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The host, without the brackets of an IPv6 address.
    pub(super) fn host(&self) -> &str {
        let host = self.authority.host();
        host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
    }

    /// The port, also where the URL names none.
    pub(super) fn port(&self) -> u16 {
        port_of(&self.authority, self.scheme).unwrap_or_default()
    }

    /// What stands in Host.
    pub(super) fn host_field(&self) -> Option<HeaderValue> {
        HeaderValue::try_from(self.authority.as_str()).ok()
    }

    /// Joins the target of a request, which begins with a slash, to the origin's path.
    pub(super) fn target(&self, target: &str) -> Result<Uri, &'static str> {
        let path = target.split_once('?').map_or(target, |(path, _)| path);
        if dots::has_dot_segment(path.as_bytes()) {
            return Err("the path has a dot component");
        }
        let relative = target.strip_prefix('/').ok_or("the target is not a path")?;
        let joined = format!("{}{relative}", self.path);
        PathAndQuery::try_from(joined).map(Uri::from).map_err(|_| "the target is not a path")
    }

    /// Turns a reference of the origin to itself into one to the lens; `None` where it may stay as it is.
    pub(super) fn turned(&self, reference: &str) -> Option<String> {
        if let Some(path) = self.path_of(reference) {
            let Some(beneath) = path.strip_prefix(self.path.as_str()) else {
                // Beside the origin's path: the lens does not go there, but its client may.
                return reference.starts_with('/').then(|| format!("{}{path}", self.root()));
            };
            // Two slashes at the beginning would name a host.
            let guard = if beneath.starts_with(['/', '\\']) { "/." } else { "" };
            return Some(format!("{guard}/{beneath}"));
        }
        None
    }

    /// The path, query and fragment of a reference to this origin; `None` for any other, and for one that is relative
    /// to where it stands.
    fn path_of<'a>(&self, reference: &'a str) -> Option<std::borrow::Cow<'a, str>> {
        let rest = match reference.split_once("://") {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case(self.scheme.as_str()) => rest,
            _ => match reference.strip_prefix("//") {
                Some(rest) => rest,
                None => return reference.starts_with('/').then_some(reference.into()),
            },
        };
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        let authority: Authority = authority.parse().ok()?;
        let same = authority.host().eq_ignore_ascii_case(self.authority.host())
            && port_of(&authority, self.scheme) == Some(self.port());
        let path = if path.starts_with('/') { path.into() } else { format!("/{path}").into() };
        same.then_some(path)
    }

    /// The URL of the host, without a path.
    fn root(&self) -> String {
        format!("{}://{}", self.scheme, self.authority)
    }
}

/// The port that an authority names or that is its scheme's; `None` for anything else than a host and a port.
fn port_of(authority: &Authority, scheme: Scheme) -> Option<u16> {
    match authority.as_str().strip_prefix(authority.host())? {
        "" if scheme == Scheme::Http => Some(80),
        "" => Some(443),
        rest => rest.strip_prefix(':')?.parse().ok(),
    }
}

/// The fields whose values are references that [`Origin::turned`] turns.
pub(super) const REFERENCES: [header::HeaderName; 2] = [header::LOCATION, header::CONTENT_LOCATION];

impl FromStr for Origin {
    type Err = OriginError;

    fn from_str(url: &str) -> Result<Self, OriginError> {
        let wrong = || OriginError::NotAUrl(url.to_owned());
        let excess = |excess| OriginError::Excess { url: url.to_owned(), excess };
        let uri: Uri = url.parse().map_err(|_| wrong())?;
        let scheme = match uri.scheme_str() {
            Some("http") => Scheme::Http,
            Some("https") => Scheme::Https,
            _ => return Err(wrong()),
        };
        if url.contains('#') {
            return Err(excess("a fragment"));
        }
        if uri.query().is_some() {
            return Err(excess("a query"));
        }
        let authority = uri.authority().filter(|authority| !authority.host().is_empty()).ok_or_else(wrong)?;
        if authority.as_str().contains('@') {
            return Err(excess("user information"));
        }
        if port_of(authority, scheme).is_none_or(|port| port == 0) {
            return Err(wrong());
        }
        if dots::has_dot_segment(uri.path().as_bytes()) {
            return Err(OriginError::Climbs(url.to_owned()));
        }
        let mut path = uri.path().to_owned();
        if !path.ends_with('/') {
            path.push('/');
        }
        Ok(Self { scheme, authority: authority.clone(), path })
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.root(), self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(url: &str) -> Origin {
        url.parse().unwrap()
    }

    #[test]
    fn an_origin_is_a_scheme_a_host_and_a_path() {
        for (url, shown, host, port) in [
            ("http://example.org", "http://example.org/", "example.org", 80),
            ("HTTPS://example.org/a", "https://example.org/a/", "example.org", 443),
            ("http://[::1]:8080/a/b/", "http://[::1]:8080/a/b/", "::1", 8080),
        ] {
            let origin = origin(url);
            assert_eq!((origin.to_string().as_str(), origin.host(), origin.port()), (shown, host, port));
        }
        for url in [
            "ftp://a/",
            "http://",
            "http:///a",
            "a",
            "/a",
            "http://a:99999/",
            "http://a:0/",
            "http://a/?b",
            "http://a/#b",
            "http://u:p@a/",
            "http://a/../b",
            "http://a b/",
        ] {
            assert!(url.parse::<Origin>().is_err(), "{url}");
        }
        assert!(Origin::is_url("HTTP://x") && Origin::is_url("https://"));
        assert!(!Origin::is_url("http:/x") && !Origin::is_url("dir/http://x") && !Origin::is_url("."));
    }

    #[test]
    fn targets_stay_beneath_the_path() {
        let joined = |target| origin("http://h/p/").target(target).map(|uri| uri.to_string());
        for (target, expected) in [
            ("/", "/p/"),
            ("/a%20b?c=/../d", "/p/a%20b?c=/../d"),
            ("//evil.example/", "/p//evil.example/"),
            ("/?q", "/p/?q"),
        ] {
            assert_eq!(joined(target).as_deref(), Ok(expected), "{target}");
        }
        assert!(joined("/../q").is_err() && joined("/%2e%2e%2fq").is_err());
        assert_eq!(origin("http://h").target("//e/").unwrap().to_string(), "//e/");
    }

    #[test]
    fn references_to_the_origin_lead_back_to_the_lens() {
        let origin = origin("http://Example.org:80/p/");
        for (reference, expected) in [
            ("http://example.org/p/a?b#c", Some("/a?b#c")),
            ("HTTP://EXAMPLE.ORG:80/p/", Some("/")),
            ("//example.org/p/a", Some("/a")),
            ("/p/a", Some("/a")),
            ("/p//evil.example/", Some("/.//evil.example/")),
            ("/p/\\evil.example/", Some("/./\\evil.example/")),
            ("/q/a", Some("http://Example.org:80/q/a")),
            ("http://example.org/q", None),
            ("http://example.org", None),
            ("https://example.org/p/a", None),
            ("http://example.org:81/p/a", None),
            ("http://u@example.org/p/a", None),
            ("http://example.org:99999/p/a", None),
            ("http://other.example/p/", None),
            ("//other.example/p/", None),
            ("a", None),
            ("../a", None),
            ("?q", None),
            ("", None),
        ] {
            assert_eq!(origin.turned(reference).as_deref(), expected, "{reference}");
        }
    }
}
