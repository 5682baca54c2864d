//! Which paths would climb, however an origin reads them.
//!
//! In: the raw path of a request target. Out: whether a segment of it, once decoded, is `.` or `..`.

use percent_encoding::percent_decode;

/// How often a path is decoded before it is looked at: once as it ought to be, and twice more for origins behind
/// which another server decodes again.
const DECODINGS: usize = 3;

/// Says whether the path has a dot segment, raw or encoded.
///
/// A backslash counts as a slash, and what follows a semicolon does not count: there are servers that read paths so,
/// and before one of them `/..;/` would lead out of the origin's path.
pub(super) fn has_dot_segment(path: &[u8]) -> bool {
    let mut path = path.to_vec();
    for _ in 0..DECODINGS {
        if climbs(&path) {
            return true;
        }
        let decoded: Vec<u8> = percent_decode(&path).collect();
        if decoded == path {
            return false;
        }
        path = decoded;
    }
    climbs(&path)
}

fn climbs(path: &[u8]) -> bool {
    path.split(|octet| matches!(octet, b'/' | b'\\')).any(|segment| {
        let name = segment.split(|octet| *octet == b';').next().unwrap_or_default();
        matches!(name, b"." | b"..")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dot_segments_are_seen_however_they_are_written() {
        for path in [
            "/..",
            "/.",
            "/a/../b",
            "/%2e%2e/b",
            "/.%2E",
            "/a%2f..%2fb",
            "/..%5cb",
            "/..\\b",
            "/%252e%252e/",
            "/%25252e%25252e/",
            "/..;a=b/c",
        ] {
            assert!(has_dot_segment(path.as_bytes()), "{path}");
        }
        for path in ["/", "/a", "/...", "/a..b/.c", "/a//b", "/%2f", "/%zz", "/100%", "/;.."] {
            assert!(!has_dot_segment(path.as_bytes()), "{path}");
        }
    }
}
