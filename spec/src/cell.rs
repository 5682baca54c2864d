//! The notation of a field value in a table: escapes, repetition, and placeholders for what is a server's own.

use crate::date::{self, Form};
use crate::own::Own;

/// Holds a field value whose placeholders are not filled in yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Template(Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Octets(Vec<u8>),
    /// `{etag}`: the entity tag as the server sends it.
    Etag,
    /// `{weak}`: the same opaque tag, marked weak.
    Weak,
    /// `{opaque}`: the opaque tag without its quotes.
    Opaque,
    /// `{lm…}` or `{now…}`: a date, shifted and written in a form.
    Date {
        modified: bool,
        shift: i64,
        form: Form,
    },
}

/// The most repetitions one placeholder may ask for; tables hold cases, not floods.
const REPEAT_MAX: usize = 100_000;

impl Template {
    pub(crate) fn read(mut text: &str) -> Result<Self, String> {
        let mut pieces = Vec::new();
        while let Some((before, rest)) = text.split_once('{') {
            push(&mut pieces, Piece::Octets(unescape(before)?));
            let (inside, after) = rest.split_once('}').ok_or("a `{` without its `}`")?;
            push(&mut pieces, placeholder(inside)?);
            text = after;
        }
        push(&mut pieces, Piece::Octets(unescape(text)?));
        Ok(Self(pieces))
    }

    pub(crate) fn resolve(&self, own: &Own) -> Result<Vec<u8>, String> {
        let mut value = Vec::new();
        for piece in &self.0 {
            match piece {
                Piece::Octets(octets) => value.extend_from_slice(octets),
                Piece::Etag => value.extend_from_slice(own.etag()?),
                Piece::Weak => {
                    value.extend_from_slice(b"W/\"");
                    value.extend_from_slice(own.opaque()?);
                    value.push(b'"');
                }
                Piece::Opaque => value.extend_from_slice(own.opaque()?),
                Piece::Date { modified, shift, form } => {
                    let base = if *modified { own.last_modified()? } else { own.now };
                    value.extend_from_slice(date::write(base.saturating_add(*shift), *form).as_bytes());
                }
            }
        }
        Ok(value)
    }

    pub(crate) fn literal(&self) -> Option<Vec<u8>> {
        match self.0.as_slice() {
            [] => Some(Vec::new()),
            [Piece::Octets(octets)] => Some(octets.clone()),
            _ => None,
        }
    }
}

/// Appends a piece; neighbouring octets become one piece and empty ones vanish.
fn push(pieces: &mut Vec<Piece>, piece: Piece) {
    match (pieces.last_mut(), piece) {
        (_, Piece::Octets(octets)) if octets.is_empty() => {}
        (Some(Piece::Octets(last)), Piece::Octets(octets)) => last.extend_from_slice(&octets),
        (_, piece) => pieces.push(piece),
    }
}

fn placeholder(inside: &str) -> Result<Piece, String> {
    if let Some((count, text)) = inside.split_once('*') {
        let count: usize = count.parse().map_err(|_| format!("`{{{inside}}}`: no count"))?;
        if count > REPEAT_MAX {
            return Err(format!("`{{{inside}}}`: more than {REPEAT_MAX} times"));
        }
        return Ok(Piece::Octets(unescape(text)?.repeat(count)));
    }
    if let Some(series) = inside.strip_prefix("each ") {
        return Ok(Piece::Octets(
            each(series).ok_or_else(|| format!("`{{{inside}}}` is not each A..B/STEP"))?,
        ));
    }
    match inside {
        "etag" => Ok(Piece::Etag),
        "weak" => Ok(Piece::Weak),
        "opaque" => Ok(Piece::Opaque),
        _ => dated(inside).ok_or_else(|| format!("nothing is called `{{{inside}}}`")),
    }
}

/// Reads `A..B/STEP` and writes one-octet ranges from A to B, down or up.
fn each(series: &str) -> Option<Vec<u8>> {
    let (ends, step) = series.split_once('/')?;
    let (from, to) = ends.split_once("..")?;
    let (from, to, step): (u64, u64, usize) = (from.parse().ok()?, to.parse().ok()?, step.parse().ok()?);
    let one = |n: u64| format!("{n}-{n}");
    let (low, high) = (from.min(to), from.max(to));
    if step == 0 || usize::try_from(high - low).ok()? > REPEAT_MAX {
        return None;
    }
    let ranges: Vec<_> = match from <= to {
        true => (low..=high).step_by(step).map(one).collect(),
        false => (low..=high).rev().step_by(step).map(one).collect(),
    };
    Some(ranges.join(",").into_bytes())
}

