//! Entity tags (§8.8.3): one tag, its two comparisons, and lists of tags.
//!
//! In: octets of ETag, If-Match, If-None-Match or If-Range. Out: tags to compare by the strong or the weak rule.

use http::HeaderValue;

use crate::lex::{is_ows, trim_ows};

/// Holds one entity tag of a representation, ready to be sent as a field value.
///
/// ```
/// use byteranges::EntityTag;
/// let tag = EntityTag::strong(b"v1").unwrap();
/// assert_eq!(tag.as_header_value(), "\"v1\"");
/// assert_eq!(tag.into_weak().as_header_value(), "W/\"v1\"");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntityTag {
    value: HeaderValue,
}

impl EntityTag {
    /// Creates a strong tag from its opaque octets; `None` when one of them may not stand in a tag (§8.8.3).
    pub fn strong(opaque: &[u8]) -> Option<Self> {
        Self::parse(&[b"\"", opaque, b"\""].concat())
    }

    /// Creates a weak tag from its opaque octets; `None` when one of them may not stand in a tag (§8.8.3).
    pub fn weak(opaque: &[u8]) -> Option<Self> {
        Self::strong(opaque).map(Self::into_weak)
    }

    /// Reads `"opaque"` or `W/"opaque"`, and nothing else around it.
    pub fn parse(octets: &[u8]) -> Option<Self> {
        TagRef::parse(octets)?;
        HeaderValue::from_bytes(octets).ok().map(|value| Self { value })
    }

    /// The same tag marked weak: its representation is not known to be the same octet for octet (§8.8.1).
    #[must_use]
    pub fn into_weak(self) -> Self {
        if self.is_weak() {
            return self;
        }
        let weak = [b"W/", self.value.as_bytes()].concat();
        HeaderValue::from_bytes(&weak).map_or(self, |value| Self { value })
    }

    /// Whether the tag carries the weakness mark.
    pub fn is_weak(&self) -> bool {
        self.value.as_bytes().starts_with(b"W/")
    }

    /// The field value to send.
    pub fn as_header_value(&self) -> &HeaderValue {
        &self.value
    }

    pub(crate) fn as_ref(&self) -> Option<TagRef<'_>> {
        TagRef::parse(self.value.as_bytes())
    }

    /// Whether both tags are strong and equal (§8.8.3.2).
    pub fn strong_eq(&self, other: &Self) -> bool {
        self.as_ref().zip(other.as_ref()).is_some_and(|(one, other)| one.strong_eq(other))
    }

    /// Whether both tags are equal, weak or not (§8.8.3.2).
    pub fn weak_eq(&self, other: &Self) -> bool {
        self.as_ref().zip(other.as_ref()).is_some_and(|(one, other)| one.weak_eq(other))
    }
}

/// One entity tag in a field value that is being read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TagRef<'a> {
    weak: bool,
    opaque: &'a [u8],
}

impl<'a> TagRef<'a> {
    /// Reads exactly one tag.
    pub(crate) fn parse(octets: &'a [u8]) -> Option<Self> {
        match Self::take(octets)? {
            (tag, []) => Some(tag),
            _ => None,
        }
    }

    /// Reads one tag at the start; returns what follows it. The mark is case-sensitive (R-8.8.3-1), and no octet
    /// quotes another (R-8.8.3-2), so the next double quote ends the tag.
    fn take(octets: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let (weak, rest) = match octets.strip_prefix(b"W/") {
            Some(rest) => (true, rest),
            None => (false, octets),
        };
        let rest = rest.strip_prefix(b"\"")?;
        let end = rest.iter().position(|octet| !is_etagc(*octet))?;
        let (opaque, rest) = rest.split_at_checked(end)?;
        Some((Self { weak, opaque }, rest.strip_prefix(b"\"")?))
    }

    // R-8.8.3.2-1
    pub(crate) fn strong_eq(self, other: Self) -> bool {
        !self.weak && !other.weak && self.opaque == other.opaque
    }

    pub(crate) fn weak_eq(self, other: Self) -> bool {
        self.opaque == other.opaque
    }
}

