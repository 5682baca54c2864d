//! Lengths, counts and times as text: numbers in, what a person or a program reads out.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

/// Writes a length in binary units with three digits or so: `0 B`, `999 B`, `1.3 MiB`, `512 KiB`.
pub(super) fn short_length(bytes: u64) -> String {
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    // In tenths of the unit, rounded: whole numbers only, so that no length is written by an inexact float.
    let mut tenths = u128::from(bytes) * 10;
    let mut unit = 0;
    tenths = (tenths + 512) / 1024;
    while tenths >= 10 * 1024 && unit + 1 < UNITS.len() {
        tenths = (tenths + 512) / 1024;
        unit += 1;
    }
    let unit = UNITS[unit];
    if tenths < 1000 {
        format!("{}.{} {unit}", tenths / 10, tenths % 10)
    } else {
        format!("{} {unit}", (tenths + 5) / 10)
    }
}

/// Writes a length to the byte: `1 byte`, `1,394,395 bytes`.
pub(super) fn exact_length(bytes: u64) -> String {
    counted(bytes, "byte", "bytes")
}

/// Writes a number with its noun: `1 folder`, `12 folders`.
pub(super) fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(number), if number == 1 { one } else { many })
}

/// Writes a number with a comma before each three digits.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Writes a time as RFC 3339 in UTC, to the second; `None` outside the years 1970 to 9999, which the form cannot say.
pub(super) fn rfc3339(time: SystemTime) -> Option<String> {
    let seconds = time.duration_since(UNIX_EPOCH).ok()?.as_secs();
    (seconds <= 253_402_300_799)
        .then(|| humantime::format_rfc3339_seconds(UNIX_EPOCH + Duration::from_secs(seconds)).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_short_and_exact() {
        for (bytes, short) in [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1.0 KiB"),
            (1_394_395, "1.3 MiB"),
            (10 * 1024 * 1024, "10.0 MiB"),
            (104_857_600, "100 MiB"),
            (1024 * 1024 - 1, "1.0 MiB"),
            (u64::MAX, "16.0 EiB"),
        ] {
            assert_eq!(short_length(bytes), short);
        }
        assert_eq!(exact_length(1), "1 byte");
        assert_eq!(exact_length(999), "999 bytes");
        assert_eq!(exact_length(1_394_395), "1,394,395 bytes");
    }

    #[test]
    fn times_are_rfc_3339_or_nothing() {
        let at = |seconds| rfc3339(UNIX_EPOCH + Duration::from_secs(seconds));
        assert_eq!(at(1_795_297_800).as_deref(), Some("2026-11-21T21:50:00Z"));
        assert_eq!(at(253_402_300_799).as_deref(), Some("9999-12-31T23:59:59Z"));
        assert_eq!(at(253_402_300_800), None);
        assert_eq!(rfc3339(UNIX_EPOCH - Duration::from_nanos(1)), None);
    }
}
