//! HTTP-date (§5.6.7): one instant in whole seconds, written in one form and read in three.
//!
//! In: octets of a date field, or a clock reading. Out: [`HttpDate`], comparable and always printable.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::BufMut;

use crate::write::two_digits;

/// The last second that an HTTP-date can name: 9999-12-31 23:59:59.
const LAST_SECOND: u64 = 253_402_300_799;
/// Seconds in a day.
const DAY: u64 = 86_400;

/// Seconds in a mean Gregorian year.
const MEAN_YEAR: u64 = 31_556_952;

/// Holds an instant that an HTTP-date can express: whole seconds from 1970 to 9999.
///
/// ```
/// use byteranges::HttpDate;
/// let now = HttpDate::from_seconds(1_700_000_000).unwrap();
/// let date = HttpDate::parse(b"Sunday, 06-Nov-94 08:49:37 GMT", now).unwrap();
/// assert_eq!(date.to_string(), "Sun, 06 Nov 1994 08:49:37 GMT");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HttpDate(u64);

impl HttpDate {
    /// Creates the date that lies `seconds` after 1970-01-01 00:00:00 UTC; `None` past the year 9999.
    pub const fn from_seconds(seconds: u64) -> Option<Self> {
        if seconds <= LAST_SECOND { Some(Self(seconds)) } else { None }
    }

    /// Cuts a clock reading down to its second; `None` before 1970 or after 9999.
    ///
    /// Dates are compared only after this cut, so that a file's own Last-Modified always equals itself.
    pub fn from_system_time(time: SystemTime) -> Option<Self> {
        Self::from_seconds(time.duration_since(UNIX_EPOCH).ok()?.as_secs())
    }

    /// Seconds since 1970-01-01 00:00:00 UTC.
    pub const fn seconds(self) -> u64 {
        self.0
    }

    /// The start of this second on the system's clock.
    pub fn to_system_time(self) -> SystemTime {
        UNIX_EPOCH.checked_add(Duration::from_secs(self.0)).unwrap_or(UNIX_EPOCH)
    }

    /// Reads an HTTP-date in any of the three forms of §5.6.7; `None` when it is not one or lies outside 1970–9999.
    ///
    /// `now` decides the century of a two-digit year: the latest that is not more than 50 years ahead.
    // R-13.1.3-3
    pub fn parse(octets: &[u8], now: Self) -> Option<Self> {
        let text = std::str::from_utf8(octets).ok()?;
        match text.split_once("day, ") {
            Some((day, rest)) => parse_two_digit_year(day, rest, now),
            None => parse_four_digit_year(text),
        }
    }
}

impl HttpDate {
    /// Writes the preferred form, of which every answer has one or two.
    pub(crate) fn write(self, out: &mut impl BufMut) {
        out.put_slice(&self.preferred());
    }

    /// The preferred form, `Sun, 06 Nov 1994 08:49:37 GMT`.
    fn preferred(self) -> [u8; 29] {
        // Both fit: there are fewer than three million days.
        let [days, second] = [self.0 / DAY, self.0 % DAY].map(|value| u32::try_from(value).unwrap_or(0));
        let (year, month, day) = civil(days);
        let name = |names: &[[u8; 3]], at: u32| {
            usize::try_from(at).ok().and_then(|at| names.get(at)).copied().unwrap_or(*b"???")
        };
        // 1970 began on a Thursday.
        let [w1, w2, w3] = name(&WEEKDAYS, days.saturating_add(4) % 7);
        let [m1, m2, m3] = name(&MONTHS, month);
        let [[d1, d2], [c1, c2], [y1, y2], [h1, h2], [i1, i2], [s1, s2]] =
            [day, year / 100, year % 100, second / 3600, second / 60 % 60, second % 60].map(two_digits);
        [
            w1, w2, w3, b',', b' ', d1, d2, b' ', m1, m2, m3, b' ', c1, c2, y1, y2, b' ', h1, h2, b':', i1,
            i2, b':', s1, s2, b' ', b'G', b'M', b'T',
        ]
    }
}

/// Year, month (from nought) and day of the month of a day, counted from 1970-01-01, in the Gregorian calendar.
///
/// Years are counted from March, so that a leap day comes last; 400 of them are an era of always the same length.
fn civil(days: u32) -> (u32, u32, u32) {
    const ERA: u32 = 146_097;
    let from_march_of_year_0 = days.saturating_add(719_468);
    let (era, day_of_era) = (from_march_of_year_0 / ERA, from_march_of_year_0 % ERA);
    let leap_days =
        (day_of_era / 1460).saturating_sub(day_of_era / 36_524).saturating_add(day_of_era / 146_096);
    let year_of_era = day_of_era.saturating_sub(leap_days) / 365;
    let days_before =
        year_of_era.saturating_mul(365).saturating_add(year_of_era / 4).saturating_sub(year_of_era / 100);
    let day_of_year = day_of_era.saturating_sub(days_before);
    // From March, months go 31, 30, 31, 30, 31 over and over: 153 days in five.
    let month_from_march = day_of_year.saturating_mul(5).saturating_add(2) / 153;
    let month_begins = month_from_march.saturating_mul(153).saturating_add(2) / 5;
    let day = day_of_year.saturating_sub(month_begins).saturating_add(1);
    let month = month_from_march.saturating_add(2) % 12;
    let year = era.saturating_mul(400).saturating_add(year_of_era).saturating_add(u32::from(month < 2));
    (year, month, day)
}

