//! The checks of a request head that come before anything is looked up: method, Host, form of the target.
//!
//! In: a parsed head. Out: what to do with it, or why it is refused. The engine below lets a missing or
//! doubled Host and any method through, so these checks are made here, for every transport alike.

use http::header::HOST;
use http::request::Parts;
use http::uri::Authority;
use http::{Method, StatusCode, Version};

/// The longest request target that is looked at, in octets; longer ones are answered 414.
const TARGET_MAX: usize = 8 * 1024;

/// What a request wants, as far as its head's form tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    /// GET or HEAD of a path.
    Read,
    /// OPTIONS, of a path or of the server.
    Options,
}

/// Checks method and target.
pub(crate) fn check(parts: &Parts) -> Result<Wish, StatusCode> {
    let target = parts.uri.path();
    let wish = match parts.method {
        Method::GET | Method::HEAD => Wish::Read,
        Method::OPTIONS => Wish::Options,
        // R-14.5-1: a PUT of a part is refused as every PUT is.
        _ => return Err(StatusCode::METHOD_NOT_ALLOWED),
    };
    if parts.uri.path_and_query().map_or(0, |target| target.as_str().len()) > TARGET_MAX {
        return Err(StatusCode::URI_TOO_LONG);
    }
    match wish {
        Wish::Options if target == "*" => Ok(wish),
        _ if target.starts_with('/') => Ok(wish),
        _ => Err(StatusCode::BAD_REQUEST),
    }
}

/// Whether the request says for which host it is, as its version demands, and says so once.
// R-9112/3.2-1
pub(crate) fn has_valid_host(parts: &Parts) -> bool {
    let mut hosts = parts.headers.get_all(HOST).into_iter();
    let host = hosts.next();
    if hosts.next().is_some() {
        return false;
    }
    match (host, parts.version) {
        (Some(host), _) => is_host(host.as_bytes()),
        (None, Version::HTTP_11) => false,
        (None, Version::HTTP_2) => parts.uri.authority().is_some(),
        (None, _) => true,
    }
}

/// Whether the octets have the form `uri-host [ ":" port ]` (§7.2). An empty value is valid: the target has no authority.
pub(crate) fn is_host(octets: &[u8]) -> bool {
    if octets.is_empty() || is_plain_host(octets) {
        return true;
    }
    let Ok(text) = std::str::from_utf8(octets) else {
        return false;
    };
    let Ok(authority) = text.parse::<Authority>() else {
        return false;
    };
    match text.strip_prefix(authority.host()) {
        Some("") => true,
        Some(rest) => {
            rest.strip_prefix(':').is_some_and(|port| port.bytes().all(|octet| octet.is_ascii_digit()))
        }
        // What precedes the host is user information, which no Host field has.
        None => false,
    }
}

/// Whether this is a plain name or IPv4 address, with or without a port: what nearly every request says, seen without taking an
/// authority apart.
fn is_plain_host(octets: &[u8]) -> bool {
    let colon = octets.iter().position(|octet| *octet == b':').unwrap_or(octets.len());
    let (name, port) = octets.split_at(colon);
    let plain = |octet: &u8| octet.is_ascii_alphanumeric() || matches!(octet, b'.' | b'-');
    !name.is_empty() && name.iter().all(plain) && port.iter().skip(1).all(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::Request;

    fn parts(method: &str, target: &str, version: Version, hosts: &[&str]) -> Parts {
        let mut request = Request::builder().method(method).uri(target).version(version);
        for host in hosts {
            request = request.header(HOST, *host);
        }
        request.body(()).unwrap().into_parts().0
    }

    #[test]
    fn http_1_1_needs_exactly_one_valid_host() {
        let valid = |hosts: &[&str]| has_valid_host(&parts("GET", "/", Version::HTTP_11, hosts));
        for host in ["example.org", "example.org:8206", "127.0.0.1", "[::1]:80", ""] {
            assert!(valid(&[host]), "{host}");
        }
        for hosts in [&[][..], &["a", "a"], &["a b"], &["user@a"], &["a/b"], &["a,b/"], &["a:port"]] {
            assert!(!valid(hosts), "{hosts:?}");
        }
    }

    #[test]
    fn a_plain_host_is_one_that_an_authority_would_be() {
        for host in
            ["a", "a:", "a:80", "a:99999999", "a.b-c.example:1", "127.0.0.1:80", "-", ".", "..", "A1:0"]
        {
            assert!(is_plain_host(host.as_bytes()), "{host}");
            let authority: Authority = host.parse().expect(host);
            assert_eq!(authority.host(), host.split(':').next().unwrap(), "{host}");
        }
        for host in ["", ":", ":80", "a:b", "a:1:2", "[::1]", "a_b", "a%20", "a@b", "a/", "\u{e9}", "a:80 "] {
            assert!(!is_plain_host(host.as_bytes()), "{host}");
        }
    }

    #[test]
    fn older_and_newer_versions_name_the_host_otherwise() {
        assert!(has_valid_host(&parts("GET", "/", Version::HTTP_10, &[])));
        assert!(!has_valid_host(&parts("GET", "/", Version::HTTP_10, &["a", "b"])));
        assert!(has_valid_host(&parts("GET", "http://a/", Version::HTTP_2, &[])));
        assert!(!has_valid_host(&parts("GET", "/", Version::HTTP_2, &[])));
    }

    #[test]
    fn methods_and_target_forms() {
        let of = |method, target| check(&parts(method, target, Version::HTTP_11, &["a"]));
        assert_eq!(of("HEAD", "/x"), Ok(Wish::Read));
        assert_eq!(of("GET", "http://a/x"), Ok(Wish::Read));
        assert_eq!(of("OPTIONS", "*"), Ok(Wish::Options));
        assert_eq!(of("OPTIONS", "/x"), Ok(Wish::Options));
        assert_eq!(of("GET", "*"), Err(StatusCode::BAD_REQUEST));
        for method in ["POST", "PUT", "DELETE", "TRACE", "PATCH", "get", "BREW"] {
            assert_eq!(of(method, "/"), Err(StatusCode::METHOD_NOT_ALLOWED), "{method}");
        }
        assert_eq!(of("CONNECT", "a:80"), Err(StatusCode::METHOD_NOT_ALLOWED));
        let long = format!("/{}", "x".repeat(TARGET_MAX));
        assert_eq!(of("GET", &long), Err(StatusCode::URI_TOO_LONG));
    }
}