/// Reads `lm`, `now+1d`, `lm-1s:rfc850`.
fn dated(inside: &str) -> Option<Piece> {
    let (base, form) = match inside.split_once(':') {
        None => (inside, Form::Imf),
        Some((base, "rfc850")) => (base, Form::Rfc850),
        Some((base, "asctime")) => (base, Form::Asctime),
        Some(_) => return None,
    };
    let (modified, shift) = match base.strip_prefix("lm") {
        Some(shift) => (true, shift),
        None => (false, base.strip_prefix("now")?),
    };
    let shift = match shift {
        "" => 0,
        _ => seconds(shift)?,
    };
    Some(Piece::Date { modified, shift, form })
}

fn seconds(shift: &str) -> Option<i64> {
    let unit = match shift.chars().last()? {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => return None,
    };
    let number = shift.get(..shift.len() - 1)?;
    number.starts_with(['+', '-']).then(|| number.parse::<i64>().ok())??.checked_mul(unit)
}

/// Reads `\\`, `\t` and `\xNN`.
pub(crate) fn unescape(text: &str) -> Result<Vec<u8>, String> {
    let mut octets = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        octets.extend_from_slice(before.as_bytes());
        let (octet, length) = match after.as_bytes() {
            [b'\\', ..] => (b'\\', 1),
            [b't', ..] => (b'\t', 1),
            [b'x', ..] => {
                let digits = after.get(1..3).ok_or("`\\x` without two digits")?;
                (u8::from_str_radix(digits, 16).map_err(|_| format!("`\\x{digits}` is no octet"))?, 3)
            }
            _ => return Err("`\\` is followed by none of `\\`, `t`, `x`".to_owned()),
        };
        octets.push(octet);
        rest = after.get(length..).unwrap_or_default();
    }
    octets.extend_from_slice(rest.as_bytes());
    Ok(octets)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own() -> Own {
        Own {
            etag: Some(b"\"v1\"".to_vec()),
            last_modified: Some(784_111_777),
            now: 784_198_177,
            plain: Vec::new(),
        }
    }

    fn resolved(text: &str) -> String {
        String::from_utf8(Template::read(text).unwrap().resolve(&own()).unwrap()).unwrap()
    }

    #[test]
    fn placeholders_are_filled_in() {
        assert_eq!(resolved("{etag}, {weak}, \"{opaque}x\""), "\"v1\", W/\"v1\", \"v1x\"");
        assert_eq!(resolved("{lm}"), "Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(resolved("{lm-1s:rfc850}"), "Sunday, 06-Nov-94 08:49:36 GMT");
        assert_eq!(resolved("{lm+1d:asctime}"), "Mon Nov  7 08:49:37 1994");
        assert_eq!(resolved("{now}"), "Mon, 07 Nov 1994 08:49:37 GMT");
    }

    #[test]
    fn repetition_is_written_out() {
        assert_eq!(resolved("bytes={3*0-,}1-"), "bytes=0-,0-,0-,1-");
        assert_eq!(resolved("{each 20..0/10}"), "20-20,10-10,0-0");
        assert_eq!(resolved("{each 0..3/2}"), "0-0,2-2");
        assert!(Template::read("{999999*x}").is_err());
        assert!(Template::read("{each 0..3/0}").is_err());
    }

    #[test]
    fn escapes_are_octets() {
        assert_eq!(unescape(r"a\tb\\c\xff\x00").unwrap(), b"a\tb\\c\xff\x00");
        for bad in [r"\", r"\n", r"\x4", r"\xzz"] {
            assert!(unescape(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_validator_that_is_not_there_is_an_error() {
        let bare = Own { etag: None, last_modified: None, now: 0, plain: Vec::new() };
        for text in ["{etag}", "{weak}", "{opaque}", "{lm}"] {
            assert!(Template::read(text).unwrap().resolve(&bare).is_err(), "{text}");
        }
    }
}
