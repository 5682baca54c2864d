//! Text of the driver's in one word of a journal: no space, no line end, nothing that a terminal would obey.
//!
//! In: any text, or a word. Out: a word of visible ASCII, or the text.

/// The longest text kept, in octets: the length of a URL that every recipient ought to bear (RFC 9110 §4.1). A longer one
/// is left out, since half a URL is another URL.
pub(super) const TEXT_MAX: usize = 8000;

/// Writes text as a word; `None` where there is nothing to write, or too much.
pub(super) fn escape(text: &str) -> Option<String> {
    if text.is_empty() || text.len() > TEXT_MAX {
        return None;
    }
    let mut word = String::with_capacity(text.len());
    for octet in text.bytes() {
        match octet {
            b'!'..=b'~' if octet != b'\\' => word.push(char::from(octet)),
            _ => {
                let digit = |half: u8| char::from_digit(u32::from(half), 16).unwrap_or('0');
                word.push('\\');
                word.push(digit(octet >> 4));
                word.push(digit(octet & 15));
            }
        }
    }
    Some(word)
}

/// Reads a word; `None` where it is malformed, too long, or no UTF-8.
pub(super) fn unescape(word: &str) -> Option<String> {
    let mut octets = Vec::with_capacity(word.len().min(TEXT_MAX));
    let mut rest = word.bytes();
    while let Some(octet) = rest.next() {
        let octet = match octet {
            b'\\' => {
                let mut digit =
                    || char::from(rest.next()?).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
                digit()? << 4 | digit()?
            }
            b'!'..=b'~' => octet,
            _ => return None,
        };
        octets.push(octet);
        if octets.len() > TEXT_MAX {
            return None;
        }
    }
    String::from_utf8(octets).ok().filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_text_comes_back_from_one_visible_word(text in "\\PC{1,40}|[\\x00-\\x7f]{1,40}") {
            let word = escape(&text).unwrap();
            prop_assert!(word.bytes().all(|octet| octet.is_ascii_graphic()), "{word}");
            prop_assert_eq!(unescape(&word), Some(text));
        }

        #[test]
        fn any_word_is_read_or_refused(word in "[ -~]{0,30}") {
            if let Some(text) = unescape(&word) {
                prop_assert_eq!(escape(&text).and_then(|word| unescape(&word)), Some(text));
            }
        }
    }

    #[test]
    fn a_url_stays_legible_and_too_much_is_left_out() {
        assert_eq!(escape("https://a.example/%20x").as_deref(), Some("https://a.example/%20x"));
        assert_eq!(escape("a b\\\n").as_deref(), Some("a\\20b\\5c\\0a"));
        assert_eq!((escape(""), escape(&"x".repeat(TEXT_MAX + 1))), (None, None));
        assert!(escape(&"x".repeat(TEXT_MAX)).is_some());
        for word in ["\\", "\\4", "\\zz", "a b", "\\ff"] {
            assert_eq!(unescape(word), None, "{word}");
        }
    }
}
