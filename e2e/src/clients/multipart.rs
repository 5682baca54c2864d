//! A strict reader of multipart/byteranges (RFC 2046 §5.1, RFC 9110 §14.6), written apart from the server's writer.
//!
//! In: the Content-Type of an answer and its content. Out: the parts. Anything out of place is an error with its offset.

use std::ops::Range;

/// One part of an answer.
#[derive(Debug, PartialEq, Eq)]
pub struct Part {
    /// The part's own Content-Type.
    pub content_type: Option<String>,
    /// The octets it claims to hold, half-open.
    pub range: Range<u64>,
    /// The complete length it states.
    pub complete_length: u64,
    /// Its octets.
    pub content: Vec<u8>,
}

/// Reads all parts, in their order.
///
/// # Errors
///
/// A sentence, where the content is not exactly what the grammar allows and a careful server writes:
/// no preamble, no epilogue beyond a final CRLF, nothing unknown between the parts.
pub fn read(content_type: &str, content: &[u8]) -> Result<Vec<Part>, String> {
    let boundary = boundary(content_type)?;
    let mut input = Input { octets: content, at: 0 };
    let mut parts = Vec::new();
    // The CRLF before a delimiter belongs to it; before the first one it may be absent.
    if input.octets.starts_with(b"\r\n") {
        input.at = 2;
    }
    loop {
        input.expect(&format!("--{boundary}"))?;
        if input.rest().starts_with(b"--") {
            input.at += 2;
            return match input.rest() {
                b"" | b"\r\n" => Ok(parts),
                more => Err(format!("{} octets after the last delimiter", more.len())),
            };
        }
        input.expect("\r\n")?;
        parts.push(part(&mut input)?);
        input.expect("\r\n")?;
    }
}

fn boundary(content_type: &str) -> Result<&str, String> {
    let parameter = content_type
        .strip_prefix("multipart/byteranges")
        .ok_or_else(|| format!("Content-Type is {content_type:?}"))?
        .trim_start_matches([';', ' ']);
    let value =
        parameter.strip_prefix("boundary=").ok_or_else(|| format!("no boundary in {content_type:?}"))?;
    let value = value.trim_matches('"');
    if value.is_empty() || value.len() > 70 {
        Err(format!("a boundary of {} octets", value.len()))
    } else {
        Ok(value)
    }
}

fn part(input: &mut Input<'_>) -> Result<Part, String> {
    let (mut content_type, mut placed) = (None, None);
    loop {
        let line = input.line()?;
        if line.is_empty() {
            break;
        }
        let (name, value) = line.split_once(':').ok_or_else(|| format!("no field: {line:?}"))?;
        match name.to_ascii_lowercase().as_str() {
            "content-type" => content_type = Some(value.trim().to_owned()),
            "content-range" if placed.is_some() => return Err("two Content-Range fields in a part".into()),
            "content-range" => placed = Some(content_range(value.trim())?),
            _ => {}
        }
    }
    let (range, complete_length) = placed.ok_or("a part without Content-Range")?;
    let length = usize::try_from(range.end - range.start).map_err(|why| why.to_string())?;
    Ok(Part { content_type, range, complete_length, content: input.take(length)?.to_owned() })
}

/// Reads the value of a Content-Range field that states everything, to half-open form.
///
/// # Errors
///
/// A sentence, if it is not `bytes FIRST-LAST/LENGTH` with positions that make sense.
pub fn content_range(value: &str) -> Result<(Range<u64>, u64), String> {
    let read = || {
        let (positions, complete) = value.strip_prefix("bytes ")?.split_once('/')?;
        let (first, last) = positions.split_once('-')?;
        let (first, last, complete) =
            (first.parse().ok()?, last.parse::<u64>().ok()?, complete.parse().ok()?);
        (first <= last && last < complete).then_some((first..last + 1, complete))
    };
    read().ok_or_else(|| format!("Content-Range is {value:?}"))
}

struct Input<'a> {
    octets: &'a [u8],
    at: usize,
}

impl<'a> Input<'a> {
    fn rest(&self) -> &'a [u8] {
        &self.octets[self.at..]
    }

    fn expect(&mut self, text: &str) -> Result<(), String> {
        if !self.rest().starts_with(text.as_bytes()) {
            return Err(format!("no {text:?} at octet {}", self.at));
        }
        self.at += text.len();
        Ok(())
    }

    fn line(&mut self) -> Result<&'a str, String> {
        let rest = self.rest();
        let end = rest.windows(2).position(|pair| pair == b"\r\n").ok_or("a head without an end")?;
        self.at += end + 2;
        std::str::from_utf8(&rest[..end]).map_err(|why| why.to_string())
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], String> {
        let taken = self
            .rest()
            .get(..length)
            .ok_or_else(|| format!("the content ends within a part of {length} octets"))?;
        self.at += length;
        Ok(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &[u8] = b"--x\r\nContent-Type: text/plain\r\nContent-Range: bytes 0-1/10\r\n\r\nab\r\n--x\r\nContent-Range: bytes 9-9/10\r\n\r\nj\r\n--x--\r\n";

    #[test]
    fn parts_come_back_in_order() {
        let parts = read("multipart/byteranges; boundary=x", GOOD).expect("reads");
        assert_eq!(parts.len(), 2);
        assert_eq!((parts[0].range.clone(), parts[0].content.as_slice()), (0..2, &b"ab"[..]));
        assert_eq!((parts[1].range.clone(), parts[1].complete_length), (9..10, 10));
    }

    #[test]
    fn a_part_longer_than_its_range_is_refused() {
        let bad = String::from_utf8(GOOD.to_vec()).expect("text").replace("ab\r\n", "abc\r\n");
        assert!(read("multipart/byteranges; boundary=x", bad.as_bytes()).is_err());
    }

    #[test]
    fn cut_short_or_prolonged_is_refused() {
        assert!(read("multipart/byteranges; boundary=x", &GOOD[..GOOD.len() - 6]).is_err());
        assert!(read("multipart/byteranges; boundary=x", &[GOOD, b"more"].concat()).is_err());
    }

    #[test]
    fn a_content_range_without_sense_is_refused() {
        for value in ["bytes 5-4/10", "bytes 0-10/10", "bytes */10", "0-1/10"] {
            assert!(content_range(value).is_err(), "{value}");
        }
    }
}
