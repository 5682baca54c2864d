//! Reads single values: sizes, durations, numbers, switches and words.
//!
//! In: the text as typed, from wherever. Out: what it means, or the rest of a sentence that begins with the
//! text and ends with the cure.

use std::{ffi::OsStr, num::NonZeroU64, str::FromStr, time::Duration};

use http::HeaderValue;
use parse_size::Config;

use super::nearest::nearest;

/// The rest of a sentence that begins with the value: `is not a size: …`.
pub(crate) type Wrong = String;

/// The longest duration taken: beyond it a typing error is likelier than a wish.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// Reads UTF-8, which everything but a path has to be.
pub(crate) fn text(value: &OsStr) -> Result<&str, Wrong> {
    value.to_str().ok_or_else(|| "is not UTF-8".to_owned())
}

/// Reads a count of octets: K, M, G, T are powers of 1000; Ki, Mi, Gi, Ti powers of 1024; a final B may follow.
pub(crate) fn size(value: &OsStr) -> Result<u64, Wrong> {
    Config::new()
        .with_decimal()
        .parse_size(text(value)?)
        .map_err(|_| "is not a size: write 4MiB (1024), 10M (1000) or plain octets".to_owned())
}

/// Reads a size of at least one octet.
pub(crate) fn positive_size(value: &OsStr) -> Result<NonZeroU64, Wrong> {
    NonZeroU64::new(size(value)?).ok_or_else(|| "is no size to send: write at least 1, or off".to_owned())
}

/// Reads a duration with its unit: `500ms`, `10s`, `2m`, `1m 30s`.
pub(crate) fn duration(value: &OsStr) -> Result<Duration, Wrong> {
    let wrong = || "is not a duration: write a number with its unit, such as 500ms, 10s or 2m".to_owned();
    let duration = humantime::parse_duration(text(value)?).map_err(|_| wrong())?;
    if duration > LONGEST { Err("is longer than the 24h that are the most".to_owned()) } else { Ok(duration) }
}

/// Reads a duration that may not be nought, because everything would then time out at once.
pub(crate) fn timeout(value: &OsStr) -> Result<Duration, Wrong> {
    let duration = duration(value)?;
    if duration.is_zero() { Err("would end every connection at once".to_owned()) } else { Ok(duration) }
}

/// Reads a whole number within bounds, both included, into any type that holds the bounds.
pub(crate) fn number<T: TryFrom<u64>>(value: &OsStr, least: u64, most: u64) -> Result<T, Wrong> {
    let wrong = || format!("is not a number from {least} to {most}");
    match text(value)?.parse() {
        Ok(number) if (least..=most).contains(&number) => T::try_from(number).map_err(|_| wrong()),
        _ => Err(wrong()),
    }
}

/// Reads a size within bounds, both included, for memory.
pub(crate) fn size_within(value: &OsStr, least: u64, most: u64) -> Result<usize, Wrong> {
    let octets = size(value)?;
    match usize::try_from(octets) {
        Ok(size) if (least..=most).contains(&octets) => Ok(size),
        _ => Err(format!("is not a size from {} to {}", show_size(least), show_size(most))),
    }
}

/// Reads one word, such as `off`, as nothing, and anything else by `read`.
pub(crate) fn unless<T>(
    value: &OsStr,
    word: &str,
    read: impl FnOnce(&OsStr) -> Result<T, Wrong>,
) -> Result<Option<T>, Wrong> {
    if value.eq_ignore_ascii_case(word) { Ok(None) } else { read(value).map(Some) }
}

/// Reads a switch as a variable or a file writes it.
pub(crate) fn switch(value: &OsStr) -> Result<bool, Wrong> {
    match text(value)?.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Ok(true),
        "false" | "0" | "no" | "off" | "" => Ok(false),
        _ => Err("is neither true nor false".to_owned()),
    }
}

