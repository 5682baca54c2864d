//! Octets from outside, made fit for a log: printable ASCII only, and not too long.
//!
//! In: any octets. Out: a form that no terminal obeys and that reads back without doubt: printable ASCII as it is,
//! a backslash doubled, every other octet as `\xNN`. What is longer than [`OCTETS_MAX`] ends in `...(+N)`.

use std::fmt::Write;

/// How many octets of one field are logged; the longest honest target is far below.
const OCTETS_MAX: usize = 1024;

/// Where the escaped form is to stand.
#[derive(Clone, Copy)]
struct Place {
    /// What stands for one backslash there.
    backslash: &'static str,
    /// Whether a double quote gets one.
    quoted: bool,
}

/// By itself.
const ALONE: Place = Place { backslash: "\\", quoted: false };

/// Between double quotes.
const QUOTED: Place = Place { backslash: "\\", quoted: true };

/// In a JSON string, whose reader takes one backslash of two away.
const JSON: Place = Place { backslash: "\\\\", quoted: true };

/// Escapes no more than so many octets.
pub(crate) fn plain_up_to(octets: &[u8], most: usize) -> String {
    let mut out = String::with_capacity(octets.len().min(most) + 16);
    escape(&mut out, octets, ALONE, most);
    out
}

/// Escapes octets and puts them in double quotes; quotes within get a backslash.
pub(super) fn push_quoted(out: &mut String, octets: &[u8]) {
    out.push('"');
    escape(out, octets, QUOTED, OCTETS_MAX);
    out.push('"');
}

/// Writes octets as a JSON string that reads as [`plain_up_to`] gives them.
pub(super) fn push_json(out: &mut String, octets: &[u8]) {
    out.push('"');
    escape(out, octets, JSON, OCTETS_MAX);
    out.push('"');
}

/// Adds no more than so many octets to what is there, escaped as [`plain_up_to`] does.
pub(crate) fn push_plain(out: &mut String, octets: &[u8], most: usize) {
    escape(out, octets, ALONE, most);
}

fn escape(out: &mut String, octets: &[u8], place: Place, most: usize) {
    let shown = &octets[..octets.len().min(most)];
    let as_it_is =
        |octet: u8| matches!(octet, b' '..=b'~') & (octet != b'\\') & !(place.quoted & (octet == b'"'));
    // Nearly always all of it: looked at without a branch, so that a processor takes many octets at a time.
    if shown.iter().fold(true, |all, octet| all & as_it_is(*octet)) {
        out.push_str(std::str::from_utf8(shown).unwrap_or_default());
    } else {
        for octet in shown {
            // Writing to a String cannot fail.
            let _ = match octet {
                octet if as_it_is(*octet) => out.write_char(char::from(*octet)),
                b'\\' => write!(out, "{0}{0}", place.backslash),
                b'"' => out.write_str("\\\""),
                other => write!(out, "{}x{other:02x}", place.backslash),
            };
        }
    }
    let hidden = octets.len() - shown.len();
    if hidden > 0 {
        let _ = write!(out, "...(+{hidden})");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(octets: &[u8]) -> String {
        plain_up_to(octets, OCTETS_MAX)
    }

    fn quoted(octets: &[u8]) -> String {
        let mut out = String::new();
        push_quoted(&mut out, octets);
        out
    }

    #[test]
    fn a_json_string_reads_as_the_plain_form() {
        let all: Vec<u8> = (0..=255).collect();
        for octets in [&all[..], b"", b"/plain?a=b", b"\\", b"\"", &[b'\\'; 3000]] {
            let mut out = String::new();
            push_json(&mut out, octets);
            assert_eq!(serde_json::from_str::<String>(&out).expect("JSON"), plain(octets), "{out}");
        }
    }

    #[test]
    fn nothing_a_terminal_obeys_comes_through() {
        let all: Vec<u8> = (0..=255).collect();
        for line in [plain(&all), quoted(&all)] {
            assert!(line.bytes().all(|octet| (b' '..=b'~').contains(&octet)), "{line}");
        }
        assert_eq!(
            plain(b"/a\x1b[31m\r\nb\x7f\xff\xc3\xa9\\\""),
            r#"/a\x1b[31m\x0d\x0ab\x7f\xff\xc3\xa9\\""#
        );
        assert_eq!(quoted(b"a\"b\\x"), r#""a\"b\\x""#);
    }

    #[test]
    fn what_was_escaped_reads_back() {
        // A literal `\x1b` in a target and the octet 0x1b must not look alike.
        assert_ne!(plain(br"\x1b"), plain(b"\x1b"));
    }

    #[test]
    fn a_long_field_is_cut_and_says_by_how_much() {
        let line = plain(&vec![b'a'; OCTETS_MAX + 7]);
        assert_eq!(line, "a".repeat(OCTETS_MAX) + "...(+7)");
        assert_eq!(plain(&vec![b'a'; OCTETS_MAX]), "a".repeat(OCTETS_MAX));
        assert!(plain(&vec![0; 1 << 20]).len() < OCTETS_MAX * 4 + 20);
    }
}
