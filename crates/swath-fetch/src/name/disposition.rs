//! Which name a Content-Disposition gives (RFC 6266).
//!
//! In: the octets of the field. Out: the name as it was meant, made safe by nobody yet.

use percent_encoding::percent_decode;

/// The longest field that is read: names are of 255 octets at most, three times as long when encoded, and come twice.
const FIELD_MAX: usize = 8 * 1024;
/// The most parameters; there are ten that anybody ever defined.
const PARAMETERS_MAX: usize = 32;

/// Reads the name; the extended form wins over the plain one, unless it is malformed.
///
/// Whatever its type is, a disposition names a file: who fetches it wants to store it.
// R-6266/4.1-1, R-6266/4.2-1, R-6266/4.3-1
pub(super) fn filename(field: &[u8]) -> Option<String> {
    if field.len() > FIELD_MAX {
        return None;
    }
    let mut reader = Reader { rest: field };
    let kind = reader.token();
    let mut seen: Vec<String> = Vec::new();
    let (mut plain, mut extended) = (None, None);
    if kind.is_empty() {
        return None;
    }
    while let Some((name, value)) = reader.parameter()? {
        if seen.contains(&name) || seen.len() == PARAMETERS_MAX {
            return None;
        }
        match name.as_str() {
            "filename" => plain = Some(text(value)),
            "filename*" => extended = ext_value(&value),
            _ => {}
        }
        seen.push(name);
    }
    extended.or(plain)
}

/// Reads the octets of a plain value: as UTF-8 where they are, else as Latin-1, which they once had to be.
fn text(octets: Vec<u8>) -> String {
    String::from_utf8(octets).unwrap_or_else(|error| latin1(error.as_bytes()))
}

fn latin1(octets: &[u8]) -> String {
    octets.iter().copied().map(char::from).collect()
}

