//! Content-Disposition for a download (RFC 6266): a name of any octets in, a safe field value out.

use std::ffi::OsStr;

use http::HeaderValue;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Octets that an ext-value carries as they are (RFC 8187 §3.2.1: attr-char).
const ATTR_CHAR: AsciiSet = NON_ALPHANUMERIC
    .remove(b'!')
    .remove(b'#')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b'-')
    .remove(b'.')
    .remove(b'^')
    .remove(b'_')
    .remove(b'`')
    .remove(b'|')
    .remove(b'~');

/// Builds `attachment` with the file's name, first in plain ASCII, then in full where that loses something.
// R-6266/5-1, R-8187/3.2-1, R-5.5-1
pub(crate) fn attachment(name: &OsStr) -> HeaderValue {
    let name = name.to_string_lossy();
    let is_plain = |letter: char| letter.is_ascii_graphic() && !matches!(letter, '"' | '\\' | '%' | '/');
    let plain: String =
        name.chars().map(|letter| if is_plain(letter) || letter == ' ' { letter } else { '_' }).collect();
    let text = if plain == name {
        format!("attachment; filename=\"{plain}\"")
    } else {
        format!(
            "attachment; filename=\"{plain}\"; filename*=UTF-8''{}",
            utf8_percent_encode(&name, &ATTR_CHAR)
        )
    };
    HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static("attachment"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::ffi::OsStrExt;

    #[test]
    fn names_are_given_plain_and_in_full() {
        let of = |name: &str| attachment(OsStr::new(name)).to_str().unwrap().to_owned();
        assert_eq!(of("a clip.mp4"), "attachment; filename=\"a clip.mp4\"");
        assert_eq!(of("5 €.bin"), "attachment; filename=\"5 _.bin\"; filename*=UTF-8''5%20%E2%82%AC.bin");
        assert_eq!(of("a\"b\\c.x"), "attachment; filename=\"a_b_c.x\"; filename*=UTF-8''a%22b%5Cc.x");
    }

    #[test]
    fn no_octet_of_a_name_leaves_the_field() {
        for octet in 1..=u8::MAX {
            let value = attachment(OsStr::from_bytes(&[b'a', octet, b'b']));
            let text = value.to_str().unwrap();
            assert!(text.starts_with("attachment; filename=\"a"), "{octet}: {text}");
            assert!(text.bytes().all(|octet| octet.is_ascii_graphic() || octet == b' '), "{octet}: {text}");
            assert_eq!(text.matches('"').count(), 2, "{octet}: {text}");
        }
    }
}
