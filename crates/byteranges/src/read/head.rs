//! The header fields of one part, line by line.
//!
//! In: lines without their line breaks. Out: the two fields that matter, or an error.

use super::MultipartError;
use crate::ContentRange;
use crate::lex::{is_ows, split_once, trim_ows};

/// Gathers the fields of a part head.
#[derive(Clone, Debug, Default)]
pub(super) struct Fields {
    pub(super) content_range: Option<ContentRange>,
    pub(super) content_type: Option<Vec<u8>>,
}

impl Fields {
    /// Takes one line; names are equal whatever their case, and fields that do not matter here are passed over.
    pub(super) fn add(&mut self, line: &[u8]) -> Result<(), MultipartError> {
        let (name, value) = split_once(line, b':').ok_or(MultipartError::Head)?;
        // A name with a space in or before it is either folding, which is obsolete, or no name.
        if name.is_empty() || name.iter().any(|octet| is_ows(*octet)) || value.contains(&b'\r') {
            return Err(MultipartError::Head);
        }
        let value = trim_ows(value);
        if name.eq_ignore_ascii_case(b"content-range") {
            let read = ContentRange::parse(value).ok_or(MultipartError::ContentRange)?;
            // R-5.3-1, R-14.4-3
            if self.content_range.replace(read).is_some() {
                return Err(MultipartError::ContentRange);
            }
        } else if name.eq_ignore_ascii_case(b"content-type") {
            self.content_type = Some(value.to_vec());
        }
        Ok(())
    }
}
