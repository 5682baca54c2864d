//! The path of a request target, decoded once into the names it is made of.
//!
//! In: the raw path, percent-encoded, as it stood in the request line. Out: a [`Target`], whose names can be
//! handed to the file system as they are, or the reason why there is none. Nothing here touches a disk.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};

use super::StoreError;

/// The longest name of one component, in octets: what Linux and the file systems it mounts allow (NAME_MAX).
pub const NAME_MAX: usize = 255;

/// The longest decoded path, in octets: what one system call accepts, less the closing NUL (PATH_MAX).
pub const PATH_MAX: usize = 4095;

/// The most components of a path: each may cost a descriptor where paths are resolved step by step.
pub const COMPONENTS_MAX: usize = 256;

/// Everything but the unreserved characters of RFC 3986 is escaped in the paths that we write.
///
/// Above all the backslash: browsers read it as a slash, and `/\evil.example/` as another host.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Holds a decoded path: names without `/`, NUL, `.`, `..` or emptiness, so that it can only lead downwards.
///
/// Names are octets: any file name can be asked for by percent-encoding it, valid UTF-8 or not. A backslash is an
/// ordinary octet of a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    names: Vec<OsString>,
    trailing_slash: bool,
}

/// Says why a path names nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TargetError {
    /// The path is not one that we would write or that a file could be named by; the sentence says what is wrong with it.
    Malformed(&'static str),
    /// A name or the whole path is longer than any file system allows, so that no file can be there.
    TooLong,
}

impl From<TargetError> for StoreError {
    fn from(error: TargetError) -> Self {
        match error {
            TargetError::Malformed(reason) => Self::BadTarget(reason),
            TargetError::TooLong => Self::NotFound,
        }
    }
}

impl Target {
    /// Decodes the path of a request target; percent-encoding is undone exactly once, in linear time.
    ///
    /// `.` and `..` are refused rather than resolved, raw or encoded: every client resolves them before it asks,
    /// so that what arrives is an attempt to climb. Empty components are refused because they make one file
    /// reachable by many paths.
    ///
    /// # Errors
    ///
    /// [`TargetError::Malformed`] for what is not a path, for NUL, an encoded slash, dot and empty components;
    /// [`TargetError::TooLong`] beyond [`NAME_MAX`], [`PATH_MAX`] or [`COMPONENTS_MAX`].
    pub fn parse(path: &[u8]) -> Result<Self, TargetError> {
        let relative =
            path.strip_prefix(b"/").ok_or(TargetError::Malformed("the path does not start with a slash"))?;
        let (relative, trailing_slash) = match relative.strip_suffix(b"/") {
            Some(relative) => (relative, true),
            None => (relative, relative.is_empty()),
        };
        if relative.is_empty() && path.len() > 1 {
            return Err(TargetError::Malformed(EMPTY));
        }
        // An escape takes three octets: nothing longer can decode to a path that fits.
        if relative.len() > 3 * PATH_MAX {
            return Err(TargetError::TooLong);
        }
        let mut names = Vec::new();
        let mut decoded = 0_usize;
        for component in relative.split(|octet| *octet == b'/').filter(|_| !relative.is_empty()) {
            let name = decode(component)?;
            decoded = decoded.saturating_add(name.len()).saturating_add(1);
            if name.len() > NAME_MAX || decoded > PATH_MAX || names.len() == COMPONENTS_MAX {
                return Err(TargetError::TooLong);
            }
            names.push(OsString::from_vec(name));
        }
        Ok(Self { names, trailing_slash })
    }

    /// The names from the root downwards; empty for `/`.
    pub fn names(&self) -> &[OsString] {
        &self.names
    }

    /// Whether the path ended with a slash, and so asks for a directory; `/` does.
    pub fn has_trailing_slash(&self) -> bool {
        self.trailing_slash
    }

    /// The last name; `None` for `/`.
    pub fn file_name(&self) -> Option<&OsStr> {
        self.names.last().map(OsString::as_os_str)
    }

    /// Whether one of the names starts with a dot, which hides it unless dot files are served.
    pub fn is_hidden(&self) -> bool {
        self.names.iter().any(|name| is_hidden(name))
    }

