//! What went wrong with the origin before it had answered.
//!
//! In: what the network, TLS or the HTTP engine said. Out: a status, a stable key and a sentence.

use std::time::Duration;

use http::StatusCode;

/// Says why there is no answer of the origin to pass on.
#[derive(Debug, thiserror::Error)]
pub(super) enum Fault {
    /// No connection could be had.
    #[error("the origin cannot be reached: {0}")]
    Unreachable(String),
    /// The connection ended before an answer's head had come.
    #[error("the origin ended the connection before its answer's head was complete: {0}")]
    Closed(String),
    /// What came is no answer.
    #[error("the origin's answer is no HTTP/1.1 response: {0}")]
    Unparsable(String),
    /// It answered 101, which nobody had asked for.
    #[error("the origin switched protocols without being asked")]
    Switched,
    /// It took too long.
    #[error("the origin took more than {} to {doing}", humantime::format_duration(*.patience))]
    Slow {
        /// What it did not do in time.
        doing: &'static str,
        /// How long it had.
        patience: Duration,
    },
}

impl Fault {
    /// Gives the stable key that stands in the record.
    pub(super) fn key(&self) -> &'static str {
        match self {
            Fault::Unreachable(_) => "origin-unreachable",
            Fault::Closed(_) => "origin-closed",
            Fault::Unparsable(_) | Fault::Switched => "origin-unparsable",
            Fault::Slow { .. } => "origin-slow",
        }
    }

    /// Gives the status the client is told.
    pub(super) fn status(&self) -> StatusCode {
        match self {
            Fault::Slow { .. } => StatusCode::GATEWAY_TIMEOUT,
            _ => StatusCode::BAD_GATEWAY,
        }
    }
}

impl From<hyper::Error> for Fault {
    fn from(error: hyper::Error) -> Self {
        // The engine's own words are short; what lies beneath them says which octets or which call.
        let mut reason = error.to_string();
        let mut cause = std::error::Error::source(&error);
        while let Some(inner) = cause {
            reason = format!("{reason}: {inner}");
            cause = inner.source();
        }
        if error.is_parse() { Fault::Unparsable(reason) } else { Fault::Closed(reason) }
    }
}