/// Reads `charset'language'octets` (RFC 8187 §3.2).
// R-8187/3.2-1
fn ext_value(value: &[u8]) -> Option<String> {
    let mut parts = value.splitn(3, |octet| *octet == b'\'');
    let (charset, _language, encoded) = (parts.next()?, parts.next()?, parts.next()?);
    // Half a name is another name: one malformed octet, and the plain form is the better one.
    let is_whole = |at: usize| {
        encoded.get(at + 1..at + 3).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    };
    if encoded.iter().enumerate().any(|(at, octet)| *octet == b'%' && !is_whole(at)) || !encoded.is_ascii() {
        return None;
    }
    let octets: Vec<u8> = percent_decode(encoded).collect();
    if charset.eq_ignore_ascii_case(b"utf-8") {
        String::from_utf8(octets).ok()
    } else if charset.eq_ignore_ascii_case(b"iso-8859-1") {
        Some(latin1(&octets))
    } else {
        None
    }
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl Reader<'_> {
    /// Reads the next parameter. None inside is the end; none outside, that the field is malformed.
    #[allow(clippy::option_option, reason = "three outcomes, and `?` for one of them")]
    fn parameter(&mut self) -> Option<Option<(String, Vec<u8>)>> {
        loop {
            self.white_space();
            match self.rest.split_first() {
                None => return Some(None),
                Some((b';', rest)) => self.rest = rest,
                Some(_) => return None,
            }
            self.white_space();
            let name = self.token().to_ascii_lowercase();
            if name.is_empty() {
                // A semicolon that nothing follows: common, and harmless.
                continue;
            }
            self.white_space();
            self.rest = self.rest.strip_prefix(b"=")?;
            self.white_space();
            let value = if self.rest.first() == Some(&b'"') { self.quoted()? } else { self.bare() };
            return Some(Some((name, value)));
        }
    }

    fn white_space(&mut self) {
        self.rest = self.rest.trim_ascii_start();
    }

    fn token(&mut self) -> String {
        let is_token = |octet: &u8| octet.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(octet);
        let end = self.rest.iter().position(|octet| !is_token(octet)).unwrap_or(self.rest.len());
        let (token, rest) = self.rest.split_at(end);
        self.rest = rest;
        String::from_utf8_lossy(token).into_owned()
    }

    /// Reads up to the next semicolon: servers forget the quotes around names with spaces.
    fn bare(&mut self) -> Vec<u8> {
        let end = self.rest.iter().position(|octet| *octet == b';').unwrap_or(self.rest.len());
        let (value, rest) = self.rest.split_at(end);
        self.rest = rest;
        value.trim_ascii_end().to_vec()
    }

    fn quoted(&mut self) -> Option<Vec<u8>> {
        let mut value = Vec::new();
        let mut octets = self.rest.iter().enumerate().skip(1);
        while let Some((at, octet)) = octets.next() {
            match octet {
                b'"' => {
                    self.rest = &self.rest[at + 1..];
                    return Some(value);
                }
                b'\\' => value.push(*octets.next()?.1),
                octet => value.push(*octet),
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    // R-6266/4.1-1, R-6266/4.2-1, R-6266/4.3-1, R-8187/3.2-1
    #[test]
    fn names_as_they_were_meant() {
        for (field, due) in [
            (r#"attachment; filename="a b.iso""#, Some("a b.iso")),
            ("attachment; filename=a.iso", Some("a.iso")),
            ("attachment; filename=a b.iso ; x=1", Some("a b.iso")),
            ("inline; filename=a.iso", Some("a.iso")),
            ("foobar; FileName=a.iso", Some("a.iso")),
            (r#"attachment; filename="a\"b\\c""#, Some("a\"b\\c")),
            (r#"attachment ; filename = "a;b.iso" ;"#, Some("a;b.iso")),
            (r#"attachment;;filename="a""#, Some("a")),
            (r#"attachment; filename="%41.iso""#, Some("%41.iso")),
            ("attachment; filename=\"na\u{ef}ve\"", Some("na\u{ef}ve")),
            ("attachment; filename*=UTF-8''%e2%82%ac.bin", Some("€.bin")),
            ("attachment; filename*=utf-8'de'%E2%82%AC.bin", Some("€.bin")),
            ("attachment; filename*=iso-8859-1''%A3.txt", Some("£.txt")),
            (r#"attachment; filename="x"; filename*=UTF-8''y"#, Some("y")),
            (r#"attachment; filename*=UTF-8''y; filename="x""#, Some("y")),
            (r#"attachment; filename*="UTF-8''y""#, Some("y")),
            (r#"attachment; filename="x"; filename*=UTF-8''%zz"#, Some("x")),
            (r#"attachment; filename="x"; filename*=UTF-8''%e"#, Some("x")),
            (r#"attachment; filename="x"; filename*=UTF-8''%ff"#, Some("x")),
            (r#"attachment; filename="x"; filename*=KOI8-R''y"#, Some("x")),
            (r#"attachment; filename="x"; filename*=y"#, Some("x")),
            ("attachment; filename*=UTF-8''%zz", None),
            ("attachment; filename=", Some("")),
            ("attachment", None),
            ("", None),
            ("filename=a.iso", None),
            ("attachment; filename=a; filename=b", None),
            ("attachment; filename=a; FILENAME=a", None),
            (r#"attachment; filename="a"#, None),
            (r#"attachment; filename="a\"#, None),
            (r#"attachment; filename="a"b"#, None),
            ("attachment, filename=a", None),
            ("attachment; filename", None),
        ] {
            assert_eq!(filename(field.as_bytes()).as_deref(), due, "{field}");
        }
        assert_eq!(filename(b"attachment; filename=\"\xa3\"").as_deref(), Some("£"));
    }

    #[test]
    fn limits_hold() {
        let long = format!("attachment; filename=\"{}\"", "a".repeat(FIELD_MAX));
        assert_eq!(filename(long.as_bytes()), None);
        let many: String = (0..PARAMETERS_MAX + 1).map(|number| format!("; p{number}=x")).collect();
        assert_eq!(filename(format!("attachment; filename=a{many}").as_bytes()), None);
    }

    proptest! {
        #[test]
        fn what_is_written_by_the_rules_reads_back(name in "\\PC{1,40}") {
            let quoted = name.replace('\\', "\\\\").replace('"', "\\\"");
            let plain = format!("attachment; filename=\"{quoted}\"");
            prop_assert_eq!(filename(plain.as_bytes()), Some(name.clone()));
            let encoded = percent_encoding::utf8_percent_encode(&name, percent_encoding::NON_ALPHANUMERIC);
            let extended = format!("attachment; filename=\"other\"; filename*=UTF-8''{encoded}");
            prop_assert_eq!(filename(extended.as_bytes()), Some(name));
        }
    }
}
