//! Octet-level helpers shared by the field parsers: optional whitespace, list members, numerals.
//!
//! In: the octets of a field value. Out: sub-slices of it and saturated numbers; nothing here allocates.

/// Whether the octet is optional whitespace (§5.6.3): space or horizontal tab.
pub(crate) fn is_ows(octet: u8) -> bool {
    matches!(octet, b' ' | b'\t')
}

/// Removes optional whitespace from both ends (§5.6.3).
pub(crate) fn trim_ows(mut octets: &[u8]) -> &[u8] {
    while let [first, rest @ ..] = octets
        && is_ows(*first)
    {
        octets = rest;
    }
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

/// A run of digits read as a number.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Numeral<'a> {
    /// The digits without leading zeros.
    significant: &'a [u8],
    /// Their value, or `u64::MAX` where it does not fit.
    pub(crate) value: u64,
}

impl<'a> Numeral<'a> {
    /// Reads `1*DIGIT`; `None` for anything else, the empty run included.
    ///
    /// A numeral that exceeds `u64` is no error (R-14.1.2-1): it saturates, and no representation reaches that far.
    pub(crate) fn read(digits: &'a [u8]) -> Option<Self> {
        if digits.is_empty() {
            return None;
        }
        let mut value = 0_u64;
        for digit in digits {
            let digit = digit.checked_sub(b'0').filter(|digit| *digit <= 9)?;
            value = value.saturating_mul(10).saturating_add(u64::from(digit));
        }
        let zeros = digits.iter().take_while(|digit| **digit == b'0').count();
        Some(Self { significant: digits.get(zeros..)?, value })
    }

    /// Whether this numeral is less than `other`, exactly, whatever their size (R-14.1.2-2).
    pub(crate) fn is_less_than(self, other: Self) -> bool {
        (self.significant.len(), self.significant) < (other.significant.len(), other.significant)
    }
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
        assert!(read("0099").is_less_than(read("100")));
        assert!(!read("100").is_less_than(read("0100")));
        assert!(Numeral::read(b"").is_none());
        assert!(Numeral::read(b"+1").is_none());
        assert!(Numeral::read("١".as_bytes()).is_none());
    }

    #[test]
    fn trimming_removes_spaces_and_tabs_only() {
        assert_eq!(trim_ows(b" \t a\t"), b"a");
        assert_eq!(trim_ows(b"\x0ba"), b"\x0ba");
        assert_eq!(trim_ows(b" \t"), b"");
    }
}
