//! The fields of an answer, written out once: as the lines of the HTTP/1.1 head that most answers are sent with.
//!
//! In: names and values, in order. Out: the lines as octets, or names and values as `http` has them. Nothing of a
//! representation is cloned for an answer: to compose one and to let it go is to fill and to free one stretch of memory.

use std::fmt;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};

/// Room for the lines of most answers; more are no error, only slower.
const OCTETS: usize = 512;

/// How many lines are known without memory of their own: most answers have ten or fewer, and more are only slower.
const LINES: usize = 12;

/// Tells how the lines of one field begin: with the end of the line before, and up to its value.
#[derive(Clone, Copy)]
pub(crate) struct Beginning(&'static str);

/// What stands in a beginning beside the name.
const AROUND_NAME: usize = "\r\n: ".len();

/// The fields that answers are composed of; `http` takes longer to find them among all that it knows.
macro_rules! known {
    ($($field:ident $name:literal,)*) => {
        $(pub(crate) const $field: Beginning = Beginning(concat!("\r\n", $name, ": "));)*

        fn known(name: &[u8]) -> Option<HeaderName> {
            $(if name == $name.as_bytes() {
                return Some(http::header::$field);
            })*
            None
        }
    };
}

known! {
    DATE "date",
    ACCEPT_RANGES "accept-ranges",
    ETAG "etag",
    CACHE_CONTROL "cache-control",
    CONTENT_LOCATION "content-location",
    EXPIRES "expires",
    VARY "vary",
    LAST_MODIFIED "last-modified",
    CONTENT_RANGE "content-range",
    CONTENT_TYPE "content-type",
    CONTENT_ENCODING "content-encoding",
    CONTENT_LENGTH "content-length",
}

/// Holds field lines in order, each with the end of the line before it: the first ends the status line.
#[derive(Clone)]
pub(crate) struct Fields {
    octets: Vec<u8>,
    lines: Lines,
}

impl Fields {
    /// Creates a list without fields, and with room for them.
    pub(crate) fn new() -> Self {
        Self { octets: Vec::with_capacity(OCTETS), lines: Lines::default() }
    }

    // What is inlined has names whose length is known where it is compiled: they are stored, not copied by a call.

    /// Adds a field whose value is written here and now, out of octets that any value may have.
    #[inline(always)]
    pub(crate) fn write(&mut self, Beginning(name): Beginning, value: impl FnOnce(&mut Vec<u8>)) {
        self.octets.extend_from_slice(name.as_bytes());
        self.value(name.len().saturating_sub(AROUND_NAME), false, value);
    }

    /// Adds one of the fields that are known here.
    #[inline(always)]
    pub(crate) fn text(&mut self, Beginning(name): Beginning, value: &HeaderValue) {
        self.octets.extend_from_slice(name.as_bytes());
        let octets = |out: &mut Vec<u8>| out.extend_from_slice(value.as_bytes());
        self.value(name.len().saturating_sub(AROUND_NAME), value.is_sensitive(), octets);
    }

    /// The same if there is a value for it.
    #[inline(always)]
    pub(crate) fn optional(&mut self, name: Beginning, value: Option<&HeaderValue>) {
        if let Some(value) = value {
            self.text(name, value);
        }
    }

    /// Adds any field.
    pub(crate) fn push(&mut self, name: &HeaderName, value: &HeaderValue) {
        self.line(name.as_str().as_bytes(), value.as_bytes(), value.is_sensitive());
    }

    fn line(&mut self, name: &[u8], value: &[u8], sensitive: bool) {
        self.octets.extend_from_slice(b"\r\n");
        self.octets.extend_from_slice(name);
        self.octets.extend_from_slice(b": ");
        self.value(name.len(), sensitive, |out| out.extend_from_slice(value));
    }

    /// Ends the line that begins with a name of that length.
    #[inline(always)]
    fn value(&mut self, name: usize, sensitive: bool, write: impl FnOnce(&mut Vec<u8>)) {
        let begin = self.octets.len();
        write(&mut self.octets);
        let value = self.octets.len().wrapping_sub(begin);
        self.lines.push(Line::new(name, value, sensitive));
    }

    /// Takes out all fields of that name.
    pub(crate) fn remove(&mut self, name: &HeaderName) {
        let other = |field: &Field<'_>| field.name != name.as_str().as_bytes();
        if !self.iter().all(|field| other(&field)) {
            let all = std::mem::replace(self, Self::new());
            for field in all.iter().filter(other) {
                self.line(field.name, field.value, field.sensitive);
            }
        }
    }

    /// The value of the first field of that name.
    pub(crate) fn get(&self, name: &HeaderName) -> Option<HeaderValue> {
        let name = name.as_str().as_bytes();
        let field = self.iter().find(|field| field.name == name)?;
        field.value(Bytes::copy_from_slice(field.value))
    }

    /// The lines.
    pub(crate) fn as_octets(&self) -> &[u8] {
        &self.octets
    }

    fn iter(&self) -> impl Iterator<Item = Field<'_>> {
        self.lines.of(&self.octets)
    }

    /// Adds them to a map, where their values share the memory of the lines.
    pub(crate) fn move_to(self, headers: &mut HeaderMap) {
        headers.reserve(self.lines.count);
        let octets = Bytes::from(self.octets);
        for field in self.lines.of(&octets) {
            if let Some((name, value)) = field.name().zip(field.value(octets.slice_ref(field.value))) {
                headers.append(name, value);
            }
        }
    }
}

