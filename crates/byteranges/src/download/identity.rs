//! Which representation is being fetched: its validators and its complete length.
//!
//! In: the first answer. Out: what later answers are held against.

use http::{HeaderName, HeaderValue, header};

use super::Head;
use crate::{EntityTag, HttpDate};

/// Holds what tells one representation from another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Octets of the whole; `None` until an answer says so.
    pub complete_length: Option<u64>,
    /// The entity tag, strong or weak, where the server sent one.
    pub etag: Option<EntityTag>,
    /// The date of the last modification, where the server sent one.
    pub last_modified: Option<HttpDate>,
    /// Whether that date is strong: there was no tag at all, and the answer's Date was at least a second later (§8.8.2.2).
    pub date_is_strong: bool,
}

/// Whether an answer speaks of the same representation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Likeness {
    /// A strong tag is equal.
    Same,
    /// Nothing differs, and no strong tag is equal.
    NotOther,
    /// A validator that the identity has is missing: it may be anything, an error page too.
    Unknown,
    /// A validator or the length differs.
    Other,
}

impl Identity {
    /// Takes the identity from an answer.
    // R-8.8.2.2-2, R-13.1.5-6
    pub(super) fn of(head: &Head, complete_length: Option<u64>) -> Self {
        let later = head
            .last_modified
            .zip(head.date)
            .is_some_and(|(modified, date)| date.seconds() > modified.seconds());
        Self {
            complete_length,
            etag: head.etag.clone(),
            last_modified: head.last_modified,
            date_is_strong: !head.has_etag && later,
        }
    }

    /// The strong tag, if there is one.
    pub fn strong_tag(&self) -> Option<&EntityTag> {
        self.etag.as_ref().filter(|tag| !tag.is_weak())
    }

    /// The condition under which a finished file need not be fetched again: 304 then says that it is still what the server
    /// has. Nothing where there is no validator.
    ///
    /// ```
    /// use byteranges::download::Identity;
    /// let kept = Identity::from_words(br#"100 W/"v1" 784111777 weak-date"#).unwrap();
    /// let fields = kept.revalidation();
    /// assert_eq!((fields[0].0.as_str(), fields[0].1.as_bytes()), ("if-none-match", &br#"W/"v1""#[..]));
    /// ```
    pub fn revalidation(&self) -> Vec<(HeaderName, HeaderValue)> {
        let tag = self.etag.as_ref().map(|tag| (header::IF_NONE_MATCH, tag.as_header_value().clone()));
        let date = || {
            let value = HeaderValue::try_from(self.last_modified?.to_string()).ok()?;
            Some((header::IF_MODIFIED_SINCE, value))
        };
        tag.or_else(date).into_iter().collect()
    }

    /// Four words that [`from_words`](Self::from_words) reads again: the complete length, the tag, the date of the last
    /// modification in seconds, and whether that is strong. A journal's head ends with them, and a driver may keep them
    /// beside a finished file. A tag may hold octets that are no UTF-8.
    pub fn to_words(&self) -> Vec<u8> {
        let length = self.complete_length.map_or("* ".to_owned(), |length| format!("{length} "));
        let date = self.last_modified.map_or("-".to_owned(), |date| date.seconds().to_string());
        let strength = if self.date_is_strong { "strong-date" } else { "weak-date" };
        let tag = self.etag.as_ref().map_or(&b"-"[..], |tag| tag.as_header_value().as_bytes());
        [length.as_bytes(), tag, format!(" {date} {strength}").as_bytes()].concat()
    }

    /// Reads what [`to_words`](Self::to_words) wrote; `None` for anything else.
    pub fn from_words(words: &[u8]) -> Option<Self> {
        let mut words = words.split(|octet| *octet == b' ');
        let mut word = || words.next();
        let complete_length = optional(word()?, b"*", number)?;
        let etag = optional(word()?, b"-", EntityTag::parse)?;
        let last_modified = optional(word()?, b"-", |word| number(word).and_then(HttpDate::from_seconds))?;
        let date_is_strong = match word()? {
            b"strong-date" => true,
            b"weak-date" => false,
            _ => return None,
        };
        word().is_none().then_some(Self { complete_length, etag, last_modified, date_is_strong })
    }

