//! What rules need to know of one exchange.
//!
//! In: an entry. Out: its Range and Content-Range as values, and which octets of the file were sent.

use byteranges::{ByteRange, ContentRange, EntityTag, RangeSpec, RangesSpecifier};

use crate::inspect::Entry;

/// The most range-specs that are read of one field.
const SPECS_MAX: usize = 200;

/// One exchange with what its fields mean.
pub(super) struct Facts<'a> {
    pub(super) entry: &'a Entry,
    pub(super) specifier: Option<RangesSpecifier>,
    /// The only range asked for.
    pub(super) single: Option<RangeSpec>,
    pub(super) content_range: Option<ContentRange>,
    pub(super) tag: Option<EntityTag>,
}

impl<'a> Facts<'a> {
    pub(super) fn of(entry: &'a Entry) -> Self {
        let specifier = entry.range.as_ref().map(|range| RangesSpecifier::parse(range.as_bytes(), SPECS_MAX));
        let single = match &specifier {
            Some(RangesSpecifier::Bytes(set)) => set.single(),
            _ => None,
        };
        let content_range =
            entry.content_range.as_ref().and_then(|value| ContentRange::parse(value.as_bytes()));
        let tag = entry.answered("etag").and_then(|tag| EntityTag::parse(tag.as_bytes()));
        Self { entry, specifier, single, content_range, tag }
    }

    pub(super) fn status(&self) -> u16 {
        self.entry.status.unwrap_or_default()
    }

    pub(super) fn is_get(&self) -> bool {
        self.entry.method.as_deref() == Some("GET")
    }

    /// Says whether the answer is what is seeked in and resumed: video, audio, PDF, archives, images of disks.
    pub(super) fn is_media(&self) -> bool {
        let kind = self.entry.answered("content-type").unwrap_or_default().to_ascii_lowercase();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        kind.starts_with("video/")
            || kind.starts_with("audio/")
            || matches!(
                kind,
                "application/pdf"
                    | "application/zip"
                    | "application/gzip"
                    | "application/octet-stream"
                    | "application/x-tar"
                    | "application/x-iso9660-image"
            )
    }

    pub(super) fn coding(&self) -> Option<&'a str> {
        self.entry.answered("content-encoding").filter(|coding| !coding.eq_ignore_ascii_case("identity"))
    }

    pub(super) fn is_multipart(&self) -> bool {
        self.entry.answered("content-type").is_some_and(|kind| {
            kind.get(..20).is_some_and(|start| start.eq_ignore_ascii_case("multipart/byteranges"))
        })
    }

    /// Gives which octets of the file left, as far as that can be told.
    pub(super) fn sent(&self) -> Option<ByteRange> {
        if !self.is_get() || self.coding().is_some() {
            return None;
        }
        let first = match (self.status(), self.content_range) {
            (200, _) => 0,
            (206, Some(ContentRange::Range { range, .. })) => range.first(),
            _ => return None,
        };
        ByteRange::with_length(first, self.entry.bytes_sent)
    }

    /// Says whether what was asked for goes to the end of the file, wherever that is.
    pub(super) fn is_open(&self) -> bool {
        match &self.specifier {
            None => true,
            Some(_) => self.single.is_some_and(RangeSpec::is_open_ended),
        }
    }
}