    /// The path relative to the root, as system calls want it; empty for `/`.
    pub(super) fn relative(&self) -> Vec<u8> {
        let mut path = Vec::with_capacity(self.names.iter().map(|name| name.len() + 1).sum());
        for name in &self.names {
            if !path.is_empty() {
                path.push(b'/');
            }
            path.extend_from_slice(name.as_bytes());
        }
        path
    }

    /// This path with a slash at its end, encoded, for a Location field.
    ///
    /// It is written anew from the decoded names with all but unreserved characters escaped, so that it is
    /// always a path on the host that was asked, however browsers read backslashes or doubled slashes.
    pub fn to_directory_path(&self) -> String {
        let mut path = String::from("/");
        for name in &self.names {
            path.extend(percent_encode(name.as_bytes(), ESCAPED));
            path.push('/');
        }
        path
    }
}

const EMPTY: &str = "the path has an empty component";

/// Whether a name starts with a dot.
pub(super) fn is_hidden(name: &OsStr) -> bool {
    name.as_bytes().starts_with(b".")
}

/// Decodes one component and refuses what no name may be.
fn decode(component: &[u8]) -> Result<Vec<u8>, TargetError> {
    let mut name = Vec::with_capacity(component.len());
    let mut rest = component;
    while let Some((octet, after)) = rest.split_first() {
        rest = after;
        let octet = match octet {
            b'%' => {
                let (decoded, after) = decode_escape(rest)?;
                rest = after;
                decoded
            }
            b'?' | b'#' => {
                return Err(TargetError::Malformed("the path holds a raw question mark or number sign"));
            }
            other => *other,
        };
        match octet {
            0 => return Err(TargetError::Malformed("the path holds a NUL")),
            b'/' => return Err(TargetError::Malformed("the path holds an encoded slash")),
            other => name.push(other),
        }
    }
    match name.as_slice() {
        b"" => Err(TargetError::Malformed(EMPTY)),
        b"." | b".." => Err(TargetError::Malformed("the path has a dot component")),
        _ => Ok(name),
    }
}

