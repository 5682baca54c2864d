//! An origin that misbehaves, one way a row, and what download programs make of it.
//!
//! In: a row of [`rows`], a program of [`programs`]. Out: a [`Verdict`]: whether the file that a program called done is one
//! representation of what the origin has, and how long that took.
//!
//! The origin speaks HTTP/1.1 over plain sockets, because most of what it does is what an HTTP library would prevent. It decides
//! by the count of requests alone, so a run can be repeated; it sends at most [`RATE`] over each connection, so that a client that
//! falls back to one stream is seen by its time.

mod answer;
mod connection;
mod content;
mod origin;
mod pace;
pub mod programs;
mod request;
pub mod resume;
mod row;
pub mod rows;
pub mod run;
pub mod table;
mod turn;

pub use crate::{
    answer::Answer,
    content::{Held, LENGTH, Representation, content},
    origin::{Counts, Origin},
    pace::RATE,
    request::Request,
    row::{Ending, Lanes, Row},
    run::Verdict,
    turn::Turn,
};
