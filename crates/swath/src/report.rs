//! What is said to people, and the exit code.
//!
//! In: sentences. Out: lines on standard error that begin with `swath: `; standard output is for results.

use std::{
    fmt,
    io::{self, Write as _},
    process::ExitCode,
};

/// Why a command ended without doing what was asked.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The command line or the configuration is wrong; nothing was done. Exit code 2.
    Usage(Vec<String>),
    /// Something failed while running. Exit code 1.
    Runtime(String),
    /// All has been said already; this is the exit code.
    Told(u8),
}

impl Failure {
    /// A single thing that is wrong with what was typed.
    pub(crate) fn usage(sentence: impl Into<String>) -> Self {
        Self::Usage(vec![sentence.into()])
    }

    /// Says what happened and gives the exit code.
    pub(crate) fn report(&self) -> ExitCode {
        match self {
            Self::Usage(sentences) => {
                sentences.iter().for_each(say);
                ExitCode::from(2)
            }
            Self::Runtime(sentence) => {
                say(sentence);
                ExitCode::from(1)
            }
            Self::Told(code) => ExitCode::from(*code),
        }
    }
}

/// Says one thing on standard error.
pub(crate) fn say(sentence: impl fmt::Display) {
    // If nobody listens there is nobody to tell.
    let _ = writeln!(io::stderr(), "swath: {sentence}");
}

/// Writes a result to standard output; a reader that has seen enough is no failure.
pub(crate) fn print(result: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(result.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::Runtime(format!("cannot write to standard output: {error}")))
        }
        _ => Ok(()),
    }
}

/// Tells something longer on standard error, as it is.
pub(crate) fn tell(text: &str) {
    let _ = io::stderr().write_all(text.as_bytes());
}
