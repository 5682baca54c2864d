//! File names as links and as text: any bytes in, a safe reference and a readable name out.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};

/// Everything but the unreserved characters of RFC 3986: a name can then neither begin a scheme, a query or a fragment, nor a path.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Writes a name as one path segment of a relative reference; decoding it gives the same bytes back.
pub(super) fn href(name: &[u8]) -> String {
    percent_encode(name, RESERVED).to_string()
}

/// Writes a name for people: what cannot be seen, or would turn the text around, is shown by its number.
///
/// Bytes that are no UTF-8 become U+FFFD; control characters, and characters that have no look of their own or
/// change the direction of the text, become the likes of `[U+202E]`. Pictures such as `␊` would be prettier, but
/// few fonts have them.
pub(super) fn shown(name: &[u8]) -> String {
    let mut text = String::with_capacity(name.len());
    for character in String::from_utf8_lossy(name).chars() {
        if character.is_control() || is_unseen(character) {
            text.push_str(&format!("[U+{:04X}]", u32::from(character)));
        } else {
            text.push(character);
        }
    }
    text
}

/// Tells the characters that could hide a part of a name: spaces without width, line ends, direction marks,
/// and the code points that are no characters.
///
/// The two joiners (U+200C, U+200D) stay: Persian, Hindi and many emoji are written with them.
fn is_unseen(character: char) -> bool {
    matches!(character,
        '\u{ad}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{180e}' | '\u{200b}'
        | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
        | '\u{fdd0}'..='\u{fdef}' | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}')
        || u32::from(character) & 0xfffe == 0xfffe
}

/// How deep a page may stand to reach the root by relative steps; from deeper down, where only a path of many slashes
/// leads, the links are absolute: a page must not grow with the square of what was asked.
const STEPS_MAX: usize = 100;

/// Writes the way from a page at a raw, percent-encoded path back to the root.
///
/// A page at `/films/old/clip.mp4` reaches the root by `../../`, a page at `/` by `./`.
pub(super) fn way_to_root(path: &str) -> String {
    match path.bytes().filter(|byte| *byte == b'/').count().saturating_sub(1) {
        0 => "./".to_owned(),
        depth if depth > STEPS_MAX => "/".to_owned(),
        depth => "../".repeat(depth),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_one_segment() {
        assert_eq!(href(b"a b.mp4"), "a%20b.mp4");
        assert_eq!(href(b"javascript:alert(1)"), "javascript%3Aalert%281%29");
        assert_eq!(href(b"a?b#c/d\\e%f"), "a%3Fb%23c%2Fd%5Ce%25f");
        assert_eq!(href(b"\xff\"<>&'\n"), "%FF%22%3C%3E%26%27%0A");
    }

    #[test]
    fn what_cannot_be_seen_is_shown() {
        assert_eq!(shown("mühle.mp4".as_bytes()), "mühle.mp4");
        assert_eq!(shown(b"a\nb\x7f"), "a[U+000A]b[U+007F]");
        assert_eq!(shown("a\u{85}\u{1ffff}".as_bytes()), "a[U+0085][U+1FFFF]");
        assert_eq!(shown(b"caf\xe9"), "caf\u{fffd}");
        assert_eq!(shown("gpj.\u{202e}exe".as_bytes()), "gpj.[U+202E]exe");
        assert_eq!(shown("می\u{200c}خواهم".as_bytes()), "می\u{200c}خواهم");
    }

    #[test]
    fn the_root_is_reached_from_every_depth() {
        assert_eq!(way_to_root("/"), "./");
        assert_eq!(way_to_root("/clip.mp4"), "./");
        assert_eq!(way_to_root("/films/"), "../");
        assert_eq!(way_to_root("/films/old/clip.mp4"), "../../");
        assert_eq!(way_to_root("*"), "./");
        assert_eq!(way_to_root(&"/".repeat(8000)), "/");
    }
}
