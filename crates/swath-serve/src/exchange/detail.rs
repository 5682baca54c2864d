//! What an inspector wants to know of an exchange beyond its log line, gathered only while somebody wants it.
//!
//! In: header fields, the connection's number, the moment the answer's head left. Out: [`Detail`], without secrets: what
//! is masked here was never kept.

use std::time::Duration;

use http::Version;

use super::Fields;

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