fn is_etagc(octet: u8) -> bool {
    matches!(octet, 0x21 | 0x23..=0x7e | 0x80..=0xff)
}

/// What If-Match or If-None-Match lists (§13.1.1, §13.1.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TagList<'a> {
    /// `*`: any current representation.
    Any,
    /// Tags, checked against the grammar; the octets are kept so that no list is allocated.
    Tags(Tags<'a>),
    /// Neither: it matches nothing, which is the safe reading for both fields (R-13.1.1-6).
    Invalid,
}

impl<'a> TagList<'a> {
    /// Reads one field value in linear time. Empty members are passed over (R-5.6.1.2-1).
    pub(crate) fn parse(octets: &'a [u8]) -> Self {
        let octets = trim_ows(octets);
        if octets == b"*" {
            return Self::Any;
        }
        let mut tags = Tags { rest: octets };
        let read = tags.by_ref().count();
        if read > 0 && tags.rest.is_empty() { Self::Tags(Tags { rest: octets }) } else { Self::Invalid }
    }
}

/// Goes through the tags of a list, stopping where the grammar ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tags<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Tags<'a> {
    type Item = TagRef<'a>;

    fn next(&mut self) -> Option<TagRef<'a>> {
        let at =
            self.rest.iter().position(|octet| !is_ows(*octet) && *octet != b',').unwrap_or(self.rest.len());
        let member = self.rest.get(at..)?;
        if member.is_empty() {
            self.rest = member;
            return None;
        }
        let (tag, rest) = TagRef::take(member)?;
        // A comma, or the end, has to follow: two tags side by side are no list.
        let after = trim_ows(rest);
        if !after.is_empty() && !after.starts_with(b",") {
            return None;
        }
        self.rest = after;
        Some(tag)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opaques(list: &[u8]) -> Option<Vec<&[u8]>> {
        match TagList::parse(list) {
            TagList::Tags(tags) => Some(tags.map(|tag| tag.opaque).collect()),
            _ => None,
        }
    }

    #[test]
    fn comparisons_follow_the_table_of_8_8_3_2() {
        let (w1, w2, s1) = (
            EntityTag::weak(b"1").unwrap(),
            EntityTag::weak(b"2").unwrap(),
            EntityTag::strong(b"1").unwrap(),
        );
        assert!(!w1.strong_eq(&w1) && w1.weak_eq(&w1));
        assert!(!w1.strong_eq(&w2) && !w1.weak_eq(&w2));
        assert!(!w1.strong_eq(&s1) && w1.weak_eq(&s1));
        assert!(s1.strong_eq(&s1) && s1.weak_eq(&s1));
    }

    #[test]
    fn tags_hold_what_the_grammar_allows() {
        assert!(EntityTag::parse(b"\"\"").is_some());
        assert!(EntityTag::parse(b"\"a,b\\\"").is_some());
        assert!(EntityTag::parse(b"W/\"\xff\"").is_some());
        for bad in
            [&b"w/\"x\""[..], b"x", b"\"x", b"\"x\"y", b"\"a b\"", b"\"a\x7f\"", b"W/x", b"", b"\"\n\""]
        {
            assert!(EntityTag::parse(bad).is_none(), "{bad:?}");
        }
    }

    #[test]
    fn lists_are_cut_at_quotes_not_at_commas() {
        assert_eq!(opaques(b"\"a,b\", \"v1\""), Some(vec![&b"a,b"[..], b"v1"]));
        assert_eq!(opaques(b" ,\t, \"v1\" ,, W/\"v2\","), Some(vec![&b"v1"[..], b"v2"]));
        assert_eq!(opaques(b"\"\\\",\"b\""), Some(vec![&b"\\"[..], b"b"]));
    }

    #[test]
    fn what_is_no_list_matches_nothing() {
        for bad in
            [&b""[..], b",", b"v1", b"\"a\" \"b\"", b"*, \"a\"", b"\"a\", *", b"\"a\", b", b"\"a", b"**"]
        {
            assert_eq!(TagList::parse(bad), TagList::Invalid, "{bad:?}");
        }
        assert_eq!(TagList::parse(b" * "), TagList::Any);
    }
}
