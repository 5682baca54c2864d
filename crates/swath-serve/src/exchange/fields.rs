//! Header fields as an inspector keeps them: those that say something, without secrets, in one piece of memory.
//!
//! In: the fields of a head. Out: [`Fields`], whose JSON is a list of pairs.

use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The longest field value that is kept, in octets; of a longer one the beginning.
///
/// 512: the ranges and tags that matter are shorter; a set of hundreds of ranges says what it is long before.
const VALUE_MAX: usize = 512;

/// The most octets that are kept of the fields of one head.
const FIELDS_MAX: usize = 4096;

/// The fields that are kept: those that say something about ranges, validators, codings and caching. Others are not even named.
const KEPT: [&str; 41] = [
    "accept",
    "accept-encoding",
    "accept-ranges",
    "access-control-allow-origin",
    "access-control-expose-headers",
    "age",
    "allow",
    "cache-control",
    "connection",
    "content-disposition",
    "content-encoding",
    "content-length",
    "content-location",
    "content-range",
    "content-type",
    "date",
    "etag",
    "expires",
    "host",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "last-modified",
    "location",
    "origin",
    "pragma",
    "range",
    "retry-after",
    "sec-fetch-dest",
    "sec-fetch-mode",
    "server",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "vary",
    "via",
    "x-content-type-options",
];

/// The fields whose presence matters and whose value is nobody's business.
const SECRET: [&str; 4] = ["authorization", "cookie", "proxy-authorization", "set-cookie"];

/// Stands where a value was.
const MASK: &str = "(masked)";

/// Holds header fields as far as they are kept, in one piece of memory.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Fields {
    /// `name NUL value LF` for each; neither can be within a name or a value.
    lines: String,
}

impl Fields {
    /// Keeps what may be kept of these fields, in their order; names are in lower case.
    #[must_use]
    pub fn gather<'a>(fields: impl Iterator<Item = (&'a str, &'a [u8])>) -> Self {
        let mut kept = Self { lines: String::with_capacity(512) };
        for (name, value) in fields {
            if SECRET.contains(&name) {
                kept.push(name, MASK);
            } else if KEPT.binary_search(&name).is_ok() {
                match name {
                    "location" | "content-location" => {
                        let value = crate::log::plain_up_to(value, VALUE_MAX);
                        kept.push(name, &crate::inspect::mask::target(&value));
                    }
                    _ => kept.line(name, |lines| crate::log::push_plain(lines, value, VALUE_MAX)),
                }
            }
            if kept.lines.len() >= FIELDS_MAX {
                break;
            }
        }
        kept
    }

    /// Adds a field; neither its name nor its value has NUL or LF.
    fn push(&mut self, name: &str, value: &str) {
        self.line(name, |lines| lines.push_str(value));
    }

    fn line(&mut self, name: &str, value: impl FnOnce(&mut String)) {
        self.lines.push_str(name);
        self.lines.push('\0');
        value(&mut self.lines);
        self.lines.push('\n');
    }

    /// Gives name and value of each field, in their order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let mut rest = self.lines.as_str();
        std::iter::from_fn(move || {
            let (name, after) = cut(rest, b'\0')?;
            let (value, after) = cut(after, b'\n')?;
            rest = after;
            Some((name, value))
        })
    }

    /// Gives the value of the first field of this name, in lower case.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    /// Says how much memory it takes.
    pub(crate) fn weight(&self) -> usize {
        self.lines.capacity()
    }
}

/// Cuts before and after an octet that is not part of a longer character.
fn cut(text: &str, at: u8) -> Option<(&str, &str)> {
    let at = memchr::memchr(at, text.as_bytes())?;
    Some((&text[..at], &text[at + 1..]))
}

impl<'a> FromIterator<(&'a str, &'a str)> for Fields {
    /// Takes fields as they were kept before; what stands in none of them, NUL and LF, is left out.
    fn from_iter<I: IntoIterator<Item = (&'a str, &'a str)>>(fields: I) -> Self {
        let mut kept = Self::default();
        let without = |text: &str| text.replace(['\0', '\n'], "");
        fields.into_iter().for_each(|(name, value)| kept.push(&without(name), &without(value)));
        kept
    }
}

impl Serialize for Fields {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let pairs = Vec::<(String, String)>::deserialize(deserializer)?;
        if pairs.iter().any(|(name, value)| [name, value].iter().any(|text| text.contains(['\0', '\n']))) {
            return Err(D::Error::custom("a field has NUL or LF in it"));
        }
        Ok(pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect())
    }
}

impl fmt::Debug for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gathered(fields: &[(&str, &[u8])]) -> Vec<(String, String)> {
        let fields = Fields::gather(fields.iter().copied());
        fields.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    #[test]
    fn the_list_of_fields_is_sorted() {
        assert!(KEPT.is_sorted());
    }

    #[test]
    fn secrets_never_come_in_and_strangers_are_not_named() {
        let kept = gathered(&[
            ("range", b"bytes=0-"),
            ("authorization", b"Basic c2VjcmV0"),
            ("cookie", b"session=secret"),
            ("proxy-authorization", b"secret"),
            ("set-cookie", b"id=secret; HttpOnly"),
            ("x-api-key", b"secret"),
            ("location", b"/there?key=secret"),
            ("referer", b"https://a.example/?secret"),
        ]);
        let expected = [
            ("range", "bytes=0-"),
            ("authorization", MASK),
            ("cookie", MASK),
            ("proxy-authorization", MASK),
            ("set-cookie", MASK),
            ("location", "/there?key=*"),
        ];
        let expected: Vec<_> = expected.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        assert_eq!(kept, expected);
    }

    #[test]
    fn values_are_printable_and_bounded() {
        let long = vec![b'a'; 10_000];
        let kept = gathered(&[("user-agent", b"a\x1b[2J\0\n\xff"), ("range", &long)]);
        assert_eq!(kept[0].1, r"a\x1b[2J\x00\x0a\xff");
        assert_eq!(kept[1].1, format!("{}...(+9488)", "a".repeat(512)));
        let many: Vec<(&str, &[u8])> = std::iter::repeat_n(("via", &long[..400]), 100).collect();
        assert!(gathered(&many).len() < 12);
    }

    #[test]
    fn what_is_told_reads_back() {
        let kept = Fields::from_iter([("etag", "\"a\""), ("vary", ""), ("etag", "\"b\"")]);
        let told = serde_json::to_string(&kept).unwrap();
        assert_eq!(told, r#"[["etag","\"a\""],["vary",""],["etag","\"b\""]]"#);
        assert_eq!(serde_json::from_str::<Fields>(&told).unwrap(), kept);
        assert_eq!((kept.get("etag"), kept.get("vary"), kept.get("x")), (Some("\"a\""), Some(""), None));
        for forged in [r#"[["a\u0000b","c"]]"#, r#"[["a","b\nc"]]"#, r#"["a"]"#] {
            assert!(serde_json::from_str::<Fields>(forged).is_err(), "{forged}");
        }
    }
}
