//! The request to explain: in, `-X METHOD` and `-H 'Name: value'`; out, a [`Request`] and notes about fields that
//! play no part.

use std::{
    ffi::{OsStr, OsString},
    os::unix::ffi::OsStrExt as _,
};

use http::{HeaderMap, HeaderName, HeaderValue, Method};

use crate::{report::Failure, settings::nearest::nearest};

/// The fields that decide about ranges and preconditions.
const DECIDING: [&str; 6] =
    ["range", "if-range", "if-match", "if-none-match", "if-modified-since", "if-unmodified-since"];

/// A request as far as it decides anything.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) method: Method,
    pub(super) fields: HeaderMap,
}

/// Reads method and fields; the notes name fields that decide nothing.
pub(super) fn read(method: &str, lines: &[OsString]) -> Result<(Request, Vec<String>), Failure> {
    let method = Method::from_bytes(method.as_bytes()).map_err(|_| {
        Failure::usage(format!("-X: `{method}` is not a method: write GET, HEAD or another token"))
    })?;
    let (mut fields, mut notes) = (HeaderMap::new(), Vec::new());
    for line in lines {
        let (name, value) = field(line)
            .map_err(|wrong| Failure::usage(format!("-H: `{}` {wrong}", line.to_string_lossy())))?;
        notes.extend(note(&line.to_string_lossy(), &name));
        fields.append(name, value);
    }
    Ok((Request { method, fields }, notes))
}

fn field(line: &OsStr) -> Result<(HeaderName, HeaderValue), &'static str> {
    // Octets, since a field value may hold any but control characters.
    let line = line.as_bytes();
    let colon = line.iter().position(|octet| *octet == b':').ok_or("has no colon: write 'Name: value'")?;
    let (name, value) = (&line[..colon], &line[colon + 1..]);
    if name.ends_with(b" ") || name.ends_with(b"\t") {
        // R-9112/5.1-1
        return Err("has space before its colon, for which a server answers 400 (RFC 9112 §5.1)");
    }
    let name = HeaderName::from_bytes(name).map_err(|_| "begins with no field name: write 'Name: value'")?;
    let value = HeaderValue::from_bytes(trim_ows(value))
        .map_err(|_| "holds a control character, for which a server answers 400 (RFC 9110 §5.5)")?;
    Ok((name, value))
}

/// Spaces and tabs around a value are not part of it.
fn trim_ows(mut value: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = value {
        value = rest;
    }
    value
}

fn note(line: &str, name: &HeaderName) -> Option<String> {
    if DECIDING.contains(&name.as_str()) {
        return None;
    }
    let typed = line.split(':').next().unwrap_or_default();
    Some(match nearest(name.as_str(), DECIDING) {
        Some(near) => format!("the field {typed} decides nothing here; did you mean {near}?"),
        None => format!("the field {typed} decides nothing here"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_split_at_its_first_colon() {
        let (request, notes) = read("GET", &["If-Range:  \"a:b\"\t".into()]).expect("reads");
        assert_eq!(request.fields["if-range"], "\"a:b\"");
        assert!(notes.is_empty());
    }

    #[test]
    fn what_a_server_refuses_is_refused() {
        for line in ["Range", "Range : bytes=0-1", ": x", "Ra nge: x", "Range: a\nb"] {
            assert!(read("GET", &[line.into()]).is_err(), "{line:?}");
        }
        assert!(read("G T", &[]).is_err());
    }

    #[test]
    fn a_slip_in_a_deciding_field_is_noticed() {
        let (_, notes) = read("GET", &["Rnage: bytes=0-1".into(), "Host: x".into()]).expect("reads");
        assert_eq!(
            notes,
            [
                "the field Rnage decides nothing here; did you mean range?",
                "the field Host decides nothing here"
            ]
        );
    }
}
