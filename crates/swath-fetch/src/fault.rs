//! What can go wrong outside the machine, in sentences that name the cure.
//!
//! In: errors of sockets, TLS and HTTP. Out: what the machine is told, and what the user is told.

use std::error::Error as StdError;

use byteranges::download::Failure;

/// Says why a download could not even begin.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// What was asked for makes no sense.
    #[error("{0}")]
    Misuse(String),
    /// This system lacks something that is needed.
    #[error("{0}")]
    Setup(String),
}

/// Says why one request failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct Trouble {
    /// What it is to the machine.
    pub failure: Failure,
    /// What it is to people.
    pub why: String,
    /// Whether the server speaks another version of HTTP.
    pub(crate) other_version: bool,
}

impl Trouble {
    /// No connection stands.
    pub(crate) fn connect(why: impl Into<String>) -> Self {
        Self { failure: Failure::Connect, why: why.into(), other_version: false }
    }

    /// No connection stands, and none ever will in this way.
    pub(crate) fn hopeless(why: impl Into<String>) -> Self {
        Self { failure: Failure::Hopeless, why: why.into(), other_version: false }
    }

    /// The connection, or what came over it, is broken.
    pub(crate) fn broken(why: impl Into<String>) -> Self {
        Self { failure: Failure::Broken, why: why.into(), other_version: false }
    }

    /// The content ended before its framing said.
    pub(crate) fn short(why: impl Into<String>) -> Self {
        Self { failure: Failure::Short, why: why.into(), other_version: false }
    }

    /// HTTP/1.1 was tried, and what came back is not that.
    pub(crate) fn of_another_version(mut self) -> Self {
        self.other_version = true;
        self
    }
}

/// Writes an error and its causes as one sentence; libraries put what matters in the last cause.
pub(crate) fn sentence(error: &(dyn StdError + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    // Bounded: chains of causes are short; a circle would be a bug of the library, and ends here all the same.
    for _ in 0..8 {
        let Some(inner) = cause else { break };
        let more = inner.to_string();
        if !text.contains(&more) {
            text.push_str(": ");
            text.push_str(&more);
        }
        cause = inner.source();
    }
    text
}
