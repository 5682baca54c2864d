//! Lists of digests: `SHA256SUMS` and its like.
//!
//! In: the octets of a list, as `sha256sum`, `b3sum` and the tools of BSD write it. Out: the digest of one file.
//!
//! ```text
//! 9f86d081…  disk.iso
//! 9f86d081… *disk.iso
//! \9f86d081…  a name with a line\nfeed
//! SHA256 (disk.iso) = 9f86d081…
//! ```

use super::{Algorithm, Digest};

/// The longest list that is read: distributions publish some megabytes.
pub const LENGTH_MAX: usize = 16 * 1024 * 1024;
/// The longest line: a path of the most octets, each escaped, beside a digest.
const LINE_MAX: usize = 10 * 1024;

/// Says why a list gives no digest.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SumsError {
    /// It is longer than any list.
    #[error("the list of digests is longer than {} MiB", LENGTH_MAX / 1024 / 1024)]
    TooLong,
    /// No line is one of a list.
    #[error("there is no digest in it of sha-256, sha-512 or blake3")]
    NoList,
    /// It has lines, but none for the file.
    #[error("it has no line for `{0}`; name the digest itself with ALGORITHM=VALUE")]
    NoSuchFile(String),
    /// It has several different lines for the file.
    #[error("it has two different digests for `{0}`")]
    Ambiguous(String),
}

/// Finds the digest of a file in a list, by its name without directories.
///
/// A digest of 64 digits is one of BLAKE3 where the list's own name says so (`B3SUMS`), else of SHA-256. A list of a
/// single digest without any name is about whatever file it was given for.
///
/// # Errors
///
/// When there is not exactly one.
///
/// ```
/// use swath_fetch::digest::sums;
/// let list = b"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 *empty.bin\n";
/// assert!(sums::find(list, "SHA256SUMS", "empty.bin").is_ok());
/// ```
pub fn find(list: &[u8], list_name: &str, file: &str) -> Result<Digest, SumsError> {
    if list.len() > LENGTH_MAX {
        return Err(SumsError::TooLong);
    }
    let short = if is_blake3(list_name) { Algorithm::Blake3 } else { Algorithm::Sha256 };
    let mut lines = 0_usize;
    let mut nameless = None;
    let mut found: Option<Digest> = None;
    for line in list.split(|octet| *octet == b'\n').filter(|line| line.len() <= LINE_MAX) {
        let Some((digest, name)) = read_line(line.strip_suffix(b"\r").unwrap_or(line), short) else {
            continue;
        };
        lines += 1;
        let Some(name) = name else {
            nameless = Some(digest);
            continue;
        };
        let last = name.rsplit(|octet| *octet == b'/').next().unwrap_or_default();
        if last != file.as_bytes() {
            continue;
        }
        // Lists of several algorithms give the strongest that is known.
        match &found {
            Some(other) if other.algorithm() == digest.algorithm() && *other != digest => {
                return Err(SumsError::Ambiguous(file.to_owned()));
            }
            Some(other) if other.algorithm() >= digest.algorithm() => {}
            _ => found = Some(digest),
        }
    }
    match (found, nameless, lines) {
        (Some(digest), ..) | (None, Some(digest), 1) => Ok(digest),
        (None, _, 0) => Err(SumsError::NoList),
        _ => Err(SumsError::NoSuchFile(file.to_owned())),
    }
}

fn is_blake3(list_name: &str) -> bool {
    let name = list_name.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    ["b3sum", "blake3"].iter().any(|word| name.contains(word)) || name.ends_with(".b3")
}

/// Reads one line in any of the forms; the name is none where there is only a digest.
fn read_line(line: &[u8], short: Algorithm) -> Option<(Digest, Option<Vec<u8>>)> {
    let (escaped, line) = line.strip_prefix(b"\\").map_or((false, line), |line| (true, line));
    let (digest, name) = gnu(line, short).or_else(|| bsd(line))?;
    let name = name.filter(|name| !name.is_empty());
    let name = match name {
        Some(name) if escaped => Some(unescape(name)?),
        name => name.map(<[u8]>::to_vec),
    };
    Some((digest, name))
}

/// `DIGEST  NAME`, or with `*` for what once was binary.
fn gnu(line: &[u8], short: Algorithm) -> Option<(Digest, Option<&[u8]>)> {
    let end = line.iter().position(|octet| !octet.is_ascii_hexdigit()).unwrap_or(line.len());
    let (digits, rest) = line.split_at_checked(end)?;
    let algorithm = match digits.len() {
        64 => short,
        128 => Algorithm::Sha512,
        _ => return None,
    };
    let digest = Digest::read(algorithm, std::str::from_utf8(digits).ok()?)?;
    if rest.len() <= 2 && rest.trim_ascii().is_empty() {
        return Some((digest, None));
    }
    let name = rest.strip_prefix(b"  ").or_else(|| rest.strip_prefix(b" *"));
    // Written by hand, one space or a tab stands for two.
    let name = name.or_else(|| rest.strip_prefix(b" ").or_else(|| rest.strip_prefix(b"\t")))?;
    Some((digest, Some(name)))
}

