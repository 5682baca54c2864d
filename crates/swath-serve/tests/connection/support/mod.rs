//! A small server to speak to: its answers are made of their paths, and it keeps what was recorded.

mod answers;
mod client;
mod made;
mod records;
mod server;

use std::time::Duration;

pub(crate) use client::{Client, Reply};
pub(crate) use records::wait_for;
pub(crate) use server::{Running, patient, short};

/// How long anything is waited for before a test fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);
