//! Reads single values where clap meets them, so that what is typed wrong is refused with its flag's name.
//!
//! In: one argument. Out: its meaning, or the rest of a sentence with the cure.

use std::{ffi::OsStr, num::NonZeroU64, time::Duration};

use crate::settings::value;

/// Reads a count of octets.
pub(super) fn size(typed: &str) -> Result<u64, String> {
    value::size(OsStr::new(typed))
}

/// Reads a count of octets that may not be nought.
pub(super) fn some_octets(typed: &str) -> Result<NonZeroU64, String> {
    NonZeroU64::new(size(typed)?).ok_or_else(|| "has to be at least one octet".to_owned())
}

/// Reads a time: a number is seconds, as curl and wget take it; with a unit it is what it says.
pub(super) fn patience(typed: &str) -> Result<Duration, String> {
    match typed.parse::<f64>() {
        Ok(seconds) => {
            let wrong = |_| "is no time to wait: write 30, or 500ms".to_owned();
            let time = Duration::try_from_secs_f64(seconds).map_err(wrong)?;
            value::timeout(OsStr::new(&humantime::format_duration(time).to_string()))
        }
        Err(_) => value::timeout(OsStr::new(typed)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_without_unit_is_seconds() {
        for (typed, milliseconds) in [("30", 30_000), ("0.5", 500), ("500ms", 500), ("2m", 120_000)] {
            assert_eq!(patience(typed), Ok(Duration::from_millis(milliseconds)), "{typed}");
        }
        for typed in ["0", "-1", "nan", "1e99", "soon", "25h", "0s"] {
            assert!(patience(typed).is_err(), "{typed}");
        }
    }
}
