//! The boundary parameter of a Content-Type (§14.6, RFC 2046 §5.1.1).
//!
//! In: the octets of a Content-Type value. Out: the boundary, unquoted, or nothing.

use crate::lex::{is_ows, split_once, trim_ows};

/// The longest boundary that RFC 2046 §5.1.1 allows.
const BOUNDARY_MAX: usize = 70;

/// Finds the boundary of a multipart/byteranges value; `None` for any other type, or without exactly one boundary.
// R-15.3.7-6, R-14.6-3
pub(super) fn of(content_type: &[u8]) -> Option<Vec<u8>> {
    let (media_type, mut rest) = split_once(content_type, b';')?;
    let media_type = trim_ows(media_type);
    if !media_type.eq_ignore_ascii_case(b"multipart/byteranges")
        && !media_type.eq_ignore_ascii_case(b"multipart/x-byteranges")
    {
        return None;
    }
    let mut boundary = None;
    loop {
        let start = rest.iter().position(|octet| !is_ows(*octet) && *octet != b';').unwrap_or(rest.len());
        rest = rest.get(start..)?;
        if rest.is_empty() {
            return boundary;
        }
        let (name, after) = split_once(rest, b'=')?;
        let (value, after) = value(after)?;
        rest = after;
        if name.eq_ignore_ascii_case(b"boundary") && boundary.replace(checked(value)?).is_some() {
            return None;
        }
    }
}

/// Takes a token or a quoted string; returns it with what follows.
fn value(octets: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let Some(mut rest) = octets.strip_prefix(b"\"") else {
        let end = octets.iter().position(|octet| *octet == b';').unwrap_or(octets.len());
        let (token, rest) = octets.split_at_checked(end)?;
        return Some((trim_ows(token).to_vec(), rest));
    };
    let mut value = Vec::new();
    loop {
        let (first, after) = rest.split_first()?;
        rest = after;
        match first {
            b'"' => {
                let after = trim_ows(rest);
                return (after.is_empty() || after.starts_with(b";")).then_some((value, after));
            }
            b'\\' => {
                let (quoted, after) = rest.split_first()?;
                value.push(*quoted);
                rest = after;
            }
            other => value.push(*other),
        }
    }
}

/// A boundary that can stand at the end of a line without being taken for something else.
fn checked(value: Vec<u8>) -> Option<Vec<u8>> {
    let fits = (1..=BOUNDARY_MAX).contains(&value.len());
    let visible = value.iter().all(|octet| matches!(octet, b' '..=b'~'));
    (fits && visible && value.last() != Some(&b' ')).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn tokens_and_quoted_strings_are_read_alike() {
        for value in [
            "multipart/byteranges; boundary=a'b",
            "Multipart/ByteRanges;BOUNDARY=\"a'b\"",
            "multipart/x-byteranges ; charset=\"x;boundary=no\" ; boundary=a'b ; ",
            "multipart/byteranges; boundary=\"a\\'b\"; other=1",
        ] {
            assert_eq!(of(value.as_bytes()).as_deref(), Some(&b"a'b"[..]), "{value}");
        }
        assert_eq!(of(b"multipart/byteranges; boundary=\"a b:c\"").as_deref(), Some(&b"a b:c"[..]));
    }

    #[test]
    fn what_has_no_boundary_is_refused() {
        let long = format!("multipart/byteranges; boundary={}", "x".repeat(71));
        for value in [
            "multipart/byteranges",
            "multipart/byteranges; boundary=",
            "multipart/byteranges; boundary=\"\"",
            "multipart/byteranges; boundary=\"a",
            "multipart/byteranges; boundary=\"a\"b",
            "multipart/byteranges; boundary=\"a \"",
            "multipart/byteranges; boundary=a; boundary=a",
            "multipart/byteranges; boundary",
            "multipart/form-data; boundary=a",
            "multipart/byteranges; boundary=\"a\r\n\"",
            long.as_str(),
        ] {
            assert_eq!(of(value.as_bytes()), None, "{value}");
        }
    }
}
