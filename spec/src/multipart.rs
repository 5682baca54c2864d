//! Reads multipart/byteranges content: octets and a boundary in, parts out, or what is wrong.
//!
//! Each part's length comes from its Content-Range, never from a search for the delimiter, so that content which
//! looks like a delimiter is read as what it is (R-2046-2).

use crate::answer::{Slice, digits};

/// Holds one part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part<'a> {
    /// The part's header fields; names in lower case.
    pub fields: Vec<(String, Vec<u8>)>,
    /// What its Content-Range says.
    pub slice: Slice,
    /// Its octets.
    pub octets: &'a [u8],
}

/// Takes the boundary out of a Content-Type, where that is multipart/byteranges with an unquoted boundary.
pub fn boundary(content_type: &[u8]) -> Result<&str, String> {
    let text = std::str::from_utf8(content_type).map_err(|_| "Content-Type is not text".to_owned())?;
    let (essence, parameter) = text.split_once(';').ok_or_else(|| format!("`{text}` has no boundary"))?;
    if !essence.trim().eq_ignore_ascii_case("multipart/byteranges") {
        return Err(format!("`{text}` is not multipart/byteranges"));
    }
    let (name, boundary) =
        parameter.trim().split_once('=').ok_or_else(|| format!("`{text}` has no boundary"))?;
    if !name.eq_ignore_ascii_case("boundary") {
        return Err(format!("`{text}` has no boundary"));
    }
    let token = |octet: u8| octet.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&octet);
    // R-14.6-2
    if boundary.is_empty() || boundary.len() > 70 || !boundary.bytes().all(token) {
        return Err(format!("the boundary `{boundary}` is not 1 to 70 octets of a token"));
    }
    Ok(boundary)
}

/// Reads all parts, and that nothing follows the closing delimiter.
pub fn read<'a>(content: &'a [u8], boundary: &str) -> Result<Vec<Part<'a>>, String> {
    let delimiter = format!("--{boundary}");
    let mut rest = content.strip_prefix(b"\r\n").unwrap_or(content);
    rest = take(rest, delimiter.as_bytes(), "the first delimiter")?;
    let mut parts = Vec::new();
    loop {
        rest = take(rest, b"\r\n", "a line break after a delimiter")?;
        let (part, after) = part(rest)?;
        parts.push(part);
        rest = take(after, b"\r\n", "a line break after a part")?;
        rest = take(rest, delimiter.as_bytes(), "the delimiter after a part")?;
        if let Some(end) = rest.strip_prefix(b"--") {
            return match end {
                b"" | b"\r\n" => Ok(parts),
                _ => Err(format!("{} octets follow the closing delimiter", end.len())),
            };
        }
    }
}

fn part(content: &[u8]) -> Result<(Part<'_>, &[u8]), String> {
    let mut fields = Vec::new();
    let mut rest = content;
    loop {
        let end = rest.windows(2).position(|pair| pair == b"\r\n").ok_or("a part's head does not end")?;
        let (line, after) = rest.split_at(end);
        rest = after.get(2..).unwrap_or_default();
        if line.is_empty() {
            break;
        }
        let colon =
            line.iter().position(|octet| *octet == b':').ok_or("a line of a part's head has no colon")?;
        let (name, value) = line.split_at(colon);
        let name = String::from_utf8_lossy(name).to_ascii_lowercase();
        fields.push((name, value.get(1..).unwrap_or_default().trim_ascii().to_vec()));
    }
    let mut ranges = fields.iter().filter(|(name, _)| name == "content-range");
    let (Some((_, value)), None) = (ranges.next(), ranges.next()) else {
        return Err("a part has not one Content-Range".to_owned());
    };
    let slice = content_range(value)?;
    let length = usize::try_from(slice.length()).map_err(|_| "a part is longer than memory")?;
    let octets = rest.get(..length).ok_or_else(|| format!("the part {slice} is cut short"))?;
    let after = rest.get(length..).unwrap_or_default();
    Ok((Part { fields, slice, octets }, after))
}

/// Reads `bytes 0-4/10`, as Content-Range says it (§14.4).
pub(crate) fn content_range(value: &[u8]) -> Result<Slice, String> {
    let text = String::from_utf8_lossy(value);
    match text.split_once(' ') {
        Some((unit, range)) if unit.eq_ignore_ascii_case("bytes") => Slice::read(range),
        _ => Err(format!("`{text}` is no Content-Range in bytes")),
    }
}

/// Reads `bytes */10`.
pub(crate) fn unsatisfied(value: &[u8]) -> Option<u64> {
    digits(std::str::from_utf8(value).ok()?.strip_prefix("bytes */")?)
}

fn take<'a>(content: &'a [u8], expected: &[u8], what: &str) -> Result<&'a [u8], String> {
    content.strip_prefix(expected).ok_or_else(|| {
        let found = content.get(..content.len().min(40)).unwrap_or_default();
        format!("{what} is missing at `{}`", found.escape_ascii())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: &[u8] = b"--B\r\nContent-Type: text/plain\r\nContent-Range: bytes 0-1/10\r\n\r\n01\r\n--B\r\ncontent-range:bytes 5-8/10\r\n\r\n\r\n--\r\n--B--\r\n";

    #[test]
    fn parts_are_read_by_their_length() {
        let parts = read(TWO, "B").unwrap();
        assert_eq!(parts.len(), 2);
        assert_eq!((parts[0].octets, parts[1].octets), (&b"01"[..], &b"\r\n--"[..]));
        assert_eq!(parts[1].slice, Slice { first: 5, last: 8, of: 10 });
    }

    #[test]
    fn what_is_cut_or_malformed_is_refused() {
        for end in 0..TWO.len() - 2 {
            assert!(read(&TWO[..end], "B").is_err(), "cut at {end}");
        }
        let text = String::from_utf8(TWO.to_vec()).unwrap();
        for (good, bad) in [
            ("\r\n--B--", "\n--B--"),
            ("0-1/10", "0-2/10"),
            ("0-1/10", "1-0/10"),
            ("--B--\r\n", "--B--\r\nx"),
        ] {
            assert!(read(text.replace(good, bad).as_bytes(), "B").is_err(), "{bad}");
        }
    }

    #[test]
    fn boundaries_are_tokens() {
        assert_eq!(boundary(b"multipart/byteranges; boundary=x1"), Ok("x1"));
        for bad in [
            "multipart/byteranges",
            "multipart/byteranges; boundary=\"x\"",
            "multipart/mixed; boundary=x",
            "multipart/byteranges; boundary=",
        ] {
            assert!(boundary(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}
