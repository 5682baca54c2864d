//! The forms a listening address is written in.
//!
//! Comes in: text. Goes out: an address that needs no look-up, or a sentence that says what to write.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;

use crate::connection::Scheme;

/// The address that is listened on when none is asked for: loopback only, so that nothing is public by
/// accident.
pub const DEFAULT_ADDRESS: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8206);

/// An address to listen on, as it was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListenAddress {
    /// A TCP port; port 0 takes one that is free.
    ///
    /// `[::]` takes IPv4 as well, as the system is set up. Without a scheme it is `https` once there is a
    /// certificate, else `http`.
    Tcp {
        /// The scheme, if one was written.
        scheme: Option<Scheme>,
        /// The address and port.
        address: SocketAddr,
    },
    /// A Unix socket at this path, in the clear.
    Unix(PathBuf),
}

/// Says why a listening address could not be read, and what to write.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not an address to listen on: {fault}")]
pub struct ParseAddressError {
    text: String,
    fault: Fault,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
enum Fault {
    #[error("it is empty; write ADDRESS:PORT, such as 127.0.0.1:8206")]
    Empty,
    #[error("a port is a number from 0 to 65535, and 0 takes one that is free")]
    Port,
    #[error("it names no port; write one after the address, such as 127.0.0.1:8206 or [::1]:8206")]
    NoPort,
    #[error(
        "it names no address; write 127.0.0.1 before the port for this machine alone, or 0.0.0.0 for every network"
    )]
    NoAddress,
    #[error(
        "write the address in numbers, such as 127.0.0.1 or [::1]; names are not looked up, save localhost"
    )]
    Name,
    #[error("an IPv6 address stands in brackets before the port, such as [::1]:8206")]
    Brackets,
    #[error(
        "it has a path, and a server listens on an address alone; write it without what follows the port"
    )]
    Path,
    #[error("the schemes are http, https and unix")]
    Scheme,
    #[error("it names no path; write unix:/run/swath.sock")]
    NoUnixPath,
}

impl FromStr for ListenAddress {
    type Err = ParseAddressError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse(text).map_err(|fault| ParseAddressError { text: text.to_owned(), fault })
    }
}

impl From<SocketAddr> for ListenAddress {
    fn from(address: SocketAddr) -> Self {
        ListenAddress::Tcp { scheme: None, address }
    }
}

impl fmt::Display for ListenAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ListenAddress::Tcp { scheme: Some(scheme), address } => write!(f, "{scheme}://{address}"),
            ListenAddress::Tcp { scheme: None, address } => write!(f, "{address}"),
            ListenAddress::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

fn parse(text: &str) -> Result<ListenAddress, Fault> {
    if let Some(path) = text.strip_prefix("unix:") {
        let path = path.strip_prefix("//").unwrap_or(path);
        return if path.is_empty() { Err(Fault::NoUnixPath) } else { Ok(ListenAddress::Unix(path.into())) };
    }
    let (scheme, authority) = match text.split_once("://") {
        None => (None, text),
        Some(("http", rest)) => (Some(Scheme::Http), rest),
        Some(("https", rest)) => (Some(Scheme::Https), rest),
        Some(_) => return Err(Fault::Scheme),
    };
    // A URL may end in the path "/", which names nothing more than the address.
    let authority =
        if scheme.is_some() { authority.strip_suffix('/').unwrap_or(authority) } else { authority };
    Ok(ListenAddress::Tcp { scheme, address: socket_address(authority)? })
}

fn socket_address(text: &str) -> Result<SocketAddr, Fault> {
    if text.is_empty() {
        return Err(Fault::Empty);
    }
    if text.contains('/') {
        return Err(Fault::Path);
    }
    if text.bytes().all(|octet| octet.is_ascii_digit()) {
        return Ok(SocketAddr::new(DEFAULT_ADDRESS.ip(), port(text)?));
    }
    if text.parse::<IpAddr>().is_ok_and(|address| address.is_ipv6()) {
        return Err(Fault::Brackets);
    }
    let (host, digits) =
        text.rsplit_once(':').filter(|(_, tail)| !tail.ends_with(']')).ok_or(Fault::NoPort)?;
    let port = port(digits)?;
    Ok(SocketAddr::new(ip(host)?, port))
}

