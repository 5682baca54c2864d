//! What an inspector wants to know of an exchange beyond its log line, gathered only while somebody wants it.
//!
//! In: header fields, the connection's number, the moment the answer's head left. Out: [`Detail`], without secrets: what
//! is masked here was never kept. [`Gate`] bounds how many exchanges a second are looked at so closely.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use http::Version;

/// How many exchanges a second are looked at in detail; the others are only counted.
///
/// 2,000: more than anybody reads, and the most players and downloaders of a small site make. Looking costs some two
/// microseconds of a thread that serves, so all of it stays below half a hundredth of one core.
pub const DETAILS_PER_SECOND: u64 = 2_000;

/// The longest field value that is kept, in octets; of a longer one the beginning.
///
/// 512: the ranges and tags that matter are shorter; a set of hundreds of ranges says what it is long before.
const VALUE_MAX: usize = 512;

/// The most octets that are kept of the fields of one head.
const FIELDS_MAX: usize = 4096;

/// The fields that are kept: those that say something about ranges, validators, codings and caching. Others are not even named.
const KEPT: [&str; 41] = [
    "accept",
    "accept-encoding",
    "accept-ranges",
    "access-control-allow-origin",
    "access-control-expose-headers",
    "age",
    "allow",
    "cache-control",
    "connection",
    "content-disposition",
    "content-encoding",
    "content-length",
    "content-location",
    "content-range",
    "content-type",
    "date",
    "etag",
    "expires",
    "host",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "last-modified",
    "location",
    "origin",
    "pragma",
    "range",
    "retry-after",
    "sec-fetch-dest",
    "sec-fetch-mode",
    "server",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "vary",
    "via",
    "x-content-type-options",
];

/// The fields whose presence matters and whose value is nobody's business.
const SECRET: [&str; 4] = ["authorization", "cookie", "proxy-authorization", "set-cookie"];

/// Stands where a value was.
const MASK: &str = "(masked)";

/// Holds what an inspector shows of one exchange beyond its log line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Detail {
    /// Its number, counted from 1 in the order in which exchanges began.
    pub id: u64,
    /// The number of its connection, counted from 1; `None` where nothing is known of that.
    pub connection: Option<u64>,
    /// The version of HTTP spoken; `None` where no head could be read.
    pub version: Option<Version>,
    /// The fields of the request.
    pub request: Fields,
    /// The fields of the answer; through a lens as the origin sent them.
    pub answer: Fields,
    /// From the head received until the head of the answer had left.
    pub first_octet: Option<Duration>,
}

impl Detail {
    pub(super) fn new(id: u64) -> Self {
        let (request, answer) = (Fields::default(), Fields::default());
        Self { id, connection: None, version: None, request, answer, first_octet: None }
    }
}

/// Holds header fields as far as they are kept, in one piece of memory.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Fields {
    /// `name NUL value LF` for each; neither can be within a name or a value.
    lines: String,
}

impl Fields {
    /// Keeps what may be kept of these fields, in their order; names are in lower case.
    #[must_use]
    pub fn gather<'a>(fields: impl Iterator<Item = (&'a str, &'a [u8])>) -> Self {
        let mut lines = String::with_capacity(512);
        for (name, value) in fields {
            if SECRET.contains(&name) {
                push(&mut lines, name, MASK);
            } else if KEPT.binary_search(&name).is_ok() {
                let value = crate::log::plain_up_to(value, VALUE_MAX);
                match name {
                    "location" | "content-location" => {
                        push(&mut lines, name, &crate::inspect::mask::target(&value));
                    }
                    _ => push(&mut lines, name, &value),
                }
            }
            if lines.len() >= FIELDS_MAX {
                break;
            }
        }
        Self { lines }
    }

    /// Gives name and value of each field, in their order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.lines.lines().filter_map(|line| line.split_once('\0'))
    }
}

fn push(lines: &mut String, name: &str, value: &str) {
    lines.push_str(name);
    lines.push('\0');
    lines.push_str(value);
    lines.push('\n');
}

impl fmt::Debug for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

/// Numbers exchanges, and lets [`DETAILS_PER_SECOND`] of them through each second.
pub(super) struct Gate {
    started: Instant,
    /// The second counted in, in the upper half; how many it has had, in the lower.
    window: AtomicU64,
    ids: AtomicU64,
}

impl Gate {
    pub(super) fn new() -> Self {
        Self { started: Instant::now(), window: AtomicU64::new(0), ids: AtomicU64::new(0) }
    }

    /// Gives the number of an exchange that begins now, if there is room for it in this second.
    pub(super) fn admit(&self, now: Instant) -> Option<u64> {
        let second = now.saturating_duration_since(self.started).as_secs() & 0xffff_ffff;
        let counted = self.window.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |window| {
            let count = if window >> 32 == second { window & 0xffff_ffff } else { 0 };
            (count < DETAILS_PER_SECOND).then_some((second << 32) | (count + 1))
        });
        counted.ok().map(|_| self.ids.fetch_add(1, Ordering::Relaxed) + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gathered(fields: &[(&str, &[u8])]) -> Vec<(String, String)> {
        let fields = Fields::gather(fields.iter().copied());
        fields.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    #[test]
    fn the_list_of_fields_is_sorted() {
        assert!(KEPT.is_sorted());
    }

    #[test]
    fn secrets_never_come_in_and_strangers_are_not_named() {
        let kept = gathered(&[
            ("range", b"bytes=0-"),
            ("authorization", b"Basic c2VjcmV0"),
            ("cookie", b"session=secret"),
            ("proxy-authorization", b"secret"),
            ("set-cookie", b"id=secret; HttpOnly"),
            ("x-api-key", b"secret"),
            ("location", b"/there?key=secret"),
            ("referer", b"https://a.example/?secret"),
        ]);
        let expected = [
            ("range", "bytes=0-"),
            ("authorization", MASK),
            ("cookie", MASK),
            ("proxy-authorization", MASK),
            ("set-cookie", MASK),
            ("location", "/there?key=*"),
        ];
        let expected: Vec<_> = expected.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        assert_eq!(kept, expected);
    }

    #[test]
    fn values_are_printable_and_bounded() {
        let long = vec![b'a'; 10_000];
        let kept = gathered(&[("user-agent", b"a\x1b[2J\0\n\xff"), ("range", &long)]);
        assert_eq!(kept[0].1, r"a\x1b[2J\x00\x0a\xff");
        assert_eq!(kept[1].1, format!("{}...(+9488)", "a".repeat(512)));
        let many: Vec<(&str, &[u8])> = std::iter::repeat_n(("via", &long[..400]), 100).collect();
        assert!(gathered(&many).len() < 12);
    }

    #[test]
    fn each_second_lets_so_many_through_and_numbers_them() {
        let gate = Gate::new();
        let now = gate.started;
        let ids: Vec<u64> = (0..DETAILS_PER_SECOND * 2).filter_map(|_| gate.admit(now)).collect();
        assert_eq!(ids, (1..=DETAILS_PER_SECOND).collect::<Vec<_>>());
        assert_eq!(gate.admit(now + Duration::from_secs(1)), Some(DETAILS_PER_SECOND + 1));
    }
}
