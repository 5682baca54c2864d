//! Reads a multipart leniently, so that what is wrong with it can be told apart: content and Content-Type in, the
//! parts and what is wrong out. Lengths come from each part's Content-Range where it has one.

use swath_spec::Slice;

/// What is wrong with a multipart, each thing at most once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Parts {
    pub(crate) parts: Vec<Part>,
    /// The boundary is quoted, too long or no token.
    pub(crate) boundary: Option<String>,
    /// Lines do not end with CRLF.
    pub(crate) lines: Option<String>,
    /// There is no closing delimiter, or the structure breaks off.
    pub(crate) open: Option<String>,
}

/// Holds one part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) fields: Vec<(String, Vec<u8>)>,
    pub(crate) slice: Result<Slice, String>,
    pub(crate) octets: Vec<u8>,
}

impl Part {
    pub(crate) fn field(&self, name: &str) -> Option<&[u8]> {
        self.fields.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_slice())
    }
}

/// Tells whether a Content-Type is that of a multipart of byte ranges.
pub(crate) fn is_multipart(content_type: Option<&[u8]>) -> bool {
    content_type
        .is_some_and(|value| value.trim_ascii().to_ascii_lowercase().starts_with(b"multipart/byteranges"))
}

/// Reads `bytes 0-4/10`; a complete length of `*` is given as `None`.
pub(crate) fn content_range(value: &[u8]) -> Result<(Slice, bool), String> {
    let text = String::from_utf8_lossy(value).into_owned();
    let wrong =
        || format!("Content-Range `{text}` is not `bytes FIRST-LAST/LENGTH` with FIRST ≤ LAST < LENGTH");
    let (unit, range) = text.split_once(' ').ok_or_else(wrong)?;
    if !unit.eq_ignore_ascii_case("bytes") {
        return Err(wrong());
    }
    match range.strip_suffix("/*") {
        Some(range) => {
            let of = range.split('-').nth(1).and_then(|last| last.parse::<u64>().ok()).ok_or_else(wrong)?;
            let slice = Slice::read(&format!("{range}/{}", of.saturating_add(1))).map_err(|_| wrong())?;
            Ok((slice, false))
        }
        None => Slice::read(range).map(|slice| (slice, true)).map_err(|_| wrong()),
    }
}

pub(crate) fn read(content_type: &[u8], content: &[u8]) -> Parts {
    let mut parts = Parts::default();
    let Some(boundary) = boundary(content_type, &mut parts) else {
        parts.boundary = Some(format!("`{}` has no boundary", String::from_utf8_lossy(content_type)));
        return parts;
    };
    let delimiter = format!("--{boundary}").into_bytes();
    let Some(start) = find(content, &delimiter) else {
        parts.open = Some(format!("the delimiter `--{boundary}` is nowhere"));
        return parts;
    };
    let mut rest = content.get(start + delimiter.len()..).unwrap_or_default();
    loop {
        if rest.starts_with(b"--") {
            return parts;
        }
        let Some(after) = line_break(rest, &mut parts) else {
            parts.open = Some("it breaks off after a delimiter, without a closing one".to_owned());
            return parts;
        };
        let Some((part, after)) = part(after, &delimiter, &mut parts) else {
            parts.open = Some("it breaks off within a part, without a closing delimiter".to_owned());
            return parts;
        };
        parts.parts.push(part);
        rest = after;
    }
}

fn boundary(content_type: &[u8], parts: &mut Parts) -> Option<String> {
    let text = String::from_utf8_lossy(content_type).into_owned();
    let parameter = text.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.trim().split_once('=')?;
        name.eq_ignore_ascii_case("boundary").then(|| value.to_owned())
    })?;
    let bare = parameter.trim_matches('"').to_owned();
    if swath_spec::multipart::boundary(content_type).is_err() {
        parts.boundary = Some(format!("the boundary stands as `{parameter}`"));
    }
    (!bare.is_empty()).then_some(bare)
}

fn find(content: &[u8], wanted: &[u8]) -> Option<usize> {
    content.windows(wanted.len()).position(|window| window == wanted)
}

/// Takes one line break, of whatever kind.
fn line_break<'a>(content: &'a [u8], parts: &mut Parts) -> Option<&'a [u8]> {
    if let Some(rest) = content.strip_prefix(b"\r\n") {
        return Some(rest);
    }
    let rest = content.strip_prefix(b"\n")?;
    parts.lines.get_or_insert_with(|| "a line ends with LF alone".to_owned());
    Some(rest)
}

