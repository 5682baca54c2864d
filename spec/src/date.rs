//! HTTP-dates: a count of seconds in, one of the three forms out; and back from the preferred one.

use std::time::{Duration, SystemTime};

/// Names a form of HTTP-date (§5.6.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Imf,
    Rfc850,
    Asctime,
}

/// Writes the instant, in seconds since 1970; what lies before 1970 is written as 1970.
pub(crate) fn write(seconds: i64, form: Form) -> String {
    let instant = SystemTime::UNIX_EPOCH + Duration::from_secs(u64::try_from(seconds).unwrap_or(0));
    let imf = httpdate::fmt_http_date(instant);
    let words: Vec<&str> = imf.split([' ', ',']).filter(|word| !word.is_empty()).collect();
    let &[weekday, day, month, year, time, _] = words.as_slice() else { return imf };
    match form {
        Form::Imf => imf,
        Form::Rfc850 => {
            let century = year.get(2..).unwrap_or(year);
            format!("{}, {day}-{month}-{century} {time} GMT", long(weekday))
        }
        Form::Asctime => {
            let day = day.strip_prefix('0').unwrap_or(day);
            format!("{weekday} {month} {day:>2} {time} {year}")
        }
    }
}

/// Reads an HTTP-date that a server sent, in seconds since 1970.
pub(crate) fn read(value: &[u8]) -> Option<i64> {
    let instant = httpdate::parse_http_date(std::str::from_utf8(value).ok()?).ok()?;
    i64::try_from(instant.duration_since(SystemTime::UNIX_EPOCH).ok()?.as_secs()).ok()
}

fn long(weekday: &str) -> &str {
    match weekday {
        "Mon" => "Monday",
        "Tue" => "Tuesday",
        "Wed" => "Wednesday",
        "Thu" => "Thursday",
        "Fri" => "Friday",
        "Sat" => "Saturday",
        "Sun" => "Sunday",
        other => other,
    }
}
