//! What a check found: a verdict, a sentence and the exchange that proves it.

use std::fmt;

use swath_spec::Level;

/// Says what a check is worth to whoever runs the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// A MUST or a definition is broken.
    Fail,
    /// A SHOULD is not followed.
    Warn,
    /// A choice that the RFC leaves, and that has a cost.
    Note,
    /// The rule is kept.
    Pass,
    /// The rule could not be judged here.
    Na,
}

impl Verdict {
    /// The verdict on a departure from a rule of this level.
    pub(crate) fn on(level: Level) -> Self {
        match level {
            Level::Must | Level::MustNot | Level::Definition => Self::Fail,
            Level::Should | Level::ShouldNot => Self::Warn,
            Level::May | Level::Ought | Level::Recommended => Self::Note,
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Fail => "fail",
            Self::Warn => "warn",
            Self::Note => "note",
            Self::Pass => "pass",
            Self::Na => "n/a",
        })
    }
}

/// Says what one look at the server found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Finding {
    /// The rule is kept, as this exchange shows.
    Kept(Option<usize>),
    /// The rule is broken.
    Broken { said: String, at: Option<usize> },
    /// An answer that is allowed, yet less than what the RFC would have.
    Lesser { verdict: Verdict, said: String, at: Option<usize> },
    /// Nothing here could keep or break it.
    Moot(String),
}

impl Finding {
    pub(crate) fn broken(said: impl Into<String>, at: usize) -> Self {
        Self::Broken { said: said.into(), at: Some(at) }
    }

    pub(crate) fn moot(why: impl Into<String>) -> Self {
        Self::Moot(why.into())
    }
}