impl fmt::Debug for Fields {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fields =
            self.iter().map(|field| (field.name(), field.value(Bytes::copy_from_slice(field.value))));
        formatter.debug_list().entries(fields).finish()
    }
}

/// One field, read again.
struct Field<'a> {
    name: &'a [u8],
    value: &'a [u8],
    sensitive: bool,
}

impl Field<'_> {
    fn name(&self) -> Option<HeaderName> {
        known(self.name).or_else(|| HeaderName::from_bytes(self.name).ok())
    }

    /// The value, of which `http` is to hold these octets.
    fn value(&self, octets: Bytes) -> Option<HeaderValue> {
        let mut value = HeaderValue::from_maybe_shared(octets).ok()?;
        value.set_sensitive(self.sensitive);
        Some(value)
    }
}

/// Tells of what lengths lines are.
#[derive(Clone, Default)]
struct Lines {
    // The first are apart, so that the common answers take memory for their octets only.
    first: [Line; LINES],
    count: usize,
    rest: Vec<Line>,
}

/// Tells how long the name and the value of a line are, and whether the value was marked as sensitive: in one word, so that
/// places for lines cost next to nothing until they are taken.
///
/// `http` has no names of more than sixteen bits, and nobody has memory for a value of more than 47.
#[derive(Clone, Copy, Default)]
struct Line(u64);

impl Line {
    #[inline(always)]
    fn new(name: usize, value: usize, sensitive: bool) -> Self {
        let [name, value] = [name, value].map(|length| u64::try_from(length).unwrap_or(u64::MAX));
        Self((value << 17_u32) | (name << 1_u32) | u64::from(sensitive))
    }

    fn name(self) -> usize {
        usize::try_from((self.0 >> 1_u32) & 0xffff).unwrap_or(usize::MAX)
    }

    fn value(self) -> usize {
        usize::try_from(self.0 >> 17_u32).unwrap_or(usize::MAX)
    }

    const fn is_sensitive(self) -> bool {
        self.0 & 1 == 1
    }
}

impl Lines {
    #[inline(always)]
    fn push(&mut self, line: Line) {
        match self.first.get_mut(self.count) {
            Some(place) => *place = line,
            None => self.rest.push(line),
        }
        self.count = self.count.wrapping_add(1);
    }