/// Reads one of a few words, in any case.
pub(crate) fn word(value: &OsStr, words: &[&'static str]) -> Result<&'static str, Wrong> {
    let typed = text(value)?;
    words.iter().find(|word| word.eq_ignore_ascii_case(typed)).copied().ok_or_else(|| {
        let list = words.join(", ");
        match nearest(typed, words.iter().copied()) {
            Some(near) => format!("is none of {list}; did you mean {near}?"),
            None => format!("is none of {list}"),
        }
    })
}

/// Reads a header field's value.
pub(crate) fn field_value(value: &OsStr) -> Result<HeaderValue, Wrong> {
    HeaderValue::from_str(text(value)?.trim())
        .map_err(|_| "cannot stand in a header field: only visible ASCII and spaces can".to_owned())
}

/// Reads anything that knows how to, with the name of what it ought to be.
pub(crate) fn parsed<T: FromStr>(value: &OsStr, ought: &str) -> Result<T, Wrong> {
    text(value)?.parse().map_err(|_| format!("is not {ought}"))
}

/// Writes a size as a person would.
pub(crate) fn show_size(octets: u64) -> String {
    const UNITS: [(&str, u64); 3] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];
    match UNITS.iter().find(|(_, unit)| octets >= *unit && octets.is_multiple_of(*unit)) {
        Some((name, unit)) => format!("{}{name}", octets / unit),
        None => octets.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_mean_what_their_unit_says() {
        let cases = [
            ("0", 0),
            ("4096", 4096),
            ("10K", 10_000),
            ("10k", 10_000),
            ("10kB", 10_000),
            ("10M", 10_000_000),
            ("1.5G", 1_500_000_000),
            ("4KiB", 4096),
            ("4Ki", 4096),
            ("4MiB", 4 << 20),
            ("4 MiB", 4 << 20),
            ("2GiB", 2 << 30),
            ("18446744073709551615", u64::MAX),
        ];
        for (typed, octets) in cases {
            assert_eq!(size(OsStr::new(typed)), Ok(octets), "{typed}");
        }
        for typed in ["", "M", "-1", "4X", "ten", "18446744073709551616", "99999999T"] {
            assert!(size(OsStr::new(typed)).is_err(), "{typed}");
        }
    }

    #[test]
    fn durations_need_a_unit_and_an_end() {
        for (typed, millis) in [
            ("500ms", 500),
            ("10s", 10_000),
            ("2m", 120_000),
            ("1m 30s", 90_000),
            ("0s", 0),
            ("24h", 86_400_000),
        ] {
            assert_eq!(duration(OsStr::new(typed)), Ok(Duration::from_millis(millis)), "{typed}");
        }
        for typed in ["", "10", "10x", "-1s", "25h", "1M", "99999999999999999999s"] {
            assert!(duration(OsStr::new(typed)).is_err(), "{typed}");
        }
        assert!(timeout(OsStr::new("0s")).is_err());
    }

    #[test]
    fn switches_read_the_usual_words() {
        for (typed, meaning) in
            [("true", true), ("1", true), ("Yes", true), ("false", false), ("0", false), ("", false)]
        {
            assert_eq!(switch(OsStr::new(typed)), Ok(meaning), "{typed:?}");
        }
        assert!(switch(OsStr::new("maybe")).is_err());
    }

    #[test]
    fn a_word_that_is_nearly_right_is_named() {
        assert_eq!(word(OsStr::new("JSON"), &["text", "json"]), Ok("json"));
        assert!(word(OsStr::new("jsno"), &["text", "json"]).unwrap_err().contains("did you mean json?"));
    }

    #[test]
    fn sizes_are_shown_as_they_are_typed() {
        for (octets, shown) in [(16 << 10, "16KiB"), (64 << 20, "64MiB"), (1000, "1000"), (1 << 30, "1GiB")] {
            assert_eq!(show_size(octets), shown);
            assert_eq!(
                size_within(OsStr::new(shown), octets, octets),
                Ok(usize::try_from(octets).expect("fits"))
            );
        }
    }
}
