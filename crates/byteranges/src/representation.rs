//! The facts about one selected representation (§3.2) that a decision rests on.
//!
//! In: what the store knows. Out: a plain value that [`decide`](crate::decide()) and [`compose`](crate::compose()) read.

use std::time::SystemTime;

use http::{HeaderName, HeaderValue};

use crate::{EntityTag, HttpDate};

/// Holds what is known of a selected representation: its length, validators and representation fields.
///
/// All of them have to come from one look at one version of it. Length and validators describe the coded form where
/// `content_encoding` is set (§8.4, §14.1.2).
///
/// ```
/// use byteranges::{EntityTag, Representation};
/// let representation = Representation { etag: EntityTag::strong(b"v1"), ..Representation::new(10_000) };
/// assert_eq!(representation.complete_length, 10_000);
/// ```
// R-14.1.2-9, R-8.4-1
#[derive(Clone, Debug, Default)]
pub struct Representation {
    /// Number of octets of the whole representation.
    pub complete_length: u64,
    /// The entity tag; weak where the representation might still change unnoticed.
    pub etag: Option<EntityTag>,
    /// The modification date, in whole seconds.
    pub last_modified: Option<HttpDate>,
    /// When the representation or the facts about it last changed (a file's ctime), if that is known: while it is
    /// recent, no date counts as a strong validator.
    pub changed: Option<SystemTime>,
    /// Content-Type, repeated in each part of a multipart answer.
    pub content_type: Option<HeaderValue>,
    /// Content-Encoding. A coded representation is never sent as multipart.
    pub content_encoding: Option<HeaderValue>,
    /// Vary.
    pub vary: Option<HeaderValue>,
    /// Cache-Control of a success; refusals always carry `no-store`.
    pub cache_control: Option<HeaderValue>,
    /// Expires.
    pub expires: Option<HeaderValue>,
    /// Content-Location.
    pub content_location: Option<HeaderValue>,
    /// Further fields of a 200 that describe the representation, such as Content-Language, Content-Disposition or
    /// Repr-Digest. A 206 repeats them.
    pub other: Vec<(HeaderName, HeaderValue)>,
}

impl Representation {
    /// Creates the facts of a representation of which only the length is known.
    pub fn new(complete_length: u64) -> Self {
        Self { complete_length, ..Self::default() }
    }
}
