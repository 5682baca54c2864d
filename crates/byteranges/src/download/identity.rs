//! Which representation is being fetched: its validators and its complete length.
//!
//! In: the first answer. Out: what later answers are held against.

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