/// `ALGORITHM (NAME) = DIGEST`.
fn bsd(line: &[u8]) -> Option<(Digest, Option<&[u8]>)> {
    let open = line.windows(2).position(|pair| pair == b" (")?;
    let close = line.windows(4).rposition(|four| four == b") = ")?;
    let algorithm = Algorithm::from_name(std::str::from_utf8(line.get(..open)?).ok()?)?;
    let name = line.get(open.checked_add(2)?..close)?;
    let value = std::str::from_utf8(line.get(close.checked_add(4)?..)?).ok()?;
    Some((Digest::read(algorithm, value.trim())?, Some(name)))
}

/// Turns `\n`, `\r` and `\\` back, which a leading backslash announces.
fn unescape(name: &[u8]) -> Option<Vec<u8>> {
    let mut plain = Vec::with_capacity(name.len());
    let mut octets = name.iter();
    while let Some(octet) = octets.next() {
        plain.push(match octet {
            b'\\' => match octets.next()? {
                b'n' => b'\n',
                b'r' => b'\r',
                b'\\' => b'\\',
                _ => return None,
            },
            other => *other,
        });
    }
    Some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const A: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    const B: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    fn of(list: &str, name: &str) -> Result<String, SumsError> {
        find(list.as_bytes(), "SHA256SUMS", name).map(|digest| digest.to_string())
    }

    #[test]
    fn every_form_is_read() {
        let due = Ok(format!("sha-256={A}"));
        for line in [
            format!("{A}  a.iso"),
            format!("{A} *a.iso"),
            format!("{A} *./images/a.iso\r"),
            format!("{A} a.iso"),
            format!("SHA256 (a.iso) = {A}"),
            format!("SHA2-256 (other) = {B}\nSHA256 (a.iso) = {A}"),
            format!("# signed\n\n{B}  b.iso\n{A}  a.iso\n"),
            A.to_owned(),
            format!("{A}  -").replace("  -", ""),
            format!("{A}\n"),
        ] {
            assert_eq!(of(&line, "a.iso"), due, "{line}");
        }
        assert_eq!(of(&format!("\\{A}  a\\nb\\\\c"), "a\nb\\c"), due);
        assert_eq!(of(&format!("{A}  a\\nb"), "a\\nb"), due, "no escapes without the mark");
        assert_eq!(of(&format!("SHA256 (a) = (b) = {A}"), "a) = (b"), due);
        let sha512 = "c".repeat(128);
        assert_eq!(of(&format!("{A}  a\n{sha512}  a"), "a"), Ok(format!("sha-512={sha512}")));
    }

    #[test]
    fn the_name_of_the_list_tells_blake3() {
        let list = format!("{A}  a");
        let key = |name: &str| find(list.as_bytes(), name, "a").unwrap().algorithm();
        assert_eq!(key("dist/B3SUMS"), Algorithm::Blake3);
        assert_eq!(key("a.b3"), Algorithm::Blake3);
        assert_eq!(key("SHA256SUMS"), Algorithm::Sha256);
        assert_eq!(of(&format!("BLAKE3 (a) = {A}"), "a"), Ok(format!("blake3={A}")));
    }

    #[test]
    fn what_is_not_sure_is_refused() {
        assert_eq!(of("hello\n", "a"), Err(SumsError::NoList));
        assert_eq!(of(&format!("{A}  b"), "a"), Err(SumsError::NoSuchFile("a".into())));
        assert_eq!(of(&format!("{A}\n{B}\n"), "a"), Err(SumsError::NoSuchFile("a".into())));
        assert_eq!(of(&format!("{A}  a\n{B}  a"), "a"), Err(SumsError::Ambiguous("a".into())));
        assert!(of(&format!("{A}  a\n{A}  dir/a"), "a").is_ok(), "the same twice");
        assert_eq!(of("d41d8cd98f00b204e9800998ecf8427e  a", "a"), Err(SumsError::NoList));
        let long = vec![b'\n'; LENGTH_MAX + 1];
        assert_eq!(find(&long, "", "a"), Err(SumsError::TooLong));
    }

    proptest! {
        #[test]
        fn any_name_is_found_again(name in "[^\0/]{1,40}", other in "[a-z]{1,5}/[a-z]{1,5}") {
            let escaped = name.replace('\\', "\\\\").replace('\n', "\\n").replace('\r', "\\r");
            let mark = if escaped == name { "" } else { "\\" };
            let list = format!("{B}  {other}x\n{mark}{A}  {escaped}\n");
            // `x` at the end keeps the other line from being about the same file.
            prop_assume!(!other.ends_with(&name) && format!("{other}x").rsplit('/').next() != Some(&name[..]));
            prop_assert_eq!(of(&list, &name), Ok(format!("sha-256={A}")));
        }

        #[test]
        fn anything_is_read_without_harm(list in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = find(&list, "", "a");
        }
    }
}
