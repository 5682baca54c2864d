//! What a server may choose where RFC 9110 leaves room, and the limits of its answers.

use std::num::NonZeroU64;
use std::time::Duration;

/// Holds the choices and limits of the server's half. The default is strict towards the RFC and safe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Whether ranges are supported at all. If not, Range is ignored and `Accept-Ranges: none` is sent. Default: yes.
    pub ranges: bool,
    /// How many range-specs are read before the field is given up and ignored. Default 200: far above any use seen,
    /// far below what costs anything.
    pub specs_max: usize,
    /// How many parts a multipart answer may have after coalescing; more are answered with the whole. Default 16.
    pub parts_max: usize,
    /// Ranges with at most this many octets between them are sent as one. Default 80: what a part head costs (§15.3.7.2).
    pub coalesce_gap: u64,
    /// The most octets sent for a lone open-ended range `N-`; the 206 describes itself (§15.3.7). Default: no cap.
    pub max_open_range: Option<NonZeroU64>,
    /// Answers a GET without Range by a 206 of this many octets. This breaks §15.3.7 and is meant for experiments with
    /// players. Default: off.
    pub partial_first: Option<NonZeroU64>,
    /// Whether an invalid ranges-specifier is rejected with 400 instead of ignored; §14.2 allows both. Default: ignored.
    pub reject_invalid: bool,
    /// How old a modification date has to be before If-Range takes it as a strong validator (§8.8.2.2 asks for at
    /// least one second). Default 2.5 s.
    pub date_settle: Duration,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            ranges: true,
            specs_max: 200,
            parts_max: 16,
            coalesce_gap: 80,
            max_open_range: None,
            partial_first: None,
            reject_invalid: false,
            date_settle: crate::validator::SETTLE_COARSE,
        }
    }
}