fn ip(host: &str) -> Result<IpAddr, Fault> {
    match host {
        "" | "*" => Err(Fault::NoAddress),
        "localhost" => Ok(DEFAULT_ADDRESS.ip()),
        _ => match host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            Some(six) => six.parse().map(IpAddr::V6).map_err(|_| Fault::Brackets),
            None if host.contains(':') => Err(Fault::Brackets),
            None => host.parse().map_err(|_| Fault::Name),
        },
    }
}

fn port(digits: &str) -> Result<u16, Fault> {
    // `u16::from_str` would take a sign.
    if digits.is_empty() || !digits.bytes().all(|octet| octet.is_ascii_digit()) {
        return Err(Fault::Port);
    }
    digits.parse().map_err(|_| Fault::Port)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tcp(scheme: Option<Scheme>, address: &str) -> Result<ListenAddress, Fault> {
        Ok(ListenAddress::Tcp { scheme, address: address.parse().unwrap() })
    }

    #[test]
    fn every_form_is_read() {
        assert_eq!(parse("8206"), tcp(None, "127.0.0.1:8206"));
        assert_eq!(parse("0"), tcp(None, "127.0.0.1:0"));
        assert_eq!(parse("0.0.0.0:80"), tcp(None, "0.0.0.0:80"));
        assert_eq!(parse("localhost:80"), tcp(None, "127.0.0.1:80"));
        assert_eq!(parse("[::1]:80"), tcp(None, "[::1]:80"));
        assert_eq!(parse("http://127.0.0.1:80"), tcp(Some(Scheme::Http), "127.0.0.1:80"));
        assert_eq!(parse("https://[::]:443/"), tcp(Some(Scheme::Https), "[::]:443"));
        assert_eq!(parse("unix:/run/s.sock"), Ok(ListenAddress::Unix("/run/s.sock".into())));
        assert_eq!(parse("unix:///run/s.sock"), Ok(ListenAddress::Unix("/run/s.sock".into())));
        assert_eq!(parse("unix:s.sock"), Ok(ListenAddress::Unix("s.sock".into())));
    }

    #[test]
    fn every_fault_names_its_cure() {
        let cases = [
            ("", Fault::Empty),
            ("http://", Fault::Empty),
            ("65536", Fault::Port),
            ("127.0.0.1:", Fault::Port),
            ("127.0.0.1:+80", Fault::Port),
            ("127.0.0.1", Fault::NoPort),
            ("[::1]", Fault::NoPort),
            ("https://127.0.0.1", Fault::NoPort),
            (":80", Fault::NoAddress),
            ("*:80", Fault::NoAddress),
            ("example.com:80", Fault::Name),
            ("127.0.0.256:80", Fault::Name),
            ("::1", Fault::Brackets),
            ("::1:8206", Fault::Brackets),
            ("[127.0.0.1]:80", Fault::Brackets),
            ("http://127.0.0.1:80/media/", Fault::Path),
            ("127.0.0.1:80/", Fault::Path),
            ("ftp://127.0.0.1:80", Fault::Scheme),
            ("unix:", Fault::NoUnixPath),
        ];
        for (text, fault) in cases {
            assert_eq!(parse(text), Err(fault), "{text}");
        }
    }

    #[test]
    fn what_is_shown_reads_back() {
        for text in ["127.0.0.1:8206", "https://[::1]:443", "http://0.0.0.0:80", "unix:/run/s.sock"] {
            let address: ListenAddress = text.parse().unwrap();
            assert_eq!(address.to_string(), text);
        }
    }

    #[test]
    fn an_error_is_one_sentence_with_the_text_in_it() {
        let error = "example.com:80".parse::<ListenAddress>().unwrap_err().to_string();
        assert!(error.starts_with("`example.com:80` is not an address to listen on: write"), "{error}");
    }
}