/// Reads the two digits after a percent sign; returns the octet and what follows.
fn decode_escape(digits: &[u8]) -> Result<(u8, &[u8]), TargetError> {
    let hex = |digit: u8| char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok());
    match digits {
        [high, low, rest @ ..] => match (hex(*high), hex(*low)) {
            (Some(high), Some(low)) => Ok((high << 4 | low, rest)),
            _ => Err(TargetError::Malformed("the path holds a percent sign without two hexadecimal digits")),
        },
        _ => Err(TargetError::Malformed("the path ends within a percent-encoding")),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn names(path: &str) -> Vec<String> {
        let target = Target::parse(path.as_bytes()).unwrap();
        target.names().iter().map(|name| name.to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn names_are_decoded_once() {
        assert_eq!(names("/"), Vec::<String>::new());
        assert_eq!(names("/a/b.txt"), ["a", "b.txt"]);
        assert_eq!(names("/a%20b/%41%c3%A9"), ["a b", "Aé"]);
        assert_eq!(names("/%252e%252e/%252f"), ["%2e%2e", "%2f"]);
        assert_eq!(names("/..%5c..%5cetc"), ["..\\..\\etc"]);
        assert_eq!(names("/..\\..\\etc"), ["..\\..\\etc"]);
        assert_eq!(names("/..."), ["..."]);
        assert_eq!(names("/a;v=1/b:c@d"), ["a;v=1", "b:c@d"]);
        assert_eq!(names("/é"), ["é"]);
    }

    #[test]
    fn a_trailing_slash_asks_for_a_directory() {
        for (path, expected) in [("/", true), ("/a", false), ("/a/", true), ("/a/b/", true)] {
            assert_eq!(Target::parse(path.as_bytes()).unwrap().has_trailing_slash(), expected, "{path}");
        }
    }

    #[test]
    fn invalid_utf8_names_a_file_too() {
        let target = Target::parse(b"/%ff%fe").unwrap();
        assert_eq!(target.file_name().unwrap().as_bytes(), b"\xff\xfe");
        assert_eq!(Target::parse(b"/\xff\xfe").unwrap(), target);
    }

    #[test]
    fn limits_hold_to_the_octet() {
        let path = |length: usize| Target::parse(format!("/{}", "a".repeat(length)).as_bytes());
        assert!(path(NAME_MAX).is_ok());
        assert_eq!(path(NAME_MAX + 1), Err(TargetError::TooLong));
        let encoded = format!("/{}", "%61".repeat(NAME_MAX));
        assert!(Target::parse(encoded.as_bytes()).is_ok());
        let deep = |count: usize| Target::parse("/a".repeat(count).as_bytes());
        assert!(deep(COMPONENTS_MAX).is_ok());
        assert_eq!(deep(COMPONENTS_MAX + 1), Err(TargetError::TooLong));
        let long = |count: usize| Target::parse(format!("/{}", "a".repeat(254)).repeat(count).as_bytes());
        assert!(long(16).is_ok());
        assert_eq!(long(17), Err(TargetError::TooLong));
    }

    #[test]
    fn a_redirect_stays_on_this_host() {
        let redirect = |path: &str| Target::parse(path.as_bytes()).unwrap().to_directory_path();
        assert_eq!(redirect("/dir"), "/dir/");
        assert_eq!(redirect("/a%20b/c"), "/a%20b/c/");
        assert_eq!(redirect("/\\evil.example"), "/%5Cevil.example/");
        assert_eq!(redirect("/%5cevil.example"), "/%5Cevil.example/");
        assert_eq!(redirect("/%0d%0aSet-Cookie:x"), "/%0D%0ASet%2DCookie%3Ax/".replace("%2D", "-"));
        assert_eq!(redirect("/%ff"), "/%FF/");
        assert!(Target::parse(b"//evil.example").is_err());
    }

    proptest! {
        #[test]
        fn what_is_accepted_can_only_lead_downwards(path in proptest::collection::vec(any::<u8>(), 0..64)) {
            check_target(&path);
        }

        #[test]
        fn hostile_pieces_lead_downwards_too(pieces in proptest::collection::vec(
            proptest::sample::select(vec!["/", ".", "..", "%2e", "%2F", "%00", "\\", "%5c", "a", "%25", "%", "//", "%c0%ae"]), 0..12)) {
            check_target(format!("/{}", pieces.concat()).as_bytes());
        }

        #[test]
        fn any_name_can_be_asked_for(names in proptest::collection::vec(proptest::collection::vec(1..=255_u8, 1..40), 0..6)) {
            let sound = |name: &Vec<u8>| !name.contains(&b'/') && name != b"." && name != b"..";
            prop_assume!(names.iter().all(sound));
            let encoded: String = names.iter().map(|name| format!("/{}", percent_encode(name, NON_ALPHANUMERIC))).collect();
            let target = Target::parse(if encoded.is_empty() { b"/" } else { encoded.as_bytes() }).unwrap();
            let decoded: Vec<Vec<u8>> = target.names().iter().map(|name| name.as_bytes().to_vec()).collect();
            prop_assert_eq!(decoded, names);
        }

        #[test]
        fn a_directory_path_reads_back_as_itself(path in "/[a-z%\\\\]{0,3}(/[ -~]{1,9}){0,3}") {
            if let Ok(target) = Target::parse(path.as_bytes()) {
                let again = Target::parse(target.to_directory_path().as_bytes()).unwrap();
                prop_assert_eq!(again.names(), target.names());
                prop_assert!(again.has_trailing_slash());
            }
        }
    }

    fn check_target(path: &[u8]) {
        let Ok(target) = Target::parse(path) else { return };
        for name in target.names() {
            let name = name.as_bytes();
            assert!(!name.is_empty() && name.len() <= NAME_MAX && name != b"." && name != b"..");
            assert!(!name.contains(&b'/') && !name.contains(&0));
        }
        assert!(!target.relative().starts_with(b"/"));
        let redirect = target.to_directory_path();
        assert!(redirect.starts_with('/') && !redirect.starts_with("//") && redirect.is_ascii());
        assert!(!redirect.contains(['\\', '\r', '\n', ' ', '?', '#']));
    }
}
