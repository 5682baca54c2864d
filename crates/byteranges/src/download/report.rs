//! How a download ended.
//!
//! In: nothing. Out: plain values for messages, exit codes and progress.

use std::fmt;

use super::{Assurance, Identity};

/// Tells how a download ended, and what it took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Complete, or whose fault it is.
    pub outcome: Result<Assurance, Fault>,
    /// The file it is about; 0 when none was begun.
    pub generation: u32,
    /// What was fetched, once an answer said so.
    pub identity: Option<Identity>,
    /// What it took.
    pub counts: Counts,
}

/// Counts what a download took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Requests sent.
    pub requests: u64,
    /// Requests that failed, were refused or gave nothing of use.
    pub failures: u64,
    /// Content octets received.
    pub received: u64,
    /// Of these, dropped or only compared.
    pub wasted: u64,
    /// Octets asked for a second time near the end.
    pub hedged: u64,
    /// Segments taken over from slower lanes.
    pub stolen: u64,
    /// New versions followed.
    pub restarts: u32,
}

/// Says why a download did not complete, by whose fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// What the server sent makes no sense, again and again.
    ServerMisbehaved(Misbehaviour),
    /// The server has another version, and settings or limits forbid to begin again.
    RepresentationChanged,
    /// The server refuses the request, with this status.
    Refused(u16),
    /// No path leads to the server, or all break too often.
    Unreachable,
    /// The disk failed; what was durable before stays held.
    Disk,
    /// The digest of the whole differs.
    Digest,
    /// All paths have used up their budgets.
    BudgetSpent,
    /// The user stopped it; what is held is durable.
    Interrupted,
}

/// Says what was wrong with an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misbehaviour {
    /// A 206 without a single valid Content-Range.
    ContentRange,
    /// A Content-Range that has nothing to do with what was asked for, or cannot be checked.
    WrongRange,
    /// A Content-Length that contradicts the Content-Range.
    Length,
    /// A content coding that was not asked for.
    Coded,
    /// No validator where one was before, or the same with another complete length.
    NoValidator,
    /// A 416 to a range that is satisfiable, or 412 without precondition.
    Status(u16),
    /// Content shorter or longer than the head said.
    Content,
    /// Octets that differ from those held, under the same validator.
    Different,
    /// A part whose Content-Digest does not match.
    Digest,
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ServerMisbehaved(what) => write!(formatter, "the server misbehaves: {what}"),
            Self::RepresentationChanged => {
                formatter.write_str("the file changed on the server; run it again to fetch the new version")
            }
            Self::Refused(status) => write!(formatter, "the server refuses with status {status}"),
            Self::Unreachable => formatter.write_str("the server cannot be reached; run it again to resume"),
            Self::Disk => {
                formatter.write_str("the disk failed; make room or repair it, then run it again to resume")
            }
            Self::Digest => formatter.write_str("the digest differs; fetch it again, or from another source"),
            Self::BudgetSpent => formatter.write_str("all links have used up their budgets"),
            Self::Interrupted => formatter.write_str("interrupted; run it again to resume"),
        }
    }
}

impl std::error::Error for Fault {}

impl fmt::Display for Misbehaviour {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ContentRange => formatter.write_str("a part without a valid Content-Range"),
            Self::WrongRange => formatter.write_str("another range than the one asked for"),
            Self::Length => formatter.write_str("Content-Length and Content-Range disagree"),
            Self::Coded => formatter.write_str("a content coding that was not asked for"),
            Self::NoValidator => {
                formatter.write_str("an answer without the ETag, or the length, of the others")
            }
            Self::Status(status) => write!(formatter, "status {status} to a good request"),
            Self::Content => formatter.write_str("content of another length than announced"),
            Self::Different => formatter.write_str("other octets under the same validator"),
            Self::Digest => formatter.write_str("a part that its Content-Digest does not match"),
        }
    }
}
