//! What to call a file: as the server says, or else as its URL does, but never what could do harm.
//!
//! In: fields of an answer, or a URL. Out: the name of one file in whatever directory was chosen.
//!
//! | room | its one question |
//! |---|---|
//! | `disposition` | which name does a Content-Disposition give |
//! | `safe` | what of a name can stay |

mod disposition;
mod safe;

use http::{HeaderMap, header};
use percent_encoding::percent_decode_str;
use url::Url;

pub use safe::{NAME_MAX, safe};

/// What a file is called when nothing names it.
pub const UNNAMED: &str = "download";

/// The name that Content-Disposition gives; none where there is none, several, or nothing of it can stay.
///
/// ```
/// let mut fields = http::HeaderMap::new();
/// fields.insert("content-disposition", "attachment; filename=\"../a b.iso\"".parse().unwrap());
/// assert_eq!(swath_fetch::name::from_fields(&fields).as_deref(), Some("a b.iso"));
/// ```
// The extension decides nothing here: what is written can never be executed. R-6266/4.3-3
pub fn from_fields(fields: &HeaderMap) -> Option<String> {
    let mut lines = fields.get_all(header::CONTENT_DISPOSITION).iter();
    let line = lines.next().filter(|_| lines.next().is_none())?;
    safe(&disposition::filename(line.as_bytes())?)
}

/// The name that the last segment of a URL's path gives, decoded; [`UNNAMED`] where there is none.
///
/// ```
/// let url = "https://example.org/images/a%20b.iso?token=x".parse().unwrap();
/// assert_eq!(swath_fetch::name::from_url(&url), "a b.iso");
/// ```
pub fn from_url(url: &Url) -> String {
    let last = url.path_segments().and_then(|mut segments| segments.next_back()).unwrap_or_default();
    let name = percent_decode_str(last).decode_utf8_lossy();
    safe(&name).unwrap_or_else(|| UNNAMED.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn named(lines: &[&[u8]]) -> Option<String> {
        let value = |line: &&[u8]| http::HeaderValue::from_bytes(line).unwrap();
        from_fields(&lines.iter().map(|line| (header::CONTENT_DISPOSITION, value(line))).collect())
    }

    #[test]
    fn a_url_names_by_its_last_segment() {
        for (url, due) in [
            ("http://h/a.iso", "a.iso"),
            ("http://h/dir/a%20b.iso?x=/y#z/w", "a b.iso"),
            ("http://h/", UNNAMED),
            ("http://h", UNNAMED),
            ("http://h/dir/", UNNAMED),
            ("http://h/%E2%82%AC.bin", "€.bin"),
            ("http://h/%ff.bin", "_.bin"),
            ("http://h/a%2f..%2f..%2fetc%2fpasswd", "passwd"),
            ("http://h/x%5c..%5cboot.ini", "boot.ini"),
            ("http://h/a%2f%2e%2e", UNNAMED),
            ("http://h/%00", "_"),
            ("http://h/.bashrc", "_bashrc"),
            ("http://h/-rf", "_rf"),
            ("data:text/plain,x", UNNAMED),
        ] {
            assert_eq!(from_url(&Url::parse(url).unwrap()), due, "{url}");
        }
    }

    #[test]
    fn a_field_that_comes_twice_names_nothing() {
        assert_eq!(named(&[b"attachment; filename=a"]), Some("a".to_owned()));
        assert_eq!(named(&[b"attachment; filename=a", b"attachment; filename=b"]), None);
        assert_eq!(named(&[]), None);
    }

    proptest! {
        // R-6266/4.3-2
        #[test]
        fn whatever_a_server_says_names_one_file_here(value in proptest::collection::vec(32_u8..=255, 0..80)) {
            let value: Vec<u8> = value.into_iter().filter(|octet| *octet != 127).collect();
            for start in [&b"attachment; filename="[..], b"a;filename=\"", b"a;filename*=UTF-8''", b""] {
                if let Some(name) = named(&[&[start, &value[..]].concat()]) {
                    prop_assert!(safe::is_safe(&name), "{name:?}");
                }
            }
        }

        #[test]
        fn whatever_a_url_says_names_one_file_here(path in "[ -~]{0,60}", name in "\\PC{0,30}") {
            for text in [format!("http://h/{path}"), format!("http://h/{name}")] {
                if let Ok(url) = Url::parse(&text) {
                    let name = from_url(&url);
                    prop_assert!(safe::is_safe(&name), "{name:?}");
                }
            }
        }
    }
}
