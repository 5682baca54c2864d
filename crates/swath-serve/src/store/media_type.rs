//! The media type of a representation, by the name of its file.
//!
//! In: a file name. Out: the value of Content-Type. The octets are never looked at: the service forbids
//! browsers to guess, and so does not guess itself.

use std::ffi::OsStr;
use std::path::Path;

use http::HeaderValue;

const UNKNOWN: &str = "application/octet-stream";

/// Extensions (lower case) that the general table lacks, or answers with a type that is obsolete or not meant here.
///
/// `.ts` is taken for a transport stream: a server of ranges meets more of them than TypeScript sources. `.xml`
/// names no charset because the document does. Compressed files keep the type of the compressed form: only a
/// negotiated sidecar is a content coding.
const OVERRIDES: &[(&str, &str)] = &[
    ("aac", "audio/aac"),
    ("arrow", "application/vnd.apache.arrow.file"),
    ("avif", "image/avif"),
    ("avro", "application/vnd.apache.avro"),
    ("br", "application/x-brotli"),
    ("cbor", "application/cbor"),
    ("deb", "application/vnd.debian.binary-package"),
    ("feather", "application/vnd.apache.arrow.file"),
    ("flac", "audio/flac"),
    ("geotiff", "image/tiff"),
    ("gtiff", "image/tiff"),
    ("h5", "application/x-hdf5"),
    ("hdf5", "application/x-hdf5"),
    ("iso", "application/x-iso9660-image"),
    ("js", "text/javascript"),
    ("jxl", "image/jxl"),
    ("m3u8", "application/vnd.apple.mpegurl"),
    ("m4a", "audio/mp4"),
    ("m4s", "video/iso.segment"),
    ("m4v", "video/mp4"),
    ("mbtiles", "application/vnd.sqlite3"),
    ("mjs", "text/javascript"),
    ("mka", "audio/matroska"),
    ("mkv", "video/matroska"),
    ("mp4", "video/mp4"),
    ("mpd", "application/dash+xml"),
    ("opus", "audio/ogg"),
    ("parquet", "application/vnd.apache.parquet"),
    ("php", "text/plain"),
    ("pmtiles", "application/vnd.pmtiles"),
    ("rpm", "application/x-rpm"),
    ("ts", "video/mp2t"),
    ("vtt", "text/vtt"),
    ("wasm", "application/wasm"),
    ("webm", "video/webm"),
    ("xml", "application/xml"),
    ("yaml", "application/yaml"),
    ("yml", "application/yaml"),
    ("zst", "application/zstd"),
];

/// The media type for a file of this name; `application/octet-stream` where the extension says nothing.
///
/// Text types carry `charset=utf-8`: without it some clients still read them as Latin-1. JSON has no such
/// parameter (RFC 8259 §11), and XML names its encoding in the document.
pub fn media_type(name: &OsStr) -> HeaderValue {
    let extension =
        Path::new(name).extension().and_then(OsStr::to_str).unwrap_or_default().to_ascii_lowercase();
    let found = OVERRIDES
        .binary_search_by(|(known, _)| known.cmp(&extension.as_str()))
        .ok()
        .and_then(|at| OVERRIDES.get(at))
        .map(|(_, media_type)| *media_type)
        .or_else(|| mime_guess::from_ext(&extension).first_raw())
        .unwrap_or(UNKNOWN);
    if found.starts_with("text/") {
        HeaderValue::try_from(format!("{found}; charset=utf-8")).unwrap_or(HeaderValue::from_static(UNKNOWN))
    } else {
        HeaderValue::from_static(found)
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStrExt;

    use super::*;

    #[test]
    fn the_overrides_can_be_searched() {
        assert!(OVERRIDES.is_sorted_by(|one, other| one.0 < other.0));
        assert!(OVERRIDES.iter().all(|(extension, _)| *extension == extension.to_ascii_lowercase()));
    }

    #[test]
    fn types_follow_the_name() {
        for (name, expected) in [
            ("clip.mp4", "video/mp4"),
            ("CLIP.MP4", "video/mp4"),
            ("clip.webm", "video/webm"),
            ("seg.m4s", "video/iso.segment"),
            ("film.mkv", "video/matroska"),
            ("a.flac", "audio/flac"),
            ("a.opus", "audio/ogg"),
            ("subtitles.vtt", "text/vtt; charset=utf-8"),
            ("live.m3u8", "application/vnd.apple.mpegurl"),
            ("live.mpd", "application/dash+xml"),
            ("seg.ts", "video/mp2t"),
            ("x.wasm", "application/wasm"),
            ("world.pmtiles", "application/vnd.pmtiles"),
            ("t.parquet", "application/vnd.apache.parquet"),
            ("dem.geotiff", "image/tiff"),
            ("dem.tif", "image/tiff"),
            ("p.avif", "image/avif"),
            ("p.jxl", "image/jxl"),
            ("m.mjs", "text/javascript; charset=utf-8"),
            ("m.js", "text/javascript; charset=utf-8"),
            ("page.html", "text/html; charset=utf-8"),
            ("readme.txt", "text/plain; charset=utf-8"),
            ("style.css", "text/css; charset=utf-8"),
            ("data.json", "application/json"),
            ("feed.xml", "application/xml"),
            ("logo.svg", "image/svg+xml"),
            ("paper.pdf", "application/pdf"),
            ("dump.tar.gz", "application/gzip"),
            ("README", "application/octet-stream"),
            ("x.unknown-extension", "application/octet-stream"),
            ("trailing.", "application/octet-stream"),
            (".mp4", "application/octet-stream"),
            ("", "application/octet-stream"),
        ] {
            assert_eq!(media_type(OsStr::new(name)), expected, "{name}");
        }
        assert_eq!(media_type(OsStr::from_bytes(b"\xff.mp4")), "video/mp4");
        assert_eq!(media_type(OsStr::from_bytes(b"a.\xff")), "application/octet-stream");
    }
}
