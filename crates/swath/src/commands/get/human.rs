//! Numbers as people read them.
//!
//! In: octets and times. Out: short text of a width that hardly changes, so that a line does not jump.

use std::time::Duration;

/// Tells a count of octets in three digits or so: `812 B`, `1.93 GiB`.
pub(crate) fn octets(count: u64) -> String {
    const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    if count < 1024 {
        return format!("{count} B");
    }
    // A float holds more digits than are shown.
    #[allow(clippy::cast_precision_loss)]
    let mut value = count as f64 / 1024.0;
    let mut unit = 0;
    while value >= 999.5 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    let digits = if value < 9.995 {
        2
    } else if value < 99.95 {
        1
    } else {
        0
    };
    format!("{value:.digits$} {}", UNITS.get(unit).copied().unwrap_or_default())
}

/// Tells octets a second.
pub(crate) fn rate(octets_per_second: f64) -> String {
    // Negative and infinite rates do not come; a cast would saturate if they did.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let count = octets_per_second as u64;
    format!("{}/s", octets(count))
}

/// Tells a time: `0.42 s`, `9.5 s`, `1:05`, `2:03:04`.
pub(crate) fn time(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    if seconds < 1.0 {
        return format!("{seconds:.2} s");
    }
    if seconds < 59.95 {
        return format!("{seconds:.1} s");
    }
    clock(time)
}

/// Tells a time that is left, in whole seconds: `5 s`, `1:05`.
pub(crate) fn left(time: Duration) -> String {
    if time < Duration::from_secs(60) { format!("{} s", time.as_secs().max(1)) } else { clock(time) }
}

fn clock(time: Duration) -> String {
    let seconds = time.as_secs_f64().round().clamp(0.0, 1e15);
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let seconds = seconds as u64;
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match hours {
        0 => format!("{minutes}:{seconds:02}"),
        1..=99 => format!("{hours}:{minutes:02}:{seconds:02}"),
        _ => format!("{} days", hours / 24),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_three_digits() {
        for (count, shown) in [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1.00 KiB"),
            (10_235, "10.0 KiB"),
            (1_023_450, "999 KiB"),
            (1_023_900, "0.98 MiB"),
            (2_073_741_824, "1.93 GiB"),
            (u64::MAX, "16.0 EiB"),
        ] {
            assert_eq!(octets(count), shown, "{count}");
        }
    }

    #[test]
    fn times_have_a_unit_or_colons() {
        for (milliseconds, shown) in [
            (4, "0.00 s"),
            (420, "0.42 s"),
            (9_540, "9.5 s"),
            (59_960, "1:00"),
            (65_000, "1:05"),
            (7_384_000, "2:03:04"),
        ] {
            assert_eq!(time(Duration::from_millis(milliseconds)), shown);
        }
        assert_eq!(left(Duration::from_millis(300)), "1 s");
        assert_eq!(left(Duration::from_secs(61)), "1:01");
        assert_eq!(left(Duration::from_secs(u64::MAX)), "11574074074 days");
    }
}
