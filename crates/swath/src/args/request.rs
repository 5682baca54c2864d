//! The flags about how to ask a server, which `swath get` and `swath cat` share.
//!
//! In: clap's matches. Out: [`RequestArgs`].

use std::{path::PathBuf, time::Duration};

use clap::{ArgAction, Args, ValueHint};
use http::{HeaderName, HeaderValue};

use super::read;

const REQUESTS: &str = "Requests";
const CONNECTION: &str = "Connection";

/// How to ask a server.
#[derive(Debug, Args)]
pub(crate) struct RequestArgs {
    /// A header field to send along; may be given several times
    #[arg(short = 'H', long = "header", value_name = "FIELD: VALUE", action = ArgAction::Append,
        value_parser = field, help_heading = REQUESTS)]
    pub(crate) fields: Vec<(HeaderName, HeaderValue)>,

    /// Authenticate by name and password (Basic), on the host of the URL only
    #[arg(short, long, value_name = "NAME:PASSWORD", help_heading = REQUESTS)]
    pub(crate) user: Option<String>,

    /// Take names and passwords from ~/.netrc, or from this file
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, num_args = 0..=1, require_equals = true,
        help_heading = REQUESTS)]
    #[allow(clippy::option_option)]
    pub(crate) netrc: Option<Option<PathBuf>>,

    /// Send the cookies of this file: cookies.txt, as browsers, curl and wget write it
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = REQUESTS)]
    pub(crate) cookies: Option<PathBuf>,

    /// Go through this proxy; none goes through no proxy, whatever the environment says
    #[arg(long, value_name = "URL", value_hint = ValueHint::Url, help_heading = CONNECTION)]
    pub(crate) proxy: Option<String>,

    /// Speak HTTP/1.1 only; else HTTP/2 is spoken where a server speaks nothing else
    #[arg(long = "http1.1", overrides_with = "http2", help_heading = CONNECTION)]
    pub(crate) http1: bool,

    /// Speak HTTP/2 only, all requests over one connection; without TLS, the server has to expect it
    #[arg(long, overrides_with = "http1", help_heading = CONNECTION)]
    pub(crate) http2: bool,

    /// Trust the authorities in this PEM file, and no others
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with = "insecure",
        help_heading = CONNECTION)]
    pub(crate) cacert: Option<PathBuf>,

    /// Take any certificate
    #[arg(long, help_heading = CONNECTION)]
    pub(crate) insecure: bool,

    /// Take at most so many octets in a second, over all connections
    #[arg(long, value_name = "SIZE", value_parser = read::some_octets, help_heading = CONNECTION)]
    pub(crate) limit_rate: Option<std::num::NonZeroU64>,

    /// Wait so long for an answer, and for content that stands still; a number is seconds
    #[arg(long, value_name = "SECONDS", value_parser = read::patience, help_heading = CONNECTION)]
    pub(crate) timeout: Option<Duration>,

    /// Try again after so many failures in a row: 10 by default, and 3 as long as the server never answered
    #[arg(long, value_name = "NUMBER", help_heading = CONNECTION)]
    pub(crate) retries: Option<u32>,
}

fn field(typed: &str) -> Result<(HeaderName, HeaderValue), String> {
    let wrong = || "is no header field: write 'Name: value'".to_owned();
    let (name, value) = typed.split_once(':').ok_or_else(wrong)?;
    let name = HeaderName::try_from(name).map_err(|_| wrong())?;
    let value = HeaderValue::try_from(value.trim()).map_err(|_| wrong())?;
    // These are what keeps the octets right; another value would only break the download.
    const OURS: &[&str] = &[
        "range",
        "if-range",
        "if-match",
        "if-none-match",
        "if-modified-since",
        "if-unmodified-since",
        "accept-encoding",
        "content-length",
        "transfer-encoding",
        "connection",
    ];
    match OURS.contains(&name.as_str()) {
        true => Err(format!("cannot be set: swath decides about {name} itself")),
        false => Ok((name, value)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_that_keep_a_download_right_cannot_be_set() {
        assert_eq!(
            field("X-A: b c ").map(|(name, value)| (name.to_string(), value)),
            Ok(("x-a".to_owned(), HeaderValue::from_static("b c")))
        );
        for typed in ["no colon", "a b: c", "A: \u{1}", "Range: bytes=0-1", "IF-RANGE: \"a\""] {
            assert!(field(typed).is_err(), "{typed}");
        }
    }
}