const WEEKDAYS: [[u8; 3]; 7] = [*b"Sun", *b"Mon", *b"Tue", *b"Wed", *b"Thu", *b"Fri", *b"Sat"];
const MONTHS: [[u8; 3]; 12] = [
    *b"Jan", *b"Feb", *b"Mar", *b"Apr", *b"May", *b"Jun", *b"Jul", *b"Aug", *b"Sep", *b"Oct", *b"Nov",
    *b"Dec",
];

fn parse_four_digit_year(text: &str) -> Option<HttpDate> {
    HttpDate::from_system_time(httpdate::parse_http_date(text).ok()?)
}

/// Reads the obsolete form, given as `Sun` and `06-Nov-94 08:49:37 GMT`.
///
/// Each century is tried, latest first, by writing the date out in the preferred form; a weekday that does not fit
/// the year rules that century out.
fn parse_two_digit_year(day: &str, rest: &str, now: HttpDate) -> Option<HttpDate> {
    let short_day = match day {
        "Sun" | "Mon" | "Fri" => day,
        "Tues" => "Tue",
        "Wednes" => "Wed",
        "Thurs" => "Thu",
        "Satur" => "Sat",
        _ => return None,
    };
    let mut fields = rest.splitn(3, '-');
    let (day_of_month, month) = (fields.next()?, fields.next()?);
    let (year, time) = fields.next()?.split_once(' ')?;
    if year.len() != 2 {
        return None;
    }
    let this_century = now.0.checked_div(MEAN_YEAR)?.checked_add(1970)?.checked_div(100)?;
    let latest = now.0.saturating_add(MEAN_YEAR.saturating_mul(50));
    [this_century.saturating_add(1), this_century, this_century.saturating_sub(1)]
        .into_iter()
        .filter_map(|century| {
            parse_four_digit_year(&format!("{short_day}, {day_of_month} {month} {century}{year} {time}"))
        })
        .find(|date| date.0 <= latest)
}

impl fmt::Display for HttpDate {
    /// Writes the preferred form, `Sun, 06 Nov 1994 08:49:37 GMT`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(std::str::from_utf8(&self.preferred()).unwrap_or_default())
    }
}

impl fmt::Debug for HttpDate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "HttpDate({self})")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn now() -> HttpDate {
        HttpDate::parse(b"Sat, 21 Nov 2026 00:00:00 GMT", HttpDate(0)).unwrap()
    }

    fn read(text: &str) -> Option<String> {
        HttpDate::parse(text.as_bytes(), now()).map(|date| date.to_string())
    }

    #[test]
    fn all_three_forms_name_the_same_instant() {
        let expected = Some("Sun, 06 Nov 1994 08:49:37 GMT".to_owned());
        assert_eq!(read("Sun, 06 Nov 1994 08:49:37 GMT"), expected);
        assert_eq!(read("Sunday, 06-Nov-94 08:49:37 GMT"), expected);
        assert_eq!(read("Sun Nov  6 08:49:37 1994"), expected);
    }

    #[test]
    fn two_digit_years_reach_at_most_fifty_years_ahead() {
        assert_eq!(read("Friday, 20-Nov-76 00:00:00 GMT").unwrap(), "Fri, 20 Nov 2076 00:00:00 GMT");
        assert_eq!(read("Thursday, 25-Nov-76 00:00:00 GMT").unwrap(), "Thu, 25 Nov 1976 00:00:00 GMT");
        assert_eq!(read("Tuesday, 01-Jan-80 00:00:00 GMT").unwrap(), "Tue, 01 Jan 1980 00:00:00 GMT");
        assert_eq!(read("Saturday, 21-Nov-26 00:00:00 GMT").unwrap(), "Sat, 21 Nov 2026 00:00:00 GMT");
    }

    proptest! {
        /// The same as the library writes that reads them.
        #[test]
        fn every_instant_is_written_as_others_write_it(seconds in 0..=LAST_SECOND) {
            let date = HttpDate(seconds);
            prop_assert_eq!(date.to_string(), httpdate::fmt_http_date(date.to_system_time()));
        }
    }

    #[test]
    fn every_day_of_five_centuries_is_written_as_others_write_it() {
        for day in 0..500 * 366 {
            let date = HttpDate(day * DAY + day % DAY);
            assert_eq!(date.to_string(), httpdate::fmt_http_date(date.to_system_time()));
        }
    }

    #[test]
    fn what_is_not_a_date_is_refused() {
        for text in [
            "",
            "garbage",
            "0",
            "Sun, 06 Nov 1994",
            "Sunday, 06-Nov-1994 08:49:37 GMT",
            "Sun, 32 Nov 1994 08:49:37 GMT",
            "Mon, 06 Nov 1994 08:49:37 GMT",
            "Sunday, --",
            "day, ",
            "Wed, 31 Dec 1969 23:59:59 GMT",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn the_whole_span_prints() {
        assert_eq!(HttpDate(LAST_SECOND).to_string(), "Fri, 31 Dec 9999 23:59:59 GMT");
        assert!(HttpDate::from_seconds(LAST_SECOND + 1).is_none());
        assert_eq!(HttpDate(0).to_string(), "Thu, 01 Jan 1970 00:00:00 GMT");
    }
}
