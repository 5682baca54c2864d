//! `swath man DIRECTORY`: in, a directory; out, one manual page per command in it.

use std::path::Path;

use clap::CommandFactory as _;

use crate::{
    args::Cli,
    report::{self, Failure},
};

/// Writes the pages.
pub(crate) fn run(directory: &Path) -> Result<(), Failure> {
    clap_mangen::generate_to(Cli::command(), directory).map_err(|error| {
        Failure::Runtime(format!("cannot write manual pages to {}: {error}", directory.display()))
    })?;
    report::say(format_args!("wrote the manual pages to {}", directory.display()));
    Ok(())
}