    /// Goes through the fields whose lines these octets are.
    fn of<'a>(&'a self, mut octets: &'a [u8]) -> impl Iterator<Item = Field<'a>> {
        self.first.iter().take(self.count).chain(&self.rest).map_while(move |line| {
            let (_, rest) = octets.split_first_chunk::<2>()?;
            let (name, rest) = rest.split_at_checked(line.name())?;
            let (_, rest) = rest.split_first_chunk::<2>()?;
            let (value, rest) = rest.split_at_checked(line.value())?;
            octets = rest;
            Some(Field { name, value, sensitive: line.is_sensitive() })
        })
    }
}

#[cfg(test)]
mod tests {
    use http::header::{HeaderName, SERVER, X_CONTENT_TYPE_OPTIONS};

    use super::*;

    fn value(text: &'static str) -> HeaderValue {
        HeaderValue::from_static(text)
    }

    /// Three fields, one of them twice, and more than the answer itself has places for.
    fn many() -> Fields {
        let mut fields = Fields::new();
        fields.text(VARY, &value("a"));
        for _ in 0..LINES {
            fields.push(&SERVER, &value(""));
        }
        fields.write(CONTENT_LENGTH, |out| out.extend_from_slice(b"17"));
        fields.push(&http::header::VARY, &value("b"));
        fields
    }

    fn map(fields: Fields) -> HeaderMap {
        let mut map = HeaderMap::new();
        fields.move_to(&mut map);
        map
    }

    #[test]
    fn every_name_that_is_known_is_its_own() {
        for Beginning(text) in [DATE, ETAG, CONTENT_LOCATION, EXPIRES, CONTENT_ENCODING] {
            let name = text.strip_prefix("\r\n").and_then(|text| text.strip_suffix(": ")).unwrap();
            assert_eq!(known(name.as_bytes()), HeaderName::from_bytes(name.as_bytes()).ok());
        }
        assert_eq!(known(b"server"), None);
    }

    #[test]
    fn fields_are_read_as_they_were_added() {
        let lines = format!("\r\nvary: a{}\r\ncontent-length: 17\r\nvary: b", "\r\nserver: ".repeat(LINES));
        assert_eq!(many().as_octets(), lines.as_bytes());
        let map = map(many());
        assert_eq!(map.get_all("vary").iter().collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(map.get_all(SERVER).iter().collect::<Vec<_>>(), [""; LINES]);
        assert_eq!(map.get("content-length"), Some(&value("17")));
        assert_eq!(many().get(&http::header::CONTENT_LENGTH), Some(value("17")));
    }

    #[test]
    fn what_is_taken_out_leaves_the_others_in_order() {
        let mut fields = many();
        fields.remove(&X_CONTENT_TYPE_OPTIONS);
        assert_eq!(fields.as_octets(), many().as_octets());
        fields.remove(&SERVER);
        assert_eq!(fields.as_octets(), b"\r\nvary: a\r\ncontent-length: 17\r\nvary: b");
        fields.remove(&http::header::VARY);
        assert_eq!(fields.as_octets(), b"\r\ncontent-length: 17");
    }

    #[test]
    fn values_stay_as_they_are_marked_and_whatever_their_octets() {
        let mut secret = HeaderValue::from_bytes(b"\xff\t: x").unwrap();
        secret.set_sensitive(true);
        let mut fields = Fields::new();
        fields.push(&SERVER, &secret);
        fields.text(ETAG, &value("\"a: b\""));
        fields.push(&http::header::VARY, &value("c"));
        fields.remove(&http::header::VARY);
        assert!(!format!("{fields:?}").contains("xff"));
        let map = map(fields);
        assert_eq!(map.get(SERVER).map(|value| (value, value.is_sensitive())), Some((&secret, true)));
        assert_eq!(map.get("etag").map(HeaderValue::is_sensitive), Some(false));
    }
}
