//! Finds out which rules of byte serving an HTTP server keeps and which it breaks.
//!
//! In: a URL ([`Target`]) and [`Options`]. Out: a [`Report`] with one result a check, each with the exchange that proves
//! it. The audit learns the resource, scales the cases of `spec/` to it, asks them one after the other in raw HTTP/1.1,
//! judges what the server decided, and then looks at the form of all answers together.
//!
//! Where RFC 9110 leaves a choice every conforming answer passes. A fault is told once: what presupposes a rule that is
//! broken is not judged.

mod audit;
mod check;
mod client;
mod decision;
mod finding;
mod forms;
mod h2;
mod learn;
mod options;
pub mod output;
mod parts;
mod probes;
mod record;
mod replay;
mod report;
mod scale;
mod target;

pub use audit::{CouldNot, audit};
pub use check::{Check, ListError, Topic, checks, level_name};
pub use client::{Spent, Trouble};
pub use finding::Verdict;
pub use options::{Options, Resolve};
pub use replay::{Does, Player, Replay};
pub use report::{Report, Resource, Result, Shown, list};
pub use swath_trust::Trust;
pub use target::Target;

/// Makes the Authorization field of a user and password, joined by a colon.
pub fn basic(credentials: &str) -> (String, Vec<u8>) {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    ("Authorization".to_owned(), format!("Basic {}", STANDARD.encode(credentials)).into_bytes())
}
