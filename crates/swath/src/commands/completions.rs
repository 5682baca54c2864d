//! `swath completions SHELL`: in, a shell's name; out, its completion script on standard output.

use clap::CommandFactory as _;
use clap_complete::Shell;

use crate::{
    args::Cli,
    report::{self, Failure},
};

/// Prints the script.
pub(crate) fn run(shell: Shell) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "swath", &mut script);
    report::print(&String::from_utf8_lossy(&script))
}