fn part<'a>(content: &'a [u8], delimiter: &[u8], parts: &mut Parts) -> Option<(Part, &'a [u8])> {
    let mut fields = Vec::new();
    let mut rest = content;
    loop {
        let end = rest.iter().position(|octet| *octet == b'\n')?;
        let (line, after) = (rest.get(..end)?, rest.get(end + 1..)?);
        rest = after;
        let line = match line.strip_suffix(b"\r") {
            Some(line) => line,
            None => {
                parts.lines.get_or_insert_with(|| "a line ends with LF alone".to_owned());
                line
            }
        };
        if line.is_empty() {
            break;
        }
        let colon = line.iter().position(|octet| *octet == b':')?;
        let (name, value) = line.split_at(colon);
        let name = String::from_utf8_lossy(name).trim().to_ascii_lowercase();
        fields.push((name, value.get(1..).unwrap_or_default().trim_ascii().to_vec()));
    }
    let stated = fields.iter().find(|(name, _)| name == "content-range").map(|(_, value)| value.as_slice());
    let slice = match stated {
        None => Err("a part has no Content-Range".to_owned()),
        Some(value) => content_range(value).map(|(slice, _)| slice),
    };
    let by_length = slice.as_ref().ok().and_then(|slice| usize::try_from(slice.length()).ok());
    // By its length where that leads to a delimiter, by searching where not.
    let length =
        by_length.filter(|length| ends_at(rest, *length, delimiter)).or_else(|| search(rest, delimiter))?;
    let octets = rest.get(..length)?.to_vec();
    let after = line_break(rest.get(length..)?, parts)?.strip_prefix(delimiter)?;
    Some((Part { fields, slice, octets }, after))
}

fn ends_at(content: &[u8], length: usize, delimiter: &[u8]) -> bool {
    let Some(after) = content.get(length..) else { return false };
    // A length that is one too long would end between CR and LF.
    let split = content.get(..length).is_some_and(|octets| octets.ends_with(b"\r"));
    let after = after.strip_prefix(b"\r\n").or_else(|| after.strip_prefix(b"\n").filter(|_| !split));
    after.is_some_and(|after| after.starts_with(delimiter))
}

fn search(content: &[u8], delimiter: &[u8]) -> Option<usize> {
    let at = find(content, delimiter)?;
    let before = content.get(..at)?;
    let before = before.strip_suffix(b"\n")?;
    Some(before.strip_suffix(b"\r").unwrap_or(before).len())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TYPE: &[u8] = b"multipart/byteranges; boundary=B";
    const TWO: &str = "--B\r\nContent-Type: text/plain\r\nContent-Range: bytes 0-1/10\r\n\r\n01\r\n--B\r\nContent-Range: bytes 5-8/10\r\n\r\n\r\n--\r\n--B--\r\n";

    #[test]
    fn a_sound_multipart_has_nothing_wrong() {
        let read = read(TYPE, TWO.as_bytes());
        assert_eq!((&read.boundary, &read.lines, &read.open), (&None, &None, &None));
        assert_eq!(read.parts.len(), 2);
        assert_eq!(read.parts[1].octets, b"\r\n--");
    }

    #[test]
    fn each_fault_is_told_apart() {
        assert!(read(b"multipart/byteranges; boundary=\"B\"", TWO.as_bytes()).boundary.is_some());
        assert!(read(TYPE, TWO.replace("\r\n", "\n").as_bytes()).lines.is_some());
        assert!(read(TYPE, TWO.strip_suffix("--\r\n").unwrap().as_bytes()).open.is_some());
        let bare = read(TYPE, TWO.replace("Content-Range: bytes 0-1/10\r\n", "").as_bytes());
        assert!(bare.parts[0].slice.is_err() && bare.parts[1].slice.is_ok());
        let long = read(TYPE, TWO.replace("bytes 0-1/", "bytes 0-2/").as_bytes());
        assert_eq!((long.parts[0].octets.as_slice(), long.parts.len()), (&b"01"[..], 2));
    }

    #[test]
    fn content_range_is_read_strictly() {
        assert_eq!(content_range(b"bytes 0-4/10").unwrap().0.to_string(), "0-4/10");
        assert!(!content_range(b"bytes 0-4/*").unwrap().1);
        for bad in ["bytes=0-4/10", "bytes 5-4/10", "bytes 0-10/10", "bytes 0--1/0", "items 0-1/2", ""] {
            assert!(content_range(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}
