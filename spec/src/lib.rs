//! Reads the tables of cases and requirements, and judges answers by them.
//!
//! In: `range.tsv`, `precondition.tsv`, `requirements.tsv` and `exceptions.toml`, compiled in. Out: [`Row`]s whose
//! request can be made for any server ([`Row::request`]) and whose answer can be judged ([`judge`]), and the
//! [`Requirement`]s that rows, code and tests cite.
//!
//! One row serves a pure function and a live server alike: what differs between them (their validators, their
//! clock) is a placeholder in the row and a value in [`Own`]. The crate knows nothing of `byteranges`, so that the
//! judge cannot share a mistake with what it judges. The notation is described in `spec/README.md`.

mod answer;
mod cell;
mod date;
pub mod disk;
mod fixture;
mod judge;
pub mod multipart;
mod own;
mod requirement;
mod row;
mod table;
pub mod trace;

pub use answer::{Answer, Slice};
pub use fixture::Fixture;
pub use judge::{Observed, Verdict, judge};
pub use own::Own;
pub use requirement::{Exception, Kind, Level, Requirement, exceptions, requirements};
pub use row::{Row, Transport, Transports};
pub use table::{TableError, precondition, range, rows};
