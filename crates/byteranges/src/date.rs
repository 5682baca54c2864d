//! HTTP-date (§5.6.7): one instant in whole seconds, written in one form and read in three.
//!
//! In: octets of a date field, or a clock reading. Out: [`HttpDate`], comparable and always printable.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::BufMut;

use crate::write::four_pairs;

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
        let name = |names: &[[u8; 4]], at: u32| {
            usize::try_from(at).ok().and_then(|at| names.get(at)).copied().unwrap_or(*b"????")
        };
        // 1970 began on a Thursday.
        let [w1, w2, w3, w4] = name(&WEEKDAYS, days.wrapping_add(4) % 7);
        let [m1, m2, m3, m4] = name(&MONTHS, month);
        let [d1, d2, c1, c2, y1, y2, ..] = four_pairs([day, year / 100, year % 100, 0]);
        let [h1, h2, i1, i2, s1, s2, ..] = four_pairs([second / 3600, second / 60 % 60, second % 60, 0]);
        [
            w1, w2, w3, w4, b' ', d1, d2, b' ', m1, m2, m3, m4, c1, c2, y1, y2, b' ', h1, h2, b':', i1, i2,
            b':', s1, s2, b' ', b'G', b'M', b'T',
        ]
    }
}

/// Year, month (March is nought) and day of the month of a day, counted from 1970-01-01, in the Gregorian calendar.
///
/// Years are counted from March, so that a leap day comes last. In quarters of a day a mean century and a mean year are
/// whole numbers, so that what a division leaves is where the day stands in it. Nothing here comes near 2³².
fn civil(days: u32) -> (u32, u32, u32) {
    const CENTURY: u32 = 146_097;
    const YEAR: u32 = 1_461;
    // The last quarter of the day, since the first of March of the year 0.
    let quarter = days.wrapping_add(719_468).wrapping_mul(4).wrapping_add(3);
    let (century, quarter) = (quarter / CENTURY, (quarter % CENTURY) | 3);
    let (year, day_of_year) = (quarter / YEAR, quarter % YEAR / 4);
    // From March, months go 31, 30, 31, 30, 31 over and over: 153 days in five.
    let month = day_of_year.wrapping_mul(5).wrapping_add(2) / 153;
    let month_begins = month.wrapping_mul(153).wrapping_add(2) / 5;
    let day = day_of_year.wrapping_sub(month_begins).wrapping_add(1);
    // January and February come at the end of such a year, and belong to the next.
    let year = century.wrapping_mul(100).wrapping_add(year).wrapping_add(u32::from(month >= 10));
    (year, month, day)
}

const WEEKDAYS: [[u8; 4]; 7] = [*b"Sun,", *b"Mon,", *b"Tue,", *b"Wed,", *b"Thu,", *b"Fri,", *b"Sat,"];
/// From March, as a year is counted here.
const MONTHS: [[u8; 4]; 12] = [
    *b"Mar ", *b"Apr ", *b"May ", *b"Jun ", *b"Jul ", *b"Aug ", *b"Sep ", *b"Oct ", *b"Nov ", *b"Dec ",
    *b"Jan ", *b"Feb ",
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