    /// Compares an answer's validators and length with these.
    // R-13.1.1-5, R-14.4-7, R-15.3.7.3-1
    pub(super) fn compare(&self, head: &Head, complete_length: Option<u64>) -> Likeness {
        if self.complete_length.zip(complete_length).is_some_and(|(own, other)| own != other) {
            return Likeness::Other;
        }
        match (self.strong_tag(), &head.etag) {
            (Some(own), Some(other)) if own.strong_eq(other) => Likeness::Same,
            (Some(_), Some(_)) => Likeness::Other,
            (Some(_), None) => Likeness::Unknown,
            (None, other) => {
                let tags = self.etag.as_ref().zip(other.as_ref());
                let dates = self.last_modified.zip(head.last_modified);
                let differ = tags.is_some_and(|(own, other)| !own.weak_eq(other))
                    || dates.is_some_and(|(own, other)| own != other);
                // A 206 may leave out the date (§15.3.7), never the tag; a 200 leaves out neither.
                let lacks_tag = self.etag.is_some() && other.is_none();
                let lacks_date =
                    head.status == 200 && self.last_modified.is_some() && head.last_modified.is_none();
                match (differ, lacks_tag || lacks_date) {
                    (true, _) => Likeness::Other,
                    (false, true) => Likeness::Unknown,
                    (false, false) => Likeness::NotOther,
                }
            }
        }
    }

    /// Whether two identities name one version, as far as they tell.
    pub(super) fn is_version_of(&self, other: &Self) -> bool {
        match (&self.etag, &other.etag) {
            (Some(own), Some(other)) => own.weak_eq(other),
            _ => {
                self.complete_length == other.complete_length
                    && self.last_modified.is_some()
                    && self.last_modified == other.last_modified
            }
        }
    }
}

/// Reads a word that may be the one for nothing.
fn optional<T>(word: &[u8], none: &[u8], read: impl Fn(&[u8]) -> Option<T>) -> Option<Option<T>> {
    if word == none { Some(None) } else { read(word).map(Some) }
}

/// Reads a numeral that is below 2⁶⁴ − 1.
pub(super) fn number(digits: &[u8]) -> Option<u64> {
    crate::lex::Numeral::read(digits).map(|numeral| numeral.value).filter(|value| *value < u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identities_come_back_from_their_words() {
        for words in [
            &b"1000 \"v1\" 784111777 weak-date"[..],
            b"* W/\"a,\xff-b\" - weak-date",
            b"0 - 784111777 strong-date",
            b"* - - weak-date",
        ] {
            let read = Identity::from_words(words).unwrap();
            assert_eq!(read.to_words(), words);
        }
        for words in [
            &b""[..],
            b"1 - -",
            b"1 - - sure",
            b"1 v1 - weak-date",
            b"-1 - - weak-date",
            b"1 - - weak-date x",
        ] {
            assert_eq!(Identity::from_words(words), None, "{words:?}");
        }
    }

    #[test]
    fn a_finished_file_is_asked_about_by_its_tag_else_by_its_date() {
        let fields = |words: &[u8]| {
            let fields = Identity::from_words(words).unwrap().revalidation();
            fields
                .iter()
                .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
                .collect::<Vec<_>>()
        };
        assert_eq!(fields(b"1 \"v1\" 784111777 weak-date"), ["if-none-match: \"v1\""]);
        assert_eq!(fields(b"1 - 784111777 weak-date"), ["if-modified-since: Sun, 06 Nov 1994 08:49:37 GMT"]);
        assert_eq!(fields(b"1 - - weak-date"), [""; 0]);
    }
}
