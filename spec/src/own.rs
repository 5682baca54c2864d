//! What is a server's own: its validators for a fixture, its clock, and the fields of its plain answer.

use crate::date;

/// Holds what one server says about one fixture in answer to a GET without conditions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Own {
    /// The ETag field's value, `W/` included.
    pub etag: Option<Vec<u8>>,
    /// The Last-Modified date, in seconds since 1970.
    pub last_modified: Option<i64>,
    /// The clock, in seconds since 1970.
    pub now: i64,
    /// All header fields of that answer; names in any case.
    pub plain: Vec<(String, Vec<u8>)>,
}

impl Own {
    /// Takes validators and fields from a plain answer.
    pub fn from_plain(plain: Vec<(String, Vec<u8>)>, now: i64) -> Self {
        let mut own = Self { now, plain, ..Self::default() };
        own.etag = own.field("etag").map(<[u8]>::to_vec);
        own.last_modified = own.field("last-modified").and_then(date::read);
        own
    }

    /// Gives the value of a field of the plain answer.
    pub fn field(&self, name: &str) -> Option<&[u8]> {
        let found = self.plain.iter().find(|(own, _)| own.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_slice())
    }

    pub(crate) fn etag(&self) -> Result<&[u8], String> {
        self.etag.as_deref().ok_or_else(|| "the server sends no ETag here".to_owned())
    }

    pub(crate) fn opaque(&self) -> Result<&[u8], String> {
        let tag = self.etag()?;
        let quoted = tag.strip_prefix(b"W/").unwrap_or(tag);
        let opaque = quoted.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\""));
        opaque.ok_or_else(|| format!("`{}` is no entity tag", String::from_utf8_lossy(tag)))
    }

    pub(crate) fn last_modified(&self) -> Result<i64, String> {
        self.last_modified.ok_or_else(|| "the server sends no Last-Modified here".to_owned())
    }
}
