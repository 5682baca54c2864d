//! Octet-level helpers shared by the field parsers: optional whitespace, list members, numerals.
//!
//! In: the octets of a field value. Out: sub-slices of it and saturated numbers; nothing here allocates.

/// Whether the octet is optional whitespace (§5.6.3): space or horizontal tab.
pub(crate) fn is_ows(octet: u8) -> bool {
    matches!(octet, b' ' | b'\t')
}

/// Removes optional whitespace from the start (§5.6.3).
#[inline]
pub(crate) fn trim_ows_start(mut octets: &[u8]) -> &[u8] {
    while let [first, rest @ ..] = octets
        && is_ows(*first)
    {
        octets = rest;
    }
    octets
}

/// Removes optional whitespace from both ends (§5.6.3).
pub(crate) fn trim_ows(octets: &[u8]) -> &[u8] {
    let mut octets = trim_ows_start(octets);
    while let [rest @ .., last] = octets
        && is_ows(*last)
    {
        octets = rest;
    }
    octets
}

/// Splits at the first occurrence of `separator`, leaving it out of both halves.
pub(crate) fn split_once(octets: &[u8], separator: u8) -> Option<(&[u8], &[u8])> {
    let at = octets.iter().position(|octet| *octet == separator)?;
    let (before, rest) = octets.split_at_checked(at)?;
    Some((before, rest.split_first()?.1))
}

/// As many digits as always fit in a `u64`.
const DIGITS_SAFE: usize = 19;

/// A run of digits read as a number.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Numeral<'a> {
    digits: &'a [u8],
    /// Their value, or `u64::MAX` where it does not fit.
    pub(crate) value: u64,
}

impl<'a> Numeral<'a> {
    /// Reads `1*DIGIT`; `None` for anything else, the empty run included.
    pub(crate) fn read(octets: &'a [u8]) -> Option<Self> {
        Self::take(octets).filter(|(_, rest)| rest.is_empty()).map(|(numeral, _)| numeral)
    }

    /// Reads the digits at the start, of which there has to be one; returns what follows them.
    ///
    /// A numeral that exceeds `u64` is no error (R-14.1.2-1): it saturates, and no representation reaches that far.
    #[inline]
    pub(crate) fn take(octets: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let (mut value, mut count) = (0_u64, 0_usize);
        while let Some(digit) = octets.get(count).map(|octet| octet.wrapping_sub(b'0'))
            && digit <= 9
        {
            // What wraps is read again.
            value = value.wrapping_mul(10).wrapping_add(u64::from(digit));
            count = count.wrapping_add(1);
        }
        let (digits, rest) = octets.split_at_checked(count).filter(|(digits, _)| !digits.is_empty())?;
        if count > DIGITS_SAFE {
            value = saturated(digits);
        }
        Some((Self { digits, value }, rest))
    }

    /// Whether this numeral is less than `other`, exactly, whatever their size (R-14.1.2-2).
    pub(crate) fn is_less_than(self, other: Self) -> bool {
        if self.value == u64::MAX && other.value == u64::MAX {
            let [own, other] = [self.digits, other.digits].map(significant);
            return (own.len(), own) < (other.len(), other);
        }
        self.value < other.value
    }
}

/// The value of digits, or `u64::MAX` where it does not fit.
#[cold]
fn saturated(digits: &[u8]) -> u64 {
    digits.iter().fold(0_u64, |value, digit| {
        value.saturating_mul(10).saturating_add(u64::from(digit.wrapping_sub(b'0')))
    })
}

/// Digits without leading zeros.
fn significant(digits: &[u8]) -> &[u8] {
    let zeros = digits.iter().take_while(|digit| **digit == b'0').count();
    digits.get(zeros..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numerals_saturate_and_still_compare_exactly() {
        let read = |text: &'static str| Numeral::read(text.as_bytes()).unwrap();
        assert_eq!(read("000").value, 0);
        assert_eq!(read("18446744073709551615").value, u64::MAX);
        assert_eq!(read("18446744073709551616").value, u64::MAX);
        assert!(read("18446744073709551616").is_less_than(read("18446744073709551617")));
        assert_eq!(read("00018446744073709551614").value, u64::MAX - 1);
        assert_eq!(read("100000000000000000000").value, u64::MAX);
        assert!(read("18446744073709551614").is_less_than(read("18446744073709551616")));
        assert!(!read("018446744073709551616").is_less_than(read("18446744073709551616")));
        assert!(read("0099").is_less_than(read("100")));
        assert!(!read("100").is_less_than(read("0100")));
        assert!(Numeral::read(b"").is_none());
        assert!(Numeral::read(b"+1").is_none());
        assert!(Numeral::read("١".as_bytes()).is_none());
    }

    #[test]
    fn digits_are_taken_up_to_what_is_none() {
        let take =
            |text: &'static str| Numeral::take(text.as_bytes()).map(|(numeral, rest)| (numeral.value, rest));
        assert_eq!(take("10-20"), Some((10, &b"-20"[..])));
        assert_eq!(take("99999999999999999999,"), Some((u64::MAX, &b","[..])));
        assert_eq!(take("7"), Some((7, &b""[..])));
        assert_eq!(take("-7"), None);
        assert!(Numeral::read(b"7-").is_none());
    }

    #[test]
    fn trimming_removes_spaces_and_tabs_only() {
        assert_eq!(trim_ows(b" \t a\t"), b"a");
        assert_eq!(trim_ows(b"\x0ba"), b"\x0ba");
        assert_eq!(trim_ows(b" \t"), b"");
    }
}
