//! The flags of `swath inspect`.
//!
//! In: clap's matches. Out: [`InspectArgs`], uninterpreted.

use std::{ffi::OsString, path::PathBuf};

use clap::{Args, ValueEnum, ValueHint};

const EXAMPLES: &str = "\
Examples:
  swath serve --demo --inspect-record run.jsonl
  swath inspect run.jsonl                      open the page at http://127.0.0.1:8207/
  swath inspect run.jsonl --format text        a table for each file and client, and what is wrong
  swath inspect run.jsonl --format har > run.har

Of a long recording the last 50,000 exchanges are shown.

Exit codes: 0 all went well, 1 the file cannot be read or is no recording, 2 the command line is wrong.";

/// What was typed after `swath inspect`.
#[derive(Debug, Args)]
#[command(args_override_self = true, after_help = EXAMPLES)]
pub(crate) struct InspectArgs {
    /// The recording that swath serve --inspect-record has made
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) file: PathBuf,

    /// Serve the page here, on this machine's loopback
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8207")]
    pub(crate) listen: OsString,

    /// Print the exchanges in this form, and serve nothing
    #[arg(long, value_name = "FORMAT", value_enum, conflicts_with = "listen")]
    pub(crate) format: Option<Format>,
}

/// Names a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Tables, and what is wrong
    Text,
    /// Lines between client and server, drawn as text
    Diagram,
    /// Exchanges and findings as one document
    Json,
    /// HAR 1.2, for a browser's developer tools
    Har,
}
