//! The command line: which command, and what was typed after it.
//!
//! In: the arguments. Out: a [`Command`] with its low-level arguments; what they mean is decided elsewhere.

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use clap_complete::Shell;

mod audit;
mod cat;
mod explain;
mod get;
mod inspect;
mod read;
mod request;
mod serve;

pub(crate) use audit::{AuditArgs, Format as AuditFormat};
pub(crate) use cat::CatArgs;
pub(crate) use explain::ExplainArgs;
pub(crate) use get::{Assurance, Connections, GetArgs, OnChange, Progress};
pub(crate) use inspect::{Format as InspectFormat, InspectArgs};
pub(crate) use request::RequestArgs;
pub(crate) use serve::ServeArgs;

/// Serve, fetch and check any swath of bytes over HTTP.
#[derive(Debug, Parser)]
#[command(
    name = "swath",
    version,
    arg_required_else_help = true,
    subcommand_required = true,
    disable_help_subcommand = true,
    max_term_width = 100,
    after_help = "Exit codes: 0 all went well, 1 something failed while running, 2 the command line or the \
                  configuration is wrong."
)]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serve a directory or a file over HTTP, with byte ranges done right
    Serve(ServeArgs),
    /// Fetch files over several connections, links and mirrors, resumable, and never from two versions at once
    Get(Box<GetArgs>),
    /// Write ranges of a file on a server to standard output
    Cat(Box<CatArgs>),
    /// Tell how a server ought to answer a request, and why; no network is used
    Explain(Box<ExplainArgs>),
    /// Find out which rules of byte serving a server keeps and which it breaks
    Audit(Box<AuditArgs>),
    /// Show what was exchanged, from a recording that swath serve --inspect-record has made
    Inspect(InspectArgs),
    /// Print a completion script for a shell
    #[command(
        after_help = "Example: swath completions bash > ~/.local/share/bash-completion/completions/swath"
    )]
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Write the manual pages
    #[command(after_help = "Example: swath man ~/.local/share/man/man1")]
    Man {
        /// The directory to write them to; it must exist
        directory: PathBuf,
    },
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
    }
}
